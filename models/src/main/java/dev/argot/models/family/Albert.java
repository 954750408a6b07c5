package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * ALBERT (Lan et al. 2020): BERT whose blocks share their weights, with narrow embeddings. Reference: Hugging Face {@code AlbertModel} and its
 * heads.
 */
final class Albert {
    private final Config config;
    private final Dimensions d;
    private final int width;
    private final int intermediate;
    private final int groups;
    private final int blocksOfGroup;
    private final GraphBuilder g = new GraphBuilder();
    private final BertLayers layers;

    private Albert(Config config) {
        this.config = config;
        d = BertLayers.dimensions(config);
        width = config.size("embedding_size", 128);
        intermediate = config.size("intermediate_size");
        groups = config.size("num_hidden_groups", 1);
        blocksOfGroup = config.size("inner_group_num", 1);
        if (groups > d.layers()) {
            throw config.error("num_hidden_groups", "expected at most " + d.layers() + ", found " + groups);
        }
        layers = new BertLayers(g, config, d, "gelu_new", 0);
    }

    static Architecture describe(Config config) {
        return new Albert(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("albert.embeddings.word_embeddings.weight", d.vocabulary(), width); // [V, E]
        Node e = layers.embeddings("albert.embeddings", table, d.context(), 0); // [B, T, E]
        Node x = g.linear("albert.encoder.embedding_hidden_mapping_in", e, d.hidden(), true); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            int group = (int) (i / ((double) d.layers() / groups));
            for (int j = 0; j < blocksOfGroup; j++) {
                int number = i * blocksOfGroup + j;
                g.output("hidden_state_" + number, x);
                x = block(number, "albert.encoder.albert_layer_groups." + group + ".albert_layers." + j, x);
            }
        }
        Node h = x;
        var head = new EncoderHead(g, config, d, "albert.", h);
        return switch (EncoderHead.task(config, EncoderHead.Task.MASKED_TOKENS)) {
            case MASKED_TOKENS -> head.maskedTokens(logits(h, EncoderHead.tied(config) ? table : null));
            case SEQUENCES -> head.sequences("classifier", pooled(head));
            case TOKENS -> head.tokens(h);
            case SPANS -> head.spans("qa_outputs", h);
            case NONE -> head.none(EncoderHead.hasPooler(config) ? pooled(head) : null);
        };
    }

    /** One block; several have the same weights, but an attention of their own. */
    private Node block(int number, String name, Node x) { // [B, T, H]
        return g.block("albert.encoder.layer." + number, () -> {
            Node a = attention("albert.encoder.layer." + number + ".attention", name + ".attention", x);
            Node y = g.layerNorm(name + ".attention.LayerNorm", g.add(x, a), layers.epsilon());
            Node f = g.activate(layers.activation(), g.linear(name + ".ffn", y, intermediate, true)); // [B, T, F]
            Node m = g.linear(name + ".ffn_output", f, d.hidden(), true);
            return g.layerNorm(name + ".full_layer_layer_norm", g.add(m, y), layers.epsilon());
        });
    }

    private Node attention(String own, String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".query", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(g.linear(name + ".key", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node v = g.splitHeads(g.linear(name + ".value", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node o = g.attention(own, q, k, v, g.bidirectionalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".dense", g.mergeHeads(o), d.hidden(), true);
    }

    private Node pooled(EncoderHead head) { // [B, H]
        return g.activate(Activation.TANH, g.linear("albert.pooler", head.first(), d.hidden(), true));
    }

    private Node logits(Node h, @Nullable Node tied) { // [B, T, V]
        Node t = layers.transform("predictions.dense", "predictions.LayerNorm", h, width, layers.activation());
        return layers.decoder("predictions.decoder", "predictions.bias", t, tied);
    }
}
