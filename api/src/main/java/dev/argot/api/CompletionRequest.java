package dev.argot.api;

import java.time.Duration;
import java.util.Optional;

/**
 * A prompt to complete, and how.
 *
 * @param prompt the text to continue
 * @param trusted whether special tokens spelled out in the prompt become control tokens; default false
 * @param decoding how tokens are chosen and when to stop
 * @param sink takes tokens as they come; with beam search once the best beam is known; empty: none
 * @param cancellation looked at before each token; default: never
 * @param timeLimit counted from the call, looked at before each token; empty: none
 */
public record CompletionRequest(
        String prompt,
        boolean trusted,
        Decoding decoding,
        Optional<TokenSink> sink,
        CancellationToken cancellation,
        Optional<Duration> timeLimit) {
    /** Validates the time limit. */
    public CompletionRequest {
        if (timeLimit.isPresent() && timeLimit.get().isNegative()) {
            throw new IllegalArgumentException("timeLimit must not be negative: " + timeLimit.get());
        }
    }

    /**
     * An untrusted prompt without sink, cancellation or time limit.
     *
     * @param prompt the text to continue
     * @param decoding how tokens are chosen and when to stop
     */
    public static CompletionRequest of(String prompt, Decoding decoding) {
        return new CompletionRequest(
                prompt, false, decoding, Optional.empty(), CancellationToken.never(), Optional.empty());
    }

    /** This request with special tokens in the prompt read as control tokens. For prompts the program itself wrote. */
    public CompletionRequest asTrusted() {
        return new CompletionRequest(prompt, true, decoding, sink, cancellation, timeLimit);
    }

    /**
     * This request with tokens streamed.
     *
     * @param sink takes tokens as they come
     */
    public CompletionRequest withSink(TokenSink sink) {
        return new CompletionRequest(prompt, trusted, decoding, Optional.of(sink), cancellation, timeLimit);
    }

    /**
     * This request, cancellable.
     *
     * @param cancellation looked at before each token
     */
    public CompletionRequest withCancellation(CancellationToken cancellation) {
        return new CompletionRequest(prompt, trusted, decoding, sink, cancellation, timeLimit);
    }

    /**
     * This request with a time limit.
     *
     * @param timeLimit counted from the call
     */
    public CompletionRequest withTimeLimit(Duration timeLimit) {
        return new CompletionRequest(prompt, trusted, decoding, sink, cancellation, Optional.of(timeLimit));
    }
}
