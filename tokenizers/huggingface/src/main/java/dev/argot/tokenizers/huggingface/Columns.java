package dev.argot.tokenizers.huggingface;

import dev.argot.api.Encoding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The columns of an {@link Encoding} in the making. Arrays aren't shared between instances where they are written to.
 *
 * @param ids token ids
 * @param typeIds segments
 * @param starts start offsets
 * @param ends end offsets
 * @param special whether a token was added around the text
 * @param words word indices
 * @param sequences 0, 1 or -1
 * @param overflow what truncation cut off
 */
@SuppressWarnings("ArrayRecordComponent") // compared nowhere
record Columns(
        int[] ids,
        int[] typeIds,
        int[] starts,
        int[] ends,
        boolean[] special,
        int[] words,
        int[] sequences,
        List<Columns> overflow) {
    /** A token added around the text. */
    static Columns added(int[] ids, int typeId) {
        int n = ids.length;
        int[] types = new int[n];
        Arrays.fill(types, typeId);
        boolean[] special = new boolean[n];
        Arrays.fill(special, true);
        int[] none = new int[n];
        Arrays.fill(none, -1);
        return new Columns(ids.clone(), types, new int[n], new int[n], special, none, none.clone(), List.of());
    }

    int size() {
        return ids.length;
    }

    Encoding encoding() {
        List<Encoding> parts = new ArrayList<>(overflow.size());
        for (Columns part : overflow) {
            parts.add(part.encoding());
        }
        return new Encoding(ids, typeIds, starts, ends, special, words, sequences, parts);
    }

    /** The same tokens in another segment. */
    Columns withTypeId(int typeId) {
        int[] types = new int[ids.length];
        Arrays.fill(types, typeId);
        List<Columns> parts = new ArrayList<>(overflow.size());
        for (Columns part : overflow) {
            parts.add(part.withTypeId(typeId));
        }
        return new Columns(ids, types, starts, ends, special, words, sequences, parts);
    }

    private Columns range(int from, int to) {
        return new Columns(
                Arrays.copyOfRange(ids, from, to),
                Arrays.copyOfRange(typeIds, from, to),
                Arrays.copyOfRange(starts, from, to),
                Arrays.copyOfRange(ends, from, to),
                Arrays.copyOfRange(special, from, to),
                Arrays.copyOfRange(words, from, to),
                Arrays.copyOfRange(sequences, from, to),
                List.of());
    }

    /**
     * At most {@code max} tokens; the rest is cut into overflowing parts of that size, of which neighbours share {@code stride} tokens.
     *
     * @param fromStart whether the start of the text is kept
     */
    Columns truncated(int max, int stride, boolean fromStart) {
        int size = size();
        if (size <= max) {
            return this;
        }
        if (max == 0) {
            return range(0, 0).withOverflow(List.of(this));
        }
        if (stride >= max) {
            throw new IllegalArgumentException(
                    "stride must be less than the " + max + " tokens that are left for the text, found " + stride);
        }
        List<Columns> parts = new ArrayList<>();
        int step = max - stride;
        for (int at = 0; ; at += step) {
            int from = fromStart ? at : Math.max(0, size - at - max);
            int to = fromStart ? Math.min(size, at + max) : size - at;
            parts.add(range(from, to));
            if (fromStart ? to == size : from == 0) {
                break;
            }
        }
        return parts.get(0).withOverflow(parts.subList(1, parts.size()));
    }

    private Columns withOverflow(List<Columns> parts) {
        return new Columns(ids, typeIds, starts, ends, special, words, sequences, List.copyOf(parts));
    }

    /** One after the other; where parts overflow, every overflowing part of one is laid out with the others. */
    static Columns concatenate(List<Columns> parts) {
        Columns whole = parts.isEmpty() ? added(new int[0], 0) : parts.get(0);
        for (int i = 1; i < parts.size(); i++) {
            whole = whole.followedBy(parts.get(i));
        }
        return whole;
    }

    private Columns followedBy(Columns next) {
        List<Columns> parts = new ArrayList<>();
        for (Columns part : overflow) {
            parts.add(part.joined(next));
            for (Columns other : next.overflow) {
                parts.add(part.joined(other));
            }
        }
        for (Columns other : next.overflow) {
            parts.add(joined(other));
        }
        return joined(next).withOverflow(parts);
    }

    private Columns joined(Columns next) {
        int n = ids.length;
        int total = n + next.ids.length;
        Columns whole = new Columns(
                Arrays.copyOf(ids, total),
                Arrays.copyOf(typeIds, total),
                Arrays.copyOf(starts, total),
                Arrays.copyOf(ends, total),
                Arrays.copyOf(special, total),
                Arrays.copyOf(words, total),
                Arrays.copyOf(sequences, total),
                List.of());
        int more = next.ids.length;
        System.arraycopy(next.ids, 0, whole.ids, n, more);
        System.arraycopy(next.typeIds, 0, whole.typeIds, n, more);
        System.arraycopy(next.starts, 0, whole.starts, n, more);
        System.arraycopy(next.ends, 0, whole.ends, n, more);
        System.arraycopy(next.special, 0, whole.special, n, more);
        System.arraycopy(next.words, 0, whole.words, n, more);
        System.arraycopy(next.sequences, 0, whole.sequences, n, more);
        return whole;
    }
}
