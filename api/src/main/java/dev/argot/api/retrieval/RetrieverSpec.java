package dev.argot.api.retrieval;

import dev.argot.api.Document;
import dev.argot.api.Embedder;
import java.util.List;
import java.util.Optional;

/**
 * What a {@link Retriever} searches, and how.
 *
 * @param documents what is searched; held in memory
 * @param domain name of the domain whose terms are kept whole and whose abbreviations are expanded; empty: words alone
 * @param passageWords about how many words a passage has, cut at the ends of sentences; at least 10; default 120
 * @param method how passages are ranked; default {@link Method.Words}
 */
public record RetrieverSpec(List<Document> documents, Optional<String> domain, int passageWords, Method method) {
    /** Copies the list. */
    public RetrieverSpec {
        documents = List.copyOf(documents);
        if (documents.isEmpty()) {
            throw new IllegalArgumentException("there must be a document to search");
        }
        if (passageWords < 10) {
            throw new IllegalArgumentException("passageWords must be at least 10: " + passageWords);
        }
    }

    /**
     * A search with the defaults above.
     *
     * @param documents what is searched
     */
    public static RetrieverSpec of(List<Document> documents) {
        return new RetrieverSpec(documents, Optional.empty(), 120, new Method.Words());
    }

    /**
     * This spec with the words of a domain.
     *
     * @param domain the domain's name
     */
    public RetrieverSpec withDomain(String domain) {
        return new RetrieverSpec(documents, Optional.of(domain), passageWords, method);
    }

    /**
     * This spec with passages of another length.
     *
     * @param passageWords about how many words
     */
    public RetrieverSpec withPassageWords(int passageWords) {
        return new RetrieverSpec(documents, domain, passageWords, method);
    }

    /**
     * This spec with another ranking.
     *
     * @param method how passages are ranked
     */
    public RetrieverSpec withMethod(Method method) {
        return new RetrieverSpec(documents, domain, passageWords, method);
    }

    /** How passages are ranked. */
    public sealed interface Method {
        /** By words in common: BM25 (Robertson and Zaragoza 2009). */
        record Words() implements Method {}

        /**
         * By the cosine between embeddings.
         *
         * @param embedder embeds passages and queries; not closed with the retriever
         */
        record Embeddings(Embedder embedder) implements Method {}

        /**
         * By both, joined by reciprocal ranks (Cormack et al. 2009).
         *
         * @param embedder embeds passages and queries; not closed with the retriever
         */
        record Both(Embedder embedder) implements Method {}
    }
}
