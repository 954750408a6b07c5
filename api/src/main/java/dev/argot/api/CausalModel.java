package dev.argot.api;

import dev.argot.api.evaluation.Perplexity;
import java.util.List;

/** A decoder-only language model: continues text from left to right. */
public non-sealed interface CausalModel extends Model {
    /**
     * Completes a prompt with the model's own {@link #defaultDecoding() default settings}.
     *
     * @param prompt untrusted text
     */
    default Completion complete(String prompt) {
        return complete(CompletionRequest.of(prompt, defaultDecoding()));
    }

    /**
     * Completes a prompt.
     *
     * @param prompt untrusted text
     * @param decoding how tokens are chosen and when to stop
     */
    default Completion complete(String prompt, Decoding decoding) {
        return complete(CompletionRequest.of(prompt, decoding));
    }

    /**
     * Completes a prompt, streaming, cancellable.
     *
     * @param request prompt, decoding, sink, cancellation, time limit
     * @throws ContextLengthException if the prompt does not fit and may not be truncated
     */
    Completion complete(CompletionRequest request);

    /**
     * Completes several prompts as one batch; the results are those of completing each alone, up to rounding.
     *
     * @param prompts untrusted texts, of any lengths
     * @param decoding how tokens are chosen and when to stop; row {@code i} draws from {@code seed + i}
     * @return one completion for each prompt, in order
     * @throws ContextLengthException if a prompt does not fit and may not be truncated
     */
    List<Completion> completeAll(List<String> prompts, Decoding decoding);

    /**
     * The settings of the checkpoint's {@code generation_config.json} where it has one, else greedy; at most 256 tokens.
     */
    Decoding defaultDecoding();

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
     * Scores continuations of a prompt: how probable each is after it. The prompt is run once for all of them.
     *
     * <p>Prompt and continuation are tokenized as one text, so that a continuation has the tokens the model would read; a continuation
     * mostly begins with the blank that parts it from the prompt ({@code " yes"} after {@code "Answer:"}). Summed over are the tokens
     * behind those the prompt and all continued texts have in common: the continuation's own, unless a token reaches over the
     * boundary. Then the end of the prompt is scored along with each continuation, in all of them alike, so that they stay comparable.
     *
     * @param prompt untrusted text
     * @param continuations untrusted texts, none empty; may differ in length
     * @return one score for each continuation, in order
     * @throws ContextLengthException if the prompt with a continuation does not fit
     * @throws ArgotException if no token stands before the continuations
     */
    List<ContinuationScore> score(String prompt, List<String> continuations);

    /**
     * Measures how well the model predicts a text.
     *
     * @param text untrusted text, tokenized once without special tokens
     * @param window window and stride
     * @throws ArgotException if the text has fewer than two tokens
     */
    Perplexity perplexity(String text, Perplexity.Window window);
}
