package dev.argot.api;

import java.util.Optional;
import java.util.Set;

/**
 * What attention is asked for.
 *
 * @param text what is read; untrusted
 * @param target what the decoder of an encoder-decoder model writes; empty: the model's own greedy answer, at most 32 tokens; other kinds
 *     of models have none
 * @param layers numbers of the layers, from 0; empty: all
 * @param heads numbers of the heads, from 0; empty: all
 */
public record AttentionRequest(String text, Optional<String> target, Set<Integer> layers, Set<Integer> heads) {
    /** Copies the sets. */
    public AttentionRequest {
        layers = Set.copyOf(layers);
        heads = Set.copyOf(heads);
    }

    /**
     * All layers and heads.
     *
     * @param text what is read; untrusted
     */
    public static AttentionRequest of(String text) {
        return new AttentionRequest(text, Optional.empty(), Set.of(), Set.of());
    }
}
