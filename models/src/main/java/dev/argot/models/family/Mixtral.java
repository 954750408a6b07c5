package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.ArrayList;

/**
 * Mixtral (Jiang et al. 2024): Mistral with a mixture of experts; the probabilities of the chosen experts are scaled to sum to one.
 * Reference: Hugging Face {@code MixtralForCausalLM}.
 */
final class Mixtral {
    private final Config config;
    private final Dimensions d;
    private final double epsilon;
    private final int window;
    private final Experts experts;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Mixtral(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-5);
        window = Settings.window(config, 0);
        int count = Experts.count(config, 8);
        experts = new Experts(
                count,
                Experts.active(config, count, 2),
                config.size("intermediate_size"),
                true,
                Settings.activation(config, "hidden_act", "silu"),
                "w1",
                "w3",
                "w2",
                new ArrayList<>());
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 1_000_000);
    }

    static Architecture describe(Config config) {
        return new Mixtral(config).model();
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
            return g.add(y, experts.write(g, name + ".block_sparse_moe", m));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), false), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(
                g.linear(name + ".k_proj", x, d.keyValueWidth(), false), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(
                g.linear(name + ".v_proj", x, d.keyValueWidth(), false), d.keyValueHeads()); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(window), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), false); // [B, T, H]
    }
}
