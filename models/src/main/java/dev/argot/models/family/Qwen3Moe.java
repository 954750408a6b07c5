package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.ArrayList;

/**
 * Qwen 3 MoE (Yang et al. 2025): Qwen 3 with a mixture of experts in (most) layers. Reference: Hugging Face
 * {@code Qwen3MoeForCausalLM}.
 */
final class Qwen3Moe {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean attentionBias;
    private final int window;
    private final Experts experts;
    private final int step;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Qwen3Moe(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-6);
        attentionBias = config.flag("attention_bias", false);
        window = config.flag("use_sliding_window", false) ? Settings.window(config, 4096) : 0;
        int count = Experts.count(config, 128);
        experts = new Experts(
                count,
                Experts.active(config, count, 8),
                config.size("moe_intermediate_size", 768),
                config.flag("norm_topk_prob", false),
                activation,
                "gate_proj",
                "up_proj",
                "down_proj",
                new ArrayList<>());
        step = config.size("decoder_sparse_step", 1);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Qwen3Moe(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x, sparse(i));
        }
        Node h = g.rmsNorm("model.norm", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        experts.loss(g);
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private boolean sparse(int layer) {
        return (layer + 1) % step == 0 && !config.list("mlp_only_layers").contains((long) layer);
    }

    private Node block(String name, Node x, boolean sparse) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.rmsNorm(name + ".input_layernorm", x, epsilon);
            Node y = g.add(x, attention(name + ".self_attn", a));
            Node m = g.rmsNorm(name + ".post_attention_layernorm", y, epsilon);
            return g.add(
                    y,
                    sparse
                            ? experts.write(g, name + ".mlp", m)
                            : GatedMlp.write(g, name + ".mlp", m, d.hidden(), intermediate, activation, false));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), attentionBias), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(
                g.linear(name + ".k_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(
                g.linear(name + ".v_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        q = g.rmsNorm(name + ".q_norm", q, epsilon); // over d
        k = g.rmsNorm(name + ".k_norm", k, epsilon);
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(window), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
