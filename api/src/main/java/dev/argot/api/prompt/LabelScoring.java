package dev.argot.api.prompt;

import java.util.List;

/**
 * How labels are compared by their likelihood. All tokens of a label are scored, and what follows it where that tells it from a longer one.
 *
 * @param normalisation what makes labels of different lengths and frequencies comparable
 * @param contentFree inputs without content, such as {@code "N/A"}; the probabilities of the labels after them, averaged, divide those
 *     after the item (contextual calibration, Zhao et al. 2021); empty: none
 */
public record LabelScoring(Normalisation normalisation, List<String> contentFree) {
    /** The probability of the whole label, nothing divided. The default. */
    public static final LabelScoring DEFAULT = new LabelScoring(Normalisation.NONE, List.of());

    /** The whole label, calibrated with the content-free inputs of Zhao et al.: {@code "N/A"}, {@code "[MASK]"} and the empty text. */
    public static final LabelScoring CALIBRATED = new LabelScoring(Normalisation.NONE, List.of("N/A", "[MASK]", ""));

    /** Copies the list. */
    public LabelScoring {
        contentFree = List.copyOf(contentFree);
    }

    /** What makes labels comparable. */
    public enum Normalisation {
        /** The log-probability of the whole label. */
        NONE,
        /** Divided by its number of tokens. */
        TOKENS,
        /** Divided by its number of bytes in UTF-8, which does not depend on the tokenizer. */
        BYTES,
        /**
         * Less its log-probability where only the last line of the template stands before it, the domain premise: pointwise mutual
         * information (Holtzman et al. 2021).
         */
        MUTUAL_INFORMATION
    }
}
