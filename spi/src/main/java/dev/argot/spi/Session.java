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
     * Appends tokens and computes how probable chosen tokens are after each of them. Logits of tokens after which none is chosen are not
     * computed.
     *
     * @param tokens {@code [rows][any]}; a row without tokens stays as it is
     * @param next {@code [rows][tokens][any]}: for each appended token the ids whose probability after it is wanted, if any
     * @return {@code [rows][tokens][next]}: natural log-probabilities
     * @throws IllegalArgumentException as for {@link #append}; also if {@code next} is of another shape than {@code tokens}, or has an
     *     id outside the vocabulary
     */
    double[][][] score(int[][] tokens, int[][][] next);

    /**
     * A new session whose rows continue rows of this one. What is there so far is shared, not copied: this session may be closed or
     * continued independently.
     *
     * @param sources for each new row, the row of this session it continues
     */
    Session fork(int... sources);

    /**
     * A new session of one row that begins with the first tokens of a row of this one, as if they had been appended to it. Changing or
     * closing one of the two leaves the other as it is.
     *
     * @param row the row of this session
     * @param length how many of its tokens; 0 to {@link #length}
     * @param capacity the most tokens the row of the new session can have, at least {@code length}
     * @throws IllegalArgumentException if there is no such row, or length or capacity are not in these limits
     */
    Session copy(int row, int length, int capacity);

    /** Bytes that the keys and values of all rows take at present, those included that other sessions share. */
    long bytes();

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
