package dev.argot.core;

import dev.argot.api.EmbeddingOptions;
import dev.argot.api.MaskedModel;
import dev.argot.core.encoding.MaskFiller;
import dev.argot.core.encoding.TextEmbedder;
import dev.argot.core.evaluation.LabelPredictor;
import dev.argot.spi.Tensor;
import java.util.List;
import java.util.Map;

/** A masked language model on an engine. Thread-safe: calls run side by side; closing waits for them. */
final class LoadedMaskedModel extends LoadedModel implements MaskedModel, LabelPredictor {
    private final TextEmbedder embedder;
    private final MaskFiller filler;

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedMaskedModel(Parts parts) {
        super(parts);
        this.embedder = embedder(EmbeddingOptions.Pooling.MEAN);
        this.filler = new MaskFiller(
                () -> derived("masks", MaskFiller::graph),
                parts.tokenizer(),
                parts.description().contextLength());
    }

    @Override
    public List<List<FilledMask>> fillMaskAll(List<String> texts, int top) {
        return whileOpen(() -> filler.fillAll(texts, top));
    }

    @Override
    public String maskToken() {
        return filler.maskToken();
    }

    @Override
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        return whileOpen(() -> embedder.embedAll(texts, options));
    }

    @Override
    public int embeddingSize() {
        return description().hiddenSize();
    }

    @Override
    public Predictions predict(Map<String, Tensor> inputs) {
        return predictions(inputs);
    }

    @Override
    public int decoderStart() {
        return 0; // it has no decoder
    }
}
