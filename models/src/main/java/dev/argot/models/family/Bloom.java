package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;

/**
 * BLOOM (BigScience 2022): positions as a bias on attention scores (ALiBi), a norm over the embeddings, queries, keys and values of a
 * head next to each other in one matrix. Reference: Hugging Face {@code BloomForCausalLM}.
 */
final class Bloom {
    private final Config config;
    private final Dimensions d;
    private final double epsilon;
    private final boolean postNormResidual;
    private final boolean tied;
    private final GraphBuilder g = new GraphBuilder();

    private Bloom(Config config) {
        this.config = config;
        String hiddenKey = config.has("n_embed") ? "n_embed" : "hidden_size"; // the first is the older name
        int hidden = config.size(hiddenKey);
        int heads = config.size("n_head");
        d = new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "n_layer"),
                heads,
                heads,
                Settings.headSize(config, hidden, heads, "n_head"),
                config.size("seq_length", 2048));
        epsilon = Settings.epsilon(config, "layer_norm_epsilon", 1e-5);
        postNormResidual = config.flag("apply_residual_connection_post_layernorm", false);
        tied = config.flag("tie_word_embeddings", true);
    }

    static Architecture describe(Config config) {
        return new Bloom(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("transformer.word_embeddings.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        x = g.layerNorm("transformer.word_embeddings_layernorm", x, epsilon);
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("transformer.h." + i, x);
        }
        Node h = g.layerNorm("transformer.ln_f", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "transformer.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.layerNorm(name + ".input_layernorm", x, epsilon);
            Node y = g.add(postNormResidual ? a : x, attention(name + ".self_attention", a));
            Node m = g.layerNorm(name + ".post_attention_layernorm", y, epsilon);
            Node f = g.linear(name + ".mlp.dense_h_to_4h", m, 4 * d.hidden(), true); // [B, T, 4H]
            f = g.linear(name + ".mlp.dense_4h_to_h", g.activate(Activation.GELU_TANH, f), d.hidden(), true);
            return g.add(postNormResidual ? m : y, f);
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        int size = d.headSize();
        Node qkv =
                g.splitHeads(g.linear(name + ".query_key_value", x, 3 * d.hidden(), true), d.heads()); // [B, n, T, 3d]
        Node q = g.narrow(qkv, 0, size); // [B, n, T, d]
        Node k = g.narrow(qkv, size, size); // [B, n, T, d]
        Node v = g.narrow(qkv, 2 * size, size); // [B, n, T, d]
        Node bias = g.alibiBias(d.heads()); // [B, n, T, S]
        Node o = g.attention(name, q, k, v, g.causalMask(0), bias, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".dense", g.mergeHeads(o), d.hidden(), true); // [B, T, H]
    }
}
