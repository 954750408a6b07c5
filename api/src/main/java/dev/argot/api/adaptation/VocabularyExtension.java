package dev.argot.api.adaptation;

/**
 * Terms of the domain become tokens of their own.
 *
 * @param maxTerms the most terms that are added; at least 1
 * @param newRowsOnly whether of the embeddings (and an untied head) only the new rows are trained
 */
public record VocabularyExtension(int maxTerms, boolean newRowsOnly) {
    /** Checks the number. */
    public VocabularyExtension {
        if (maxTerms < 1) {
            throw new IllegalArgumentException("maxTerms must be at least 1: " + maxTerms);
        }
    }
}
