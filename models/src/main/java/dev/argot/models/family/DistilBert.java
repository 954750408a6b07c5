package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * DistilBERT (Sanh et al. 2019): BERT without token types and pooler, under other names. Reference: Hugging Face {@code DistilBertModel} and
 * its heads.
 */
final class DistilBert {
    private static final double EPSILON = 1e-12;

    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final GraphBuilder g = new GraphBuilder();

    private DistilBert(Config config) {
        this.config = config;
        int hidden = config.size("dim");
        int heads = config.size("n_heads");
        d = new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "n_layers"),
                heads,
                heads,
                Settings.headSize(config, hidden, heads, "n_heads"),
                config.size("max_position_embeddings", 512));
        intermediate = config.size("hidden_dim");
        activation = Settings.activation(config, "activation", "gelu");
    }

    static Architecture describe(Config config) {
        return new DistilBert(config).model();
    }

    private Architecture model() {
        String embeddings = "distilbert.embeddings";
        Node table = g.parameter(embeddings + ".word_embeddings.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node tokens = g.tokenEmbedding(table, g.inputIds(), Settings.padding(config, 0, d.vocabulary())); // [B, T, H]
        Node places = g.parameter(embeddings + ".position_embeddings.weight", d.context(), d.hidden()); // [context, H]
        Node sum = g.add(tokens, g.embedding(places, g.positionIds())); // [B, T, H]
        Node x = g.layerNorm(embeddings + ".LayerNorm", sum, EPSILON);
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("distilbert.transformer.layer." + i, x);
        }
        Node h = x;
        var head = new EncoderHead(g, config, d, "distilbert.", h);
        return switch (EncoderHead.task(config, EncoderHead.Task.MASKED_TOKENS)) {
            case MASKED_TOKENS -> head.maskedTokens(logits(h, EncoderHead.tied(config) ? table : null));
            case SEQUENCES ->
                head.sequences(
                        "classifier",
                        g.activate(Activation.RELU, g.linear("pre_classifier", head.first(), d.hidden(), true)));
            case TOKENS -> head.tokens(h);
            case SPANS -> head.spans("qa_outputs", h);
            case NONE -> head.none(null);
        };
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = attention(name + ".attention", x);
            Node y = g.layerNorm(name + ".sa_layer_norm", g.add(a, x), EPSILON);
            Node f = g.activate(activation, g.linear(name + ".ffn.lin1", y, intermediate, true)); // [B, T, F]
            Node m = g.linear(name + ".ffn.lin2", f, d.hidden(), true);
            return g.layerNorm(name + ".output_layer_norm", g.add(m, y), EPSILON);
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_lin", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(g.linear(name + ".k_lin", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node v = g.splitHeads(g.linear(name + ".v_lin", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node o = g.attention(name, q, k, v, g.bidirectionalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".out_lin", g.mergeHeads(o), d.hidden(), true);
    }

    private Node logits(Node h, @Nullable Node tied) { // [B, T, V]
        Node t = g.activate(activation, g.linear("vocab_transform", h, d.hidden(), true));
        Node n = g.layerNorm("vocab_layer_norm", t, EPSILON);
        return tied == null
                ? g.linear("vocab_projector", n, d.vocabulary(), true)
                : g.linear("vocab_projector", n, tied, g.parameter("vocab_projector.bias", d.vocabulary()));
    }
}
