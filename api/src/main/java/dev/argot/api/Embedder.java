package dev.argot.api;

import java.util.List;

/** Turns texts into vectors whose directions are close where the texts mean something close. */
public interface Embedder {
    /**
     * Embeds a text with {@link EmbeddingOptions#DEFAULT}.
     *
     * @param text untrusted text
     */
    default float[] embed(String text) {
        return embedAll(List.of(text), EmbeddingOptions.DEFAULT).get(0);
    }

    /**
     * Embeds texts. They are computed in batches of similar length, so that little is lost to padding.
     *
     * @param texts untrusted texts, of any lengths; what is longer than the context is cut at its end
     * @param options pooling, normalisation
     * @return a vector of {@link #embeddingSize()} numbers for each text, in order
     */
    List<float[]> embedAll(List<String> texts, EmbeddingOptions options);

    /** Numbers of an embedding. */
    int embeddingSize();
}
