package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * OLMo 2 (OLMo Team 2024): norms after attention and feed-forward network instead of before, and over all query and key heads together.
 * Reference: Hugging Face {@code Olmo2ForCausalLM}.
 */
final class Olmo2 {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean attentionBias;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Olmo2(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-5);
        attentionBias = config.flag("attention_bias", false);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Olmo2(config).model();
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
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = attention(name + ".self_attn", x);
            Node y = g.add(x, g.rmsNorm(name + ".post_attention_layernorm", a, epsilon));
            Node m = GatedMlp.write(g, name + ".mlp", y, d.hidden(), intermediate, activation, false);
            return g.add(y, g.rmsNorm(name + ".post_feedforward_layernorm", m, epsilon));
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
        q = g.rotate(g.splitHeads(q, d.heads()), g.positionIds(), rope, false); // [B, n, T, d]
        k = g.rotate(g.splitHeads(k, d.keyValueHeads()), g.positionIds(), rope, false); // [B, k, T, d]
        v = g.splitHeads(v, d.keyValueHeads()); // [B, k, T, d]
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
