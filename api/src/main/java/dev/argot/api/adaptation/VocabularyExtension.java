package dev.argot.api.adaptation;

/**
 * Words of the corpus become tokens of their own: those that save most tokens, words of the domain's vocabulary first. A text that has none
 * of them encodes as before. Their rows of the embedding, and of an untied head, begin as the mean of the rows of the tokens they were
 * (Gee et al. 2022) and are trained with every {@link Method}. A method that leaves the embedding as it is, such as LoRA, trains the new
 * rows alone, so that no gradient sums and no optimizer state are kept of the others. The result is a whole model with its tokenizer, an
 * adapter merged into it.
 *
 * @param maxTerms the most terms that are added; at least 1
 * @param newRowsOnly whether the new rows alone are trained even by a method that trains the whole embedding; the old rows stay as they
 *     are to the bit
 */
public record VocabularyExtension(int maxTerms, boolean newRowsOnly) {
    /** Checks the number. */
    public VocabularyExtension {
        if (maxTerms < 1) {
            throw new IllegalArgumentException("maxTerms must be at least 1: " + maxTerms);
        }
    }
}
