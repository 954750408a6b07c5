package dev.argot.core;

import dev.argot.api.EmbeddingModel;
import dev.argot.api.EmbeddingOptions;
import dev.argot.core.encoding.TextEmbedder;
import java.util.List;

/** An encoder without head on an engine. Thread-safe: calls run side by side; closing waits for them. */
final class LoadedEmbeddingModel extends LoadedModel implements EmbeddingModel {
    private final TextEmbedder embedder;

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedEmbeddingModel(Parts parts) {
        super(parts);
        this.embedder = embedder(EmbeddingOptions.Pooling.MEAN);
    }

    @Override
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        return whileOpen(() -> embedder.embedAll(texts, options));
    }

    @Override
    public int embeddingSize() {
        return description().hiddenSize();
    }
}
