package dev.argot.api.retrieval;

import java.util.List;

/** Finds passages for a query. Thread-safe. {@link dev.argot.api.Argot#retriever} makes one; an application may bring its own. */
public interface Retriever extends AutoCloseable {
    /**
     * Finds passages.
     *
     * @param query untrusted text, read as words, not as a query language
     * @param count the most passages; at least 1
     * @return best first; fewer where there are fewer that fit
     */
    List<Passage> retrieve(String query, int count);

    @Override
    void close();
}
