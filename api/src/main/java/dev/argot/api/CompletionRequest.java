package dev.argot.api;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A prompt to complete, and how.
 *
 * @param prompt the text to continue
 * @param tokens the prompt as token ids instead, such as those of a conversation with control tokens between untrusted texts; nothing is
 *     added to them; empty: {@code prompt} is encoded
 * @param trusted whether special tokens spelled out in the prompt become control tokens; default false
 * @param decoding how tokens are chosen and when to stop
 * @param sink takes tokens as they come; with beam search once the best beam is known; empty: none
 * @param cancellation looked at before each token; default: never
 * @param timeLimit counted from the call, looked at before each token; empty: none
 * @param tenant on whose behalf: key/value memory of prompt and completion is kept for later prompts of the same tenant on this model that begin
 *     with the same tokens, which are then not run again, and never used for others; at most {@link ArgotOptions#prefixCacheBytes()}. Default
 *     none: nothing is kept or reused. An encoder's rows are not kept.
 */
public record CompletionRequest(
        String prompt,
        List<Integer> tokens,
        boolean trusted,
        Decoding decoding,
        Optional<TokenSink> sink,
        CancellationToken cancellation,
        Optional<Duration> timeLimit,
        Optional<String> tenant) {
    /** Copies the list and validates the time limit. */
    public CompletionRequest {
        tokens = List.copyOf(tokens);
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
                prompt,
                List.of(),
                false,
                decoding,
                Optional.empty(),
                CancellationToken.never(),
                Optional.empty(),
                Optional.empty());
    }

    /**
     * A prompt that is token ids already, without sink, cancellation or time limit.
     *
     * @param tokens token ids, at least one
     * @param decoding how tokens are chosen and when to stop
     * @throws IllegalArgumentException if there is no token
     */
    public static CompletionRequest ofTokens(int[] tokens, Decoding decoding) {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("a prompt must have at least one token");
        }
        return new CompletionRequest(
                "",
                Arrays.stream(tokens).boxed().toList(),
                false,
                decoding,
                Optional.empty(),
                CancellationToken.never(),
                Optional.empty(),
                Optional.empty());
    }

    /** This request with special tokens in the prompt read as control tokens. For prompts the program itself wrote. */
    public CompletionRequest asTrusted() {
        return new CompletionRequest(prompt, tokens, true, decoding, sink, cancellation, timeLimit, tenant);
    }

    /**
     * This request with tokens streamed.
     *
     * @param sink takes tokens as they come
     */
    public CompletionRequest withSink(TokenSink sink) {
        return new CompletionRequest(
                prompt, tokens, trusted, decoding, Optional.of(sink), cancellation, timeLimit, tenant);
    }

    /**
     * This request, cancellable.
     *
     * @param cancellation looked at before each token
     */
    public CompletionRequest withCancellation(CancellationToken cancellation) {
        return new CompletionRequest(prompt, tokens, trusted, decoding, sink, cancellation, timeLimit, tenant);
    }

    /**
     * This request with a time limit.
     *
     * @param timeLimit counted from the call
     */
    public CompletionRequest withTimeLimit(Duration timeLimit) {
        return new CompletionRequest(
                prompt, tokens, trusted, decoding, sink, cancellation, Optional.of(timeLimit), tenant);
    }

    /**
     * This request on behalf of a tenant: what its prompt has in common with earlier ones of the same tenant is not run again.
     *
     * @param tenant any name
     */
    public CompletionRequest withTenant(String tenant) {
        return new CompletionRequest(
                prompt, tokens, trusted, decoding, sink, cancellation, timeLimit, Optional.of(tenant));
    }
}
