package dev.argot.api;

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
     * Measures how well the model predicts a text.
     *
     * @param text untrusted text, tokenized once without special tokens
     * @param window window and stride
     * @throws ArgotException if the text has fewer than two tokens
     */
    Perplexity perplexity(String text, Perplexity.Window window);
}
