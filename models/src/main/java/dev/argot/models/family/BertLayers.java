package dev.argot.models.family;

import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import org.jspecify.annotations.Nullable;

/**
 * What BERT (Devlin et al. 2019) and its relatives have in common: embeddings of tokens, types and positions, and blocks with a layer norm
 * after each half. Reference: Hugging Face {@code BertModel}.
 */
final class BertLayers {
    private final GraphBuilder g;
    private final Dimensions d;
    private final int intermediate;
    private final int types;
    private final Activation activation;
    private final double epsilon;
    private final int padding;

    /**
     * Reads the configuration.
     *
     * @param function the non-linearity where the configuration names none
     * @param padding the id of padding where the configuration has none
     */
    BertLayers(GraphBuilder g, Config config, Dimensions d, String function, int padding) {
        this.padding = Settings.padding(config, padding, d.vocabulary());
        this.g = g;
        this.d = d;
        intermediate = config.size("intermediate_size");
        types = config.size("type_vocab_size", 2);
        activation = Settings.activation(config, "hidden_act", function);
        epsilon = Settings.epsilon(config, "layer_norm_eps", 1e-12);
        Settings.refuse(config, "is_decoder");
        Settings.refuse(config, "add_cross_attention");
        String positions = config.string("position_embedding_type", "absolute");
        if (!positions.equals("absolute")) {
            throw config.error("position_embedding_type", "expected 'absolute', found '" + positions + "'");
        }
    }

    /** Sizes, under BERT's names. */
    static Dimensions dimensions(Config config) {
        int hidden = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        return new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "num_hidden_layers"),
                heads,
                heads,
                Settings.headSize(config, hidden, heads, "num_attention_heads"),
                config.size("max_position_embeddings", 512));
    }

    /** The non-linearity. */
    Activation activation() {
        return activation;
    }

    /** What norms add below the root. */
    double epsilon() {
        return epsilon;
    }

    /**
     * Embeddings, normalised.
     *
     * @param name the module's name, such as {@code "bert.embeddings"}
     * @param table token embedding [V, E]
     * @param positions rows of the table of positions
     * @param firstPosition its row of position 0
     * @return [B, T, E]
     */
    Node embeddings(String name, Node table, int positions, int firstPosition) {
        long width = table.type().dimension(1);
        Node tokens = g.tokenEmbedding(table, g.inputIds(), padding);
        Node type = g.embedding(g.parameter(name + ".token_type_embeddings.weight", types, width), g.tokenTypeIds());
        Node place = g.embedding(
                g.parameter(name + ".position_embeddings.weight", positions, width), g.positionIds(), firstPosition);
        return g.layerNorm(name + ".LayerNorm", g.add(g.add(tokens, type), place), epsilon);
    }

    /**
     * All blocks; names the hidden states before each.
     *
     * @param name what they are called without their number, such as {@code "bert.encoder.layer"}
     * @param embedded [B, T, H]
     * @return [B, T, H]
     */
    Node blocks(String name, Node embedded) {
        Node x = embedded;
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block(name + "." + i, x);
        }
        return x;
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = attention(name + ".attention.self", x);
            Node o = g.linear(name + ".attention.output.dense", a, d.hidden(), true);
            Node y = g.layerNorm(name + ".attention.output.LayerNorm", g.add(o, x), epsilon);
            Node f = g.activate(activation, g.linear(name + ".intermediate.dense", y, intermediate, true)); // [B, T, F]
            Node m = g.linear(name + ".output.dense", f, d.hidden(), true);
            return g.layerNorm(name + ".output.LayerNorm", g.add(m, y), epsilon);
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".query", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(g.linear(name + ".key", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        Node v = g.splitHeads(g.linear(name + ".value", x, d.hidden(), true), d.heads()); // [B, n, T, d]
        return g.mergeHeads(g.attention(name, q, k, v, g.bidirectionalMask(0), null, d.scale(), 0));
    }

    /**
     * What masked tokens are guessed from: a layer, a non-linearity and a norm.
     *
     * @param dense the layer's name
     * @param norm the norm's name
     * @param hidden [B, T, H]
     * @param width of the result
     */
    Node transform(String dense, String norm, Node hidden, int width, Activation function) {
        return g.layerNorm(norm, g.activate(function, g.linear(dense, hidden, width, true)), epsilon);
    }

    /**
     * Logits of masked tokens.
     *
     * @param decoder the last layer's name
     * @param bias its bias' name where its weight is the token embedding
     * @param x [B, T, E], transformed
     * @param tied the token embedding [V, E], or null where the last layer has its own weight and bias
     */
    Node decoder(String decoder, String bias, Node x, @Nullable Node tied) {
        return tied != null
                ? g.linear(decoder, x, tied, g.parameter(bias, d.vocabulary()))
                : g.linear(decoder, x, d.vocabulary(), true);
    }
}
