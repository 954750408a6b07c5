package dev.argot.api.retrieval;

import java.util.List;

/**
 * Finds passages for a query. Thread-safe. {@link dev.argot.api.Argot#retriever} makes one; an application may bring its own.
 *
 * {@snippet class="dev.argot.conformance.Snippets" region="retrieval"}
 */
public interface Retriever extends AutoCloseable {
    /**
     * Finds passages.
     *
     * @param query untrusted text, read as words, not as a query language
     * @param count the most passages; at least 1
     * @return best first; fewer, or none, where there are fewer that fit
     * @throws IllegalArgumentException if count is less than 1
     * @throws IllegalStateException if this is closed
     */
    List<Passage> retrieve(String query, int count);

    /** Frees what it holds. Idempotent; searches under way go on to their end. */
    @Override
    void close();
}
