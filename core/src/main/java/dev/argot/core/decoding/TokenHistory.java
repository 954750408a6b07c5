package dev.argot.core.decoding;

import java.util.Arrays;
import java.util.BitSet;

/** The distinct tokens of a prompt and its completion so far. Not thread-safe. */
final class TokenHistory {
    private final BitSet seen;
    private int[] distinct;
    private int count;

    TokenHistory(int[] prompt) {
        seen = new BitSet();
        distinct = new int[Math.max(16, prompt.length)];
        for (int id : prompt) {
            add(id);
        }
    }

    private TokenHistory(TokenHistory other) {
        seen = (BitSet) other.seen.clone();
        distinct = other.distinct.clone();
        count = other.count;
    }

    TokenHistory copy() {
        return new TokenHistory(this);
    }

    void add(int id) {
        if (seen.get(id)) {
            return;
        }
        seen.set(id);
        if (count == distinct.length) {
            distinct = Arrays.copyOf(distinct, 2 * count);
        }
        distinct[count++] = id;
    }

    /** The tokens, each once, in order of appearance; the first {@link #count()} are valid. */
    int[] distinct() {
        return distinct;
    }

    int count() {
        return count;
    }
}
