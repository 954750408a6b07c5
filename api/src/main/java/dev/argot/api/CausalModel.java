package dev.argot.api;

import dev.argot.api.evaluation.Perplexity;
import java.util.List;
import java.util.Optional;

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
    default List<Completion> completeTokens(List<int[]> prompts, Decoding decoding) {
        return completeTokens(prompts, decoding, CancellationToken.never());
    }

    /**
     * Completes prompts that are token ids already, cancellable; otherwise like {@link #completeTokens(List, Decoding)}.
     *
     * @param prompts token ids, at least one each; nothing is added to them
     * @param decoding how tokens are chosen and when to stop; row {@code i} draws from {@code seed + i}
     * @param cancellation looked at before each token; what there is then of each completion is returned
     * @return one completion for each prompt, in order
     * @throws IllegalArgumentException if a prompt is empty or an id is not in the vocabulary
     * @throws ContextLengthException if a prompt does not fit
     */
    List<Completion> completeTokens(List<int[]> prompts, Decoding decoding, CancellationToken cancellation);

    /**
     * Scores continuations of prompts that are token ids already, in one pass: what prompts have in common is run once.
     *
     * @param requests prompts and what may follow each
     * @param tenant on whose behalf: key/value memory of the prompts' common beginning is kept for later calls of the same tenant on this model, and
     *     never used for others; empty: nothing is kept or reused
     * @return for each request a score for each of its continuations, in order; their texts are decoded
     * @throws ContextLengthException if a prompt with a continuation does not fit
     */
    List<List<ContinuationScore>> scoreTokens(List<TokenContinuations> requests, Optional<String> tenant);

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
