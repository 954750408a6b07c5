package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * RoBERTa (Liu et al. 2019), and with the same network XLM-RoBERTa (Conneau et al. 2020) and CamemBERT (Martin et al. 2020): BERT whose
 * positions are counted from the row after that of padding. Reference: Hugging Face {@code RobertaModel} and its heads.
 */
final class Roberta {
    private final Config config;
    private final Dimensions d;
    private final int positions;
    private final int firstPosition;
    private final GraphBuilder g = new GraphBuilder();
    private final BertLayers layers;

    private Roberta(Config config) {
        this.config = config;
        firstPosition = config.integer("pad_token_id", 1) + 1;
        Dimensions read = BertLayers.dimensions(config);
        positions = read.context();
        if (firstPosition < 0 || firstPosition >= positions) {
            throw config.error(
                    "pad_token_id",
                    "expected 0 or more, and less than max_position_embeddings - 1, " + (positions - 1) + ", found "
                            + (firstPosition - 1));
        }
        d = read.withContext(positions - firstPosition);
        layers = new BertLayers(g, config, d, "gelu", 1);
    }

    static Architecture describe(Config config) {
        return new Roberta(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("roberta.embeddings.word_embeddings.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = layers.embeddings("roberta.embeddings", table, positions, firstPosition); // [B, T, H]
        Node h = layers.blocks("roberta.encoder.layer", x); // [B, T, H]
        var head = new EncoderHead(g, config, d, "roberta.", h);
        return switch (EncoderHead.task(config, EncoderHead.Task.MASKED_TOKENS)) {
            case MASKED_TOKENS -> head.maskedTokens(logits(h, EncoderHead.tied(config) ? table : null));
            case SEQUENCES -> head.sequences("classifier.out_proj", squashed(head, "classifier.dense"));
            case TOKENS -> head.tokens(h);
            case SPANS -> head.spans("qa_outputs", h);
            case NONE ->
                head.none(EncoderHead.hasPooler(config) ? squashed(head, "roberta.pooler.dense") : null);
        };
    }

    private Node squashed(EncoderHead head, String name) { // [B, H]
        return g.activate(Activation.TANH, g.linear(name, head.first(), d.hidden(), true));
    }

    private Node logits(Node h, @Nullable Node tied) { // [B, T, V]
        Node t = layers.transform("lm_head.dense", "lm_head.layer_norm", h, d.hidden(), Activation.GELU);
        return layers.decoder("lm_head.decoder", "lm_head.bias", t, tied);
    }
}
