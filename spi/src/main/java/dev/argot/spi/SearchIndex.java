package dev.argot.spi;

import java.util.List;

/** An index of short texts in memory. Thread-safe; closing frees it, and searches are then refused with {@link IllegalStateException}. */
public interface SearchIndex extends AutoCloseable {
    /**
     * The entries most like a text by their words: BM25 (Robertson and Zaragoza 2009) with k1 = 1.2 and b = 0.75, without the factor
     * k1 + 1, which all scores have in common. A word that the text has several times counts as often.
     *
     * @param text read as words, never as a query language
     * @param count the most entries; at least 1
     * @return best first, entries of the same score by their numbers; those without a word in common are left out
     */
    List<Hit> search(String text, int count);

    /**
     * The entries nearest to a vector by their cosine.
     *
     * @param vector of the entries' length; not zero
     * @param count the most entries; at least 1
     * @return nearest first
     * @throws IllegalArgumentException if the vector is zero, not finite or of another length
     * @throws IllegalStateException if the index has no vectors
     */
    List<Hit> nearest(float[] vector, int count);

    @Override
    void close();

    /**
     * An entry that was found.
     *
     * @param entry its number, from 0 in the order given
     * @param score greater is better; for {@link #nearest} the cosine
     */
    record Hit(int entry, double score) {}
}
