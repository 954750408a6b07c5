package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;

/**
 * GPT-2 (Radford et al. 2019): learned positions, layer norms, matrices stored [in, out]. Reference: Hugging Face
 * {@code GPT2LMHeadModel}.
 */
final class Gpt2 {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean tied;
    private final GraphBuilder g = new GraphBuilder();

    private Gpt2(Config config) {
        this.config = config;
        int hidden = config.size("n_embd");
        int heads = config.size("n_head");
        d = new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "n_layer"),
                heads,
                heads,
                Settings.headSize(config, hidden, heads, "n_head"),
                config.size("n_positions", 1024));
        Settings.refuse(config, "add_cross_attention");
        intermediate = config.size("n_inner", 4 * hidden);
        activation = Settings.activation(config, "activation_function", "gelu_new");
        epsilon = Settings.epsilon(config, "layer_norm_epsilon", 1e-5);
        tied = config.flag("tie_word_embeddings", true);
    }

    static Architecture describe(Config config) {
        return new Gpt2(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("transformer.wte.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node places = g.parameter("transformer.wpe.weight", d.context(), d.hidden()); // [context, H]
        Node x = g.add(g.embedding(table, g.inputIds()), g.embedding(places, g.positionIds())); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("transformer.h." + i, x, scale(i));
        }
        Node h = g.layerNorm("transformer.ln_f", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "transformer.");
    }

    private double scale(int layer) {
        double scale = config.flag("scale_attn_weights", true) ? d.scale() : 1;
        return config.flag("scale_attn_by_inverse_layer_idx", false) ? scale / (layer + 1) : scale;
    }

    private Node block(String name, Node x, double scale) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.layerNorm(name + ".ln_1", x, epsilon);
            Node y = g.add(x, attention(name + ".attn", a, scale));
            Node m = g.layerNorm(name + ".ln_2", y, epsilon);
            Node f = g.activate(activation, g.conv1d(name + ".mlp.c_fc", m, intermediate)); // [B, T, F]
            return g.add(y, g.conv1d(name + ".mlp.c_proj", f, d.hidden()));
        });
    }

    private Node attention(String name, Node x, double scale) { // [B, T, H]
        int h = d.hidden();
        Node qkv = g.conv1d(name + ".c_attn", x, 3 * h); // [B, T, 3H]
        Node q = g.splitHeads(g.narrow(qkv, 0, h), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(g.narrow(qkv, h, h), d.heads()); // [B, n, T, d]
        Node v = g.splitHeads(g.narrow(qkv, 2 * h, h), d.heads()); // [B, n, T, d]
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, scale, 0); // [B, n, T, d]
        return g.conv1d(name + ".c_proj", g.mergeHeads(o), h); // [B, T, H]
    }
}
