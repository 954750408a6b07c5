package dev.argot.api;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How texts are embedded.
 *
 * @param pooling which hidden states make the vector; empty: as the checkpoint's sentence-transformers files say, else the mean for
 *     encoders, and the last token for decoders
 * @param normalised whether vectors are scaled to length 1; default true
 * @param maxTokens longer texts are cut, special tokens counted; empty: as the checkpoint's sentence-transformers files say, else the
 *     model's context
 */
public record EmbeddingOptions(Optional<Pooling> pooling, boolean normalised, OptionalInt maxTokens) {
    /** The model's own pooling, normalised. */
    public static final EmbeddingOptions DEFAULT = new EmbeddingOptions(Optional.empty(), true, OptionalInt.empty());

    /** Which hidden states make the vector. */
    public enum Pooling {
        /** The mean of all tokens. */
        MEAN,
        /** The first token, {@code [CLS]}. */
        FIRST,
        /** The last token. */
        LAST
    }

    /**
     * Checks the length.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public EmbeddingOptions {
        if (maxTokens.isPresent() && maxTokens.getAsInt() < 1) {
            throw new IllegalArgumentException("maxTokens must be at least 1: " + maxTokens.getAsInt());
        }
    }

    /**
     * These options with another pooling.
     *
     * @param other which hidden states make the vector
     */
    public EmbeddingOptions withPooling(Pooling other) {
        return new EmbeddingOptions(Optional.of(other), normalised, maxTokens);
    }
}
