package dev.argot.core.decoding;

import java.util.Arrays;
import java.util.BitSet;

/** The tokens of a decoder so far: those it began with, and its completion. Not thread-safe. */
final class TokenHistory {
    private final int begun;
    private final BitSet seen = new BitSet();
    private int[] ids;
    private int length;
    private int[] distinct;
    private int count;
    private int followed = -1;
    private int state;

    /** Where a token leads. */
    @FunctionalInterface
    interface Step {
        int next(int state, int id);
    }

    /**
     * A history.
     *
     * @param start what the decoder began with
     */
    TokenHistory(int[] start) {
        begun = start.length;
        ids = new int[Math.max(16, start.length)];
        distinct = new int[ids.length];
        for (int id : start) {
            add(id);
        }
    }

    void add(int id) {
        if (length == ids.length) {
            ids = Arrays.copyOf(ids, 2 * length);
        }
        ids[length++] = id;
        if (seen.get(id)) {
            return;
        }
        seen.set(id);
        if (count == distinct.length) {
            distinct = Arrays.copyOf(distinct, 2 * count);
        }
        distinct[count++] = id;
    }

    /** All tokens in order; the first {@link #length()} are valid. */
    int[] ids() {
        return ids;
    }

    int length() {
        return length;
    }

    /** Tokens of the completion. */
    int generated() {
        return length - begun;
    }

    /** The tokens, each once, in order of appearance; the first {@link #count()} are valid. */
    int[] distinct() {
        return distinct;
    }

    int count() {
        return count;
    }

    /**
     * Where the completion leads, each token followed once; always asked alike.
     *
     * @param start the state before it
     * @param step where a token leads
     */
    int follow(int start, Step step) {
        if (followed < begun) {
            followed = begun;
            state = start;
        }
        while (followed < length) {
            state = step.next(state, ids[followed++]);
        }
        return state;
    }
}
