package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * Gemma 2 (Gemma Team 2024b): Gemma with norms before and after each half of a block, soft caps on attention scores and logits, and a
 * sliding window in every other layer. Reference: Hugging Face {@code Gemma2ForCausalLM}.
 */
final class Gemma2 {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean attentionBias;
    private final double scale;
    private final double attentionCap;
    private final double logitCap;
    private final int window;
    private final boolean[] sliding;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Gemma2(Config config) {
        this.config = config;
        d = Dimensions.read(config, 256);
        Settings.refuse(config, "use_bidirectional_attention");
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_activation", "gelu_pytorch_tanh");
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-6);
        attentionBias = config.flag("attention_bias", false);
        scale = 1 / Math.sqrt(Settings.positive(config, "query_pre_attn_scalar", 256));
        attentionCap = Settings.limit(config, "attn_logit_softcapping", 50);
        logitCap = Settings.limit(config, "final_logit_softcapping", 30);
        window = Settings.window(config, 4096);
        sliding = Settings.sliding(config, d.layers(), i -> i % 2 == 0);
        tied = config.flag("tie_word_embeddings", true);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Gemma2(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.scale(g.embedding(table, g.inputIds()), Math.sqrt(d.hidden())); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x, sliding[i]);
        }
        Node h = g.rmsNormPlusOne("model.norm", x, epsilon); // [B, T, H]
        Node logits = g.softcap(CausalHead.logits(g, h, d.vocabulary(), tied ? table : null), logitCap); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x, boolean sliding) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.rmsNormPlusOne(name + ".input_layernorm", x, epsilon);
            a = attention(name + ".self_attn", a, sliding);
            Node y = g.add(x, g.rmsNormPlusOne(name + ".post_attention_layernorm", a, epsilon));
            Node m = g.rmsNormPlusOne(name + ".pre_feedforward_layernorm", y, epsilon);
            m = GatedMlp.write(g, name + ".mlp", m, d.hidden(), intermediate, activation, false);
            return g.add(y, g.rmsNormPlusOne(name + ".post_feedforward_layernorm", m, epsilon));
        });
    }

    private Node attention(String name, Node x, boolean sliding) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), attentionBias), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(
                g.linear(name + ".k_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(
                g.linear(name + ".v_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(
                name, q, k, v, g.causalMask(sliding ? window : 0), null, scale, attentionCap); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
