package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.ArrayList;

/**
 * OLMoE (Muennighoff et al. 2024): many small experts, norms over all query and key heads together, optional clipping of queries, keys
 * and values. Reference: Hugging Face {@code OlmoeForCausalLM}.
 */
final class Olmoe {
    private final Config config;
    private final Dimensions d;
    private final double epsilon;
    private final boolean attentionBias;
    private final double clip;
    private final Experts experts;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Olmoe(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-5);
        attentionBias = config.flag("attention_bias", false);
        clip = Settings.limit(config, "clip_qkv", 0);
        int count = Experts.count(config, 64);
        experts = new Experts(
                count,
                Experts.active(config, count, 8),
                config.size("intermediate_size"),
                config.flag("norm_topk_prob", false),
                Settings.activation(config, "hidden_act", "silu"),
                "gate_proj",
                "up_proj",
                "down_proj",
                new ArrayList<>());
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Olmoe(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x);
        }
        Node h = g.rmsNorm("model.norm", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        experts.loss(g);
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.rmsNorm(name + ".input_layernorm", x, epsilon);
            Node y = g.add(x, attention(name + ".self_attn", a));
            Node m = g.rmsNorm(name + ".post_attention_layernorm", y, epsilon);
            return g.add(y, experts.write(g, name + ".mlp", m));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        // the norms go over all heads together
        Node q = g.rmsNorm(
                name + ".q_norm", g.linear(name + ".q_proj", x, d.queryWidth(), attentionBias), epsilon); // [B, T, n·d]
        Node k = g.rmsNorm(
                name + ".k_norm",
                g.linear(name + ".k_proj", x, d.keyValueWidth(), attentionBias),
                epsilon); // [B, T, k·d]
        Node v = g.linear(name + ".v_proj", x, d.keyValueWidth(), attentionBias); // [B, T, k·d]
        q = g.clamp(q, clip);
        k = g.clamp(k, clip);
        v = g.clamp(v, clip);
        q = g.rotate(g.splitHeads(q, d.heads()), g.positionIds(), rope, false); // [B, n, T, d]
        k = g.rotate(g.splitHeads(k, d.keyValueHeads()), g.positionIds(), rope, false); // [B, k, T, d]
        v = g.splitHeads(v, d.keyValueHeads()); // [B, k, T, d]
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
