package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * BERT (Devlin et al. 2019): learned positions, token types, layer norms after each half of a block. Reference: Hugging Face
 * {@code BertModel} and its heads.
 */
final class Bert {
    private final Config config;
    private final Dimensions d;
    private final GraphBuilder g = new GraphBuilder();
    private final BertLayers layers;

    private Bert(Config config) {
        this.config = config;
        d = BertLayers.dimensions(config);
        layers = new BertLayers(g, config, d, "gelu", 0);
    }

    static Architecture describe(Config config) {
        return new Bert(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("bert.embeddings.word_embeddings.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = layers.embeddings("bert.embeddings", table, d.context(), 0); // [B, T, H]
        Node h = layers.blocks("bert.encoder.layer", x); // [B, T, H]
        var head = new EncoderHead(g, config, d, "bert.", h);
        return switch (EncoderHead.task(config, EncoderHead.Task.MASKED_TOKENS)) {
            case MASKED_TOKENS -> head.maskedTokens(logits(h, EncoderHead.tied(config) ? table : null));
            case SEQUENCES -> head.sequences("classifier", pooled(head));
            case TOKENS -> head.tokens(h);
            case SPANS -> head.spans("qa_outputs", h);
            case NONE -> head.none(EncoderHead.hasPooler(config) ? pooled(head) : null);
        };
    }

    private Node pooled(EncoderHead head) { // [B, H]
        return g.activate(Activation.TANH, g.linear("bert.pooler.dense", head.first(), d.hidden(), true));
    }

    private Node logits(Node h, @Nullable Node tied) { // [B, T, V]
        Node t = layers.transform(
                "cls.predictions.transform.dense", "cls.predictions.transform.LayerNorm", h, d.hidden(), layers.activation());
        return layers.decoder("cls.predictions.decoder", "cls.predictions.bias", t, tied);
    }
}
