package dev.argot.api;

import dev.argot.api.evaluation.Perplexity;
import java.util.List;

/** A decoder-only language model: continues text from left to right. Its pooled hidden states are embeddings of texts, too. */
public non-sealed interface CausalModel extends GenerativeModel, Embedder {
    /**
     * Completes prompts that are token ids already, such as those with control tokens between untrusted texts; otherwise like
     * {@link #completeAll(List, Decoding)}.
     *
     * @param prompts token ids, at least one each; nothing is added to them
     * @param decoding how tokens are chosen and when to stop; row {@code i} draws from {@code seed + i}
     * @return one completion for each prompt, in order
     * @throws IllegalArgumentException if a prompt is empty or an id is not in the vocabulary
     * @throws ContextLengthException if a prompt does not fit
     */
    List<Completion> completeTokens(List<int[]> prompts, Decoding decoding);

    /**
     * Measures how well the model predicts a text.
     *
     * @param text untrusted text, tokenized once without special tokens
     * @param window window and stride
     * @throws ArgotException if the text has fewer than two tokens
     */
    Perplexity perplexity(String text, Perplexity.Window window);

    /**
     * The most probable next tokens after a text, before temperature and filters.
     *
     * @param text untrusted text, with the special tokens the model expects around it
     * @param top how many; at least 1
     * @return most probable first
     * @throws ContextLengthException if the text does not fit
     */
    List<TokenCandidate> nextTokens(String text, int top);
}
