package dev.argot.spi;

/**
 * Sequences of tokens, one a row, with the key/value cache that lets each be continued without computing it anew. Rows may have
 * different lengths. Not thread-safe. Who opens it closes it.
 */
public interface Session extends AutoCloseable {
    /** Number of rows. */
    int rows();

    /** The most tokens a row can have. */
    int capacity();

    /**
     * Tokens of a row so far, a shared prefix included.
     *
     * @param row the row
     */
    int length(int row);

    /**
     * Appends tokens and computes the logits after the last token of each row.
     *
     * @param tokens {@code [rows][any]}; a row without tokens stays as it is
     * @return {@code [rows][vocabulary]}; an empty array for a row without new tokens
     * @throws IllegalArgumentException if the number of rows is wrong, an id is outside the vocabulary, or a row would outgrow the
     *     capacity; the session is then unchanged
     */
    float[][] append(int[][] tokens);

    /**
     * Appends tokens and computes how probable each was.
     *
     * @param tokens {@code [rows][any]}
     * @return {@code [rows][tokens]}: the natural log-probability of each token given everything before it in its row; NaN for the very
     *     first token of a row
     * @throws IllegalArgumentException as for {@link #append}
     */
    double[][] score(int[][] tokens);

    /**
     * A new session whose rows continue rows of this one. What is there so far is shared, not copied: this session may be closed or
     * continued independently.
     *
     * @param sources for each new row, the row of this session it continues
     */
    Session fork(int... sources);

    /**
     * Replaces the rows: row {@code i} becomes what row {@code sources[i]} was. The number of rows stays the same.
     *
     * @param sources for each row, the row it continues
     */
    void reorder(int... sources);

    /**
     * Forgets the end of a row.
     *
     * @param row the row
     * @param length the length it goes back to; at most {@link #length}, at least 0, or the length of the shared prefix where there is one
     */
    void rewind(int row, int length);

    /** Frees the cache, unless a fork still uses it. Idempotent. */
    @Override
    void close();
}
