package dev.argot.api;

import java.util.List;

/**
 * An encoder trained to guess hidden tokens (BERT, RoBERTa …). Its pooled hidden states are embeddings of texts, too.
 *
 * {@snippet class="dev.argot.conformance.Snippets" region="fill-mask"}
 */
public non-sealed interface MaskedModel extends Model, Embedder {
    /**
     * Guesses what stands at the masks of a text.
     *
     * @param text untrusted text with one or more masks, each written as {@code [MASK]} or as the model's own {@link #maskToken()}; no
     *     other special token in it becomes one
     * @param top how many candidates for each mask; at least 1
     * @return the masks in order
     * @throws ArgotException if the text has no mask
     * @throws ContextLengthException if the text does not fit
     */
    default List<FilledMask> fillMask(String text, int top) {
        return fillMaskAll(List.of(text), top).get(0);
    }

    /**
     * Guesses what stands at the masks of several texts, computed together.
     *
     * @param texts as for {@link #fillMask}
     * @param top how many candidates for each mask; at least 1
     * @return for each text its masks in order
     * @throws ArgotException if a text has no mask
     * @throws ContextLengthException if a text does not fit
     */
    List<List<FilledMask>> fillMaskAll(List<String> texts, int top);

    /** The mask's own spelling, such as {@code "[MASK]"} or {@code "<mask>"}. */
    String maskToken();

    /**
     * A mask and what may stand there.
     *
     * @param start where the mask starts in the text, in chars
     * @param end where it ends, exclusive
     * @param candidates the most probable tokens, most probable first
     */
    record FilledMask(int start, int end, List<TokenCandidate> candidates) {
        /** Copies the list. */
        public FilledMask {
            candidates = List.copyOf(candidates);
        }
    }
}
