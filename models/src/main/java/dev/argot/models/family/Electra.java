package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * ELECTRA (Clark et al. 2020): BERT whose embeddings may be narrower than its blocks. {@code ElectraForPreTraining}, the discriminator, which
 * tells replaced tokens, is read as a bare encoder. Reference: Hugging Face {@code ElectraModel} and its heads.
 */
final class Electra {
    private final Config config;
    private final Dimensions d;
    private final int width;
    private final GraphBuilder g = new GraphBuilder();
    private final BertLayers layers;

    private Electra(Config config) {
        this.config = config;
        d = BertLayers.dimensions(config);
        width = config.size("embedding_size", 128);
        layers = new BertLayers(g, config, d, "gelu", 0);
    }

    static Architecture describe(Config config) {
        return new Electra(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("electra.embeddings.word_embeddings.weight", d.vocabulary(), width); // [V, E]
        Node e = layers.embeddings("electra.embeddings", table, d.context(), 0); // [B, T, E]
        Node x = width == d.hidden() ? e : g.linear("electra.embeddings_project", e, d.hidden(), true); // [B, T, H]
        Node h = layers.blocks("electra.encoder.layer", x); // [B, T, H]
        var head = new EncoderHead(g, config, d, "electra.", h);
        return switch (EncoderHead.task(config, EncoderHead.Task.NONE)) {
            case MASKED_TOKENS -> head.maskedTokens(logits(h, EncoderHead.tied(config) ? table : null));
            case SEQUENCES -> head.sequences("classifier.out_proj", summary(head));
            case TOKENS -> head.tokens(h);
            case SPANS -> head.spans("qa_outputs", h);
            case NONE -> head.none(null);
        };
    }

    private Node summary(EncoderHead head) { // [B, H]
        return g.activate(Activation.GELU, g.linear("classifier.dense", head.first(), d.hidden(), true));
    }

    private Node logits(Node h, @Nullable Node tied) { // [B, T, V]
        Node t = layers.transform(
                "generator_predictions.dense", "generator_predictions.LayerNorm", h, width, Activation.GELU);
        return layers.decoder("generator_lm_head", "generator_lm_head.bias", t, tied);
    }
}
