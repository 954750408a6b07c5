package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * Granite 3 (IBM 2024): Llama with a factor on embeddings, attention scores, residual branches and logits. Reference: Hugging Face
 * {@code GraniteForCausalLM}.
 */
final class Granite {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean attentionBias;
    private final boolean mlpBias;
    private final double embeddingFactor;
    private final double attentionFactor;
    private final double residualFactor;
    private final double logitsDivisor;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Granite(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-6);
        attentionBias = config.flag("attention_bias", false);
        mlpBias = config.flag("mlp_bias", false);
        embeddingFactor = config.number("embedding_multiplier", 1);
        attentionFactor = config.number("attention_multiplier", 1);
        residualFactor = config.number("residual_multiplier", 1);
        logitsDivisor = Settings.positive(config, "logits_scaling", 1);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Granite(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.scale(g.embedding(table, g.inputIds()), embeddingFactor); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x);
        }
        Node h = g.rmsNorm("model.norm", x, epsilon); // [B, T, H]
        Node logits =
                g.scale(CausalHead.logits(g, h, d.vocabulary(), tied ? table : null), 1 / logitsDivisor); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = attention(name + ".self_attn", g.rmsNorm(name + ".input_layernorm", x, epsilon));
            Node y = g.add(x, g.scale(a, residualFactor));
            Node m = g.rmsNorm(name + ".post_attention_layernorm", y, epsilon);
            Node f = GatedMlp.write(g, name + ".mlp", m, d.hidden(), intermediate, activation, mlpBias);
            return g.add(y, g.scale(f, residualFactor));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), attentionBias), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(
                g.linear(name + ".k_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(
                g.linear(name + ".v_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, attentionFactor, 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
