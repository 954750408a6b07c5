package dev.argot.api;

import java.util.Arrays;
import java.util.List;

/**
 * The tokens of a text, column by column; every array has the same length. The arrays are the encoding's own: do not change them.
 *
 * <p>Offsets are in {@code char} units (UTF-16) of the original text, so that {@code text.substring(start(i), end(i))} is what token
 * {@code i} stands for; added special tokens have 0, 0.
 */
public final class Encoding {
    private final int[] ids;
    private final int[] typeIds;
    private final int[] starts;
    private final int[] ends;
    private final boolean[] special;
    private final int[] wordIds;
    private final int[] sequenceIds;
    private final List<Encoding> overflow;
    /** Padding before and after the tokens. */
    private final int paddingBefore;

    private final int paddingAfter;

    /**
     * An encoding of these columns, which are not copied.
     *
     * @param ids token ids
     * @param typeIds segment of each token, as {@code token_type_ids}
     * @param starts start offsets in the text, in chars
     * @param ends end offsets in the text, in chars, exclusive
     * @param special whether the token was added around the text
     * @param wordIds index of the pre-tokenized word, or -1 for added tokens
     * @param sequenceIds 0 for the first text, 1 for the second, -1 for added tokens
     * @param overflow the parts that truncation cut off, each laid out like this one
     * @throws IllegalArgumentException if the lengths differ
     */
    public Encoding(
            int[] ids,
            int[] typeIds,
            int[] starts,
            int[] ends,
            boolean[] special,
            int[] wordIds,
            int[] sequenceIds,
            List<Encoding> overflow) {
        this(ids, typeIds, starts, ends, special, wordIds, sequenceIds, overflow, 0, 0);
    }

    private Encoding(
            int[] ids,
            int[] typeIds,
            int[] starts,
            int[] ends,
            boolean[] special,
            int[] wordIds,
            int[] sequenceIds,
            List<Encoding> overflow,
            int paddingBefore,
            int paddingAfter) {
        int n = ids.length;
        if (typeIds.length != n
                || starts.length != n
                || ends.length != n
                || special.length != n
                || wordIds.length != n
                || sequenceIds.length != n) {
            throw new IllegalArgumentException("columns of an encoding must have the same length");
        }
        this.ids = ids;
        this.typeIds = typeIds;
        this.starts = starts;
        this.ends = ends;
        this.special = special;
        this.wordIds = wordIds;
        this.sequenceIds = sequenceIds;
        this.overflow = List.copyOf(overflow);
        this.paddingBefore = paddingBefore;
        this.paddingAfter = paddingAfter;
    }

    /** This encoding and its overflowing parts, filled up to a length. */
    Encoding padded(Padding padding, int length) {
        List<Encoding> parts =
                overflow.stream().map(part -> part.padded(padding, length)).toList();
        int missing = Math.max(0, length - ids.length);
        boolean before = padding.side() == EncodeOptions.Truncation.Side.START;
        int at = before ? missing : 0;
        boolean[] added = new boolean[ids.length + missing];
        Arrays.fill(added, true);
        System.arraycopy(special, 0, added, at, special.length);
        return new Encoding(
                filled(ids, missing, at, padding.id()),
                filled(typeIds, missing, at, padding.typeId()),
                filled(starts, missing, at, 0),
                filled(ends, missing, at, 0),
                added,
                filled(wordIds, missing, at, -1),
                filled(sequenceIds, missing, at, -1),
                parts,
                paddingBefore + (before ? missing : 0),
                paddingAfter + (before ? 0 : missing));
    }

    private static int[] filled(int[] column, int missing, int at, int value) {
        int[] filled = new int[column.length + missing];
        Arrays.fill(filled, value);
        System.arraycopy(column, 0, filled, at, column.length);
        return filled;
    }

    /** Number of tokens. */
    public int size() {
        return ids.length;
    }

    /** Token ids. */
    public int[] ids() {
        return ids;
    }

    /** Segment of each token ({@code token_type_ids}). */
    public int[] typeIds() {
        return typeIds;
    }

    /** For each token 1, for padding 0 ({@code attention_mask}); a new array. */
    public int[] attentionMask() {
        int[] mask = new int[ids.length];
        Arrays.fill(mask, paddingBefore, ids.length - paddingAfter, 1);
        return mask;
    }

    /**
     * Where the token starts in the text, in chars.
     *
     * @param token index of the token
     */
    public int start(int token) {
        return starts[token];
    }

    /**
     * Where the token ends in the text, in chars, exclusive.
     *
     * @param token index of the token
     */
    public int end(int token) {
        return ends[token];
    }

    /**
     * Whether the token was added around the text, or is padding.
     *
     * @param token index of the token
     */
    public boolean isSpecial(int token) {
        return special[token];
    }

    /**
     * Index of the pre-tokenized word the token belongs to, or -1 for an added token.
     *
     * @param token index of the token
     */
    public int wordId(int token) {
        return wordIds[token];
    }

    /**
     * 0 for the first text, 1 for the second, -1 for an added token.
     *
     * @param token index of the token
     */
    public int sequenceId(int token) {
        return sequenceIds[token];
    }

    /** The parts that truncation cut off, each laid out like this encoding; empty without truncation. */
    public List<Encoding> overflow() {
        return overflow;
    }

    @Override
    public String toString() {
        return "Encoding" + Arrays.toString(ids);
    }
}
