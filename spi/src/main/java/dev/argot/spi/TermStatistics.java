package dev.argot.spi;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * How often terms occur in documents.
 *
 * @param documents number of documents
 * @param total number of terms in them, repeated ones included
 * @param counts counts of each term
 */
public record TermStatistics(long documents, long total, Map<String, Count> counts) {
    /** Copies the map. */
    public TermStatistics {
        counts = Map.copyOf(counts);
    }

    /**
     * How often a term occurs.
     *
     * @param term as {@link TextAnalysis#terms} spells it
     */
    public long frequency(String term) {
        return counts.getOrDefault(term, Count.NONE).frequency();
    }

    /**
     * In how many documents a term occurs.
     *
     * @param term as {@link TextAnalysis#terms} spells it
     */
    public long documentFrequency(String term) {
        return counts.getOrDefault(term, Count.NONE).documents();
    }

    /**
     * The most frequent terms, the most frequent first; those of equal frequency in alphabetical order.
     *
     * @param limit how many at most
     */
    public List<String> top(int limit) {
        return counts.entrySet().stream()
                .sorted(Comparator.<Map.Entry<String, Count>>comparingLong(
                                e -> -e.getValue().frequency())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(limit)
                .map(Map.Entry::getKey)
                .toList();
    }

    /**
     * How often one term occurs.
     *
     * @param frequency occurrences
     * @param documents documents with at least one
     */
    public record Count(long frequency, long documents) {
        private static final Count NONE = new Count(0, 0);
    }
}
