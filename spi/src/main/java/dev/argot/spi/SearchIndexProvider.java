package dev.argot.spi;

import java.util.List;

/** Makes indexes of short texts, such as exemplars and passages. */
public interface SearchIndexProvider {
    /** Short, stable, lower-case name, such as {@code "lucene"}. */
    String name();

    /**
     * Indexes texts.
     *
     * @param rules terms that are kept whole and abbreviations that are expanded, as in {@link TextAnalysis}
     * @param texts what is searched
     * @param vectors one for each text, all of one length; empty: the index finds no nearest entries
     * @throws IllegalArgumentException if a vector is zero, not finite or of another length; the message names its number
     */
    SearchIndex open(TextRules rules, List<String> texts, List<float[]> vectors);
}
