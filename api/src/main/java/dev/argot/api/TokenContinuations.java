package dev.argot.api;

import java.util.List;

/**
 * A prompt and what may follow it, as token ids.
 *
 * @param prompt at least one id
 * @param continuations at least one id each; nothing is put between them and the prompt
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, not a value
public record TokenContinuations(int[] prompt, List<int[]> continuations) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if the prompt or a continuation has no id
     */
    public TokenContinuations {
        continuations = List.copyOf(continuations);
        if (prompt.length == 0 || continuations.stream().anyMatch(ids -> ids.length == 0)) {
            throw new IllegalArgumentException("a prompt and its continuations must have at least one token each");
        }
    }
}
