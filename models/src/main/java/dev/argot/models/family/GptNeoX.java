package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * GPT-NeoX and Pythia (Black et al. 2022): attention and feed-forward network side by side, a part of each head rotated, queries, keys
 * and values of a head next to each other in one matrix. Reference: Hugging Face {@code GPTNeoXForCausalLM}.
 */
final class GptNeoX {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean attentionBias;
    private final boolean parallel;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private GptNeoX(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "gelu");
        epsilon = Settings.epsilon(config, "layer_norm_eps", 1e-5);
        attentionBias = config.flag("attention_bias", true);
        parallel = config.flag("use_parallel_residual", true);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(
                config,
                d.headSize(),
                Settings.positive(config, "rotary_emb_base", 10_000),
                Settings.positive(config, "rotary_pct", 0.25));
    }

    static Architecture describe(Config config) {
        return new GptNeoX(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("gpt_neox.embed_in.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("gpt_neox.layers." + i, x);
        }
        Node h = g.layerNorm("gpt_neox.final_layer_norm", x, epsilon); // [B, T, H]
        Node head = tied ? table : g.parameter("embed_out.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node logits = g.linear("embed_out", h, head, null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "gpt_neox.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = attention(name + ".attention", g.layerNorm(name + ".input_layernorm", x, epsilon));
            Node y = g.add(x, a);
            Node m = g.layerNorm(name + ".post_attention_layernorm", parallel ? x : y, epsilon);
            Node f = g.activate(activation, g.linear(name + ".mlp.dense_h_to_4h", m, intermediate, true)); // [B, T, F]
            return g.add(y, g.linear(name + ".mlp.dense_4h_to_h", f, d.hidden(), true));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        int size = d.headSize();
        Node qkv = g.linear(name + ".query_key_value", x, 3 * d.queryWidth(), attentionBias);
        qkv = g.splitHeads(qkv, d.heads()); // [B, n, T, 3d]
        Node q = g.rotate(g.narrow(qkv, 0, size), g.positionIds(), rope, false); // [B, n, T, d]
        Node k = g.rotate(g.narrow(qkv, size, size), g.positionIds(), rope, false); // [B, n, T, d]
        Node v = g.narrow(qkv, 2 * size, size); // [B, n, T, d]
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".dense", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
