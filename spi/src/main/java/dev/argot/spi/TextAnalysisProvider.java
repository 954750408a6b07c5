package dev.argot.spi;

/** Makes text analyses. */
public interface TextAnalysisProvider {
    /** Short, stable, lower-case name, such as {@code "lucene"}. */
    String name();

    /**
     * Makes an analysis of these rules.
     *
     * @param rules terms and abbreviations
     * @throws IllegalArgumentException if a term or abbreviation has nothing that the analysis could recognise
     */
    TextAnalysis open(TextRules rules);
}
