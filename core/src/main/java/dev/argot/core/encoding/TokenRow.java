package dev.argot.core.encoding;

import dev.argot.api.Encoding;

/**
 * Tokens a model reads as one row.
 *
 * @param ids token ids; at least one
 * @param typeIds segment of each token
 */
public record TokenRow(int[] ids, int[] typeIds) {
    /**
     * The row of an encoding.
     *
     * @param encoding an encoding of a text or a pair
     */
    public static TokenRow of(Encoding encoding) {
        return new TokenRow(encoding.ids(), encoding.typeIds());
    }

    /** Number of tokens. */
    public int size() {
        return ids.length;
    }
}
