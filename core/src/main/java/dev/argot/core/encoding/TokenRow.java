package dev.argot.core.encoding;

import dev.argot.api.Encoding;

/**
 * Tokens a model reads as one row.
 *
 * @param ids token ids; at least one
 * @param typeIds segment of each token
 */
record TokenRow(int[] ids, int[] typeIds) {
    /** The row of an encoding. */
    static TokenRow of(Encoding encoding) {
        return new TokenRow(encoding.ids(), encoding.typeIds());
    }

    /** Number of tokens. */
    int size() {
        return ids.length;
    }
}
