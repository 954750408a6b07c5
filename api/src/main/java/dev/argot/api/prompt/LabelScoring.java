package dev.argot.api.prompt;

import java.util.List;

/**
 * How labels are compared by their likelihood. All tokens of a label are scored, tokenized together with the end of the prompt where the
 * model continues one text. Where a label begins another ({@code "tax"}, {@code "tax law"}), the end of the answer is scored behind each
 * label, too: a line break, what the template puts behind an answer, or the model's end token; with several labels their separator. So a
 * label is not preferred because longer ones begin with it.
 *
 * @param normalisation what makes labels of different lengths and frequencies comparable
 * @param contentFree inputs without content, such as {@code "N/A"}; the probabilities of the labels after them, averaged, divide those
 *     after the item, and the quotients are made to sum to 1 (contextual calibration, Zhao et al. 2021); empty: none. They fill all slots of type
 *     {@link SlotType.Text} and {@link SlotType.Line}, behind the same exemplars and without passages. What they give is kept for prompts
 *     with the same exemplars
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
        /** Divided by its number of tokens, a scored end counting as one. */
        TOKENS,
        /** Divided by its number of bytes in UTF-8, which does not depend on the tokenizer. */
        BYTES,
        /**
         * Less its log-probability where only the {@link PromptTemplate#premise() domain premise} stands before it: pointwise mutual
         * information (Holtzman et al. 2021).
         */
        MUTUAL_INFORMATION
    }
}
