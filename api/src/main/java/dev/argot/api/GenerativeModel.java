package dev.argot.api;

import java.util.List;

/**
 * A model that writes text after a prompt: a decoder that continues it ({@link CausalModel}), or an encoder that reads it with a decoder
 * that answers ({@link Seq2SeqModel}: translation, summaries, infilling).
 */
public sealed interface GenerativeModel extends Model permits CausalModel, Seq2SeqModel {
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
    default List<Completion> completeAll(List<String> prompts, Decoding decoding) {
        return completeAll(prompts, decoding, CancellationToken.never());
    }

    /**
     * Completes several prompts as one batch, cancellable.
     *
     * @param prompts untrusted texts, of any lengths
     * @param decoding how tokens are chosen and when to stop; row {@code i} draws from {@code seed + i}
     * @param cancellation looked at before each token; what there is then of each completion is returned
     * @return one completion for each prompt, in order
     * @throws ContextLengthException if a prompt does not fit and may not be truncated
     */
    List<Completion> completeAll(List<String> prompts, Decoding decoding, CancellationToken cancellation);

    /**
     * The settings of the checkpoint's {@code generation_config.json}, or of {@code config.json}, where older checkpoints have them; what
     * is not stated is greedy; at most 256 tokens. Settings that are not honoured are named in the log.
     */
    Decoding defaultDecoding();

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
}
