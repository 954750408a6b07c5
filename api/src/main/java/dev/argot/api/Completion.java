package dev.argot.api;

import java.time.Duration;
import java.util.List;

/**
 * What a model made of a prompt.
 *
 * @param text the generated text, without the prompt, special tokens, and the stop string or stop id that ended it; when the completion
 *     was cancelled or ran out of time, without what might have become a stop string or was half a character
 * @param tokens the generated tokens in order, the one that ended the completion included
 * @param finishReason why it ended
 * @param usage tokens and time
 * @param score sum of the log-probabilities (nats) of the tokens under the raw logits; with beam search divided by
 *     {@code generated length ^ lengthPenalty}
 * @param alternatives with beam search: the other beams, best first; else empty
 */
public record Completion(
        String text,
        List<ScoredToken> tokens,
        FinishReason finishReason,
        Usage usage,
        double score,
        List<Completion> alternatives) {
    /** Copies the lists. */
    public Completion {
        tokens = List.copyOf(tokens);
        alternatives = List.copyOf(alternatives);
    }

    /** Why a completion ended. */
    public enum FinishReason {
        /** The model ended the text itself, with an end-of-sequence token or another stop id. */
        STOP_TOKEN,
        /** A stop string appeared. */
        STOP_STRING,
        /** The text fits the {@link Decoding#constraint()}, and nothing can follow it. */
        CONSTRAINT,
        /** The most tokens allowed were generated. */
        LENGTH,
        /** The model's context was full. */
        CONTEXT_FULL,
        /** The cancellation token was cancelled. */
        CANCELLED,
        /** The time limit was reached. */
        DEADLINE
    }

    /**
     * A generated token with its probability.
     *
     * @param id its id
     * @param logProbability natural log-probability under the raw logits, before temperature and filters
     * @param top the most probable tokens at its place, most probable first; as many as {@link Decoding#topLogProbabilities()} asks for
     */
    public record ScoredToken(int id, double logProbability, List<Candidate> top) {
        /** Copies the list. */
        public ScoredToken {
            top = List.copyOf(top);
        }
    }

    /**
     * A token that could have been chosen.
     *
     * @param id its id
     * @param logProbability natural log-probability under the raw logits
     */
    public record Candidate(int id, double logProbability) {}

    /**
     * Tokens and time.
     *
     * @param promptTokens tokens of the prompt, as used
     * @param droppedPromptTokens tokens truncation took from the start of the prompt
     * @param reusedPromptTokens tokens of the prompt that were not run for it alone: an earlier prompt of the same tenant, or the
     *     other prompts of the batch, begin with them
     * @param completionTokens tokens generated
     * @param prefill time until the first token's logits were there
     * @param decode time after that
     */
    public record Usage(
            int promptTokens,
            int droppedPromptTokens,
            int reusedPromptTokens,
            int completionTokens,
            Duration prefill,
            Duration decode) {
        /** Tokens generated a second, the first not counted (it belongs to the prefill); 0 where there are fewer than two. */
        public double tokensPerSecond() {
            double seconds = decode.toNanos() / 1e9;
            return completionTokens < 2 || seconds <= 0 ? 0 : (completionTokens - 1) / seconds;
        }
    }
}
