package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * OLMo (Groeneveld et al. 2024): Llama with layer norms that have no weights, and optional clipping of queries, keys and values.
 * Reference: Hugging Face {@code OlmoForCausalLM}.
 */
final class Olmo {
    private final Config config;
    private final Dimensions d;
    /** Fixed in the reference implementation. */
    private static final double EPSILON = 1e-5;

    private final int intermediate;
    private final Activation activation;
    private final boolean attentionBias;
    private final double clip;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Olmo(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        attentionBias = config.flag("attention_bias", false);
        clip = Settings.limit(config, "clip_qkv", 0);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Olmo(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x);
        }
        Node h = norm("model.norm", x); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node y = g.add(x, attention(name + ".self_attn", norm(name + ".input_layernorm", x)));
            Node m = norm(name + ".post_attention_layernorm", y);
            return g.add(y, GatedMlp.write(g, name + ".mlp", m, d.hidden(), intermediate, activation, false));
        });
    }

    private Node norm(String name, Node x) {
        return g.layerNorm(name, x, EPSILON, false, false);
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), attentionBias), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(
                g.linear(name + ".k_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(
                g.linear(name + ".v_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        q = g.clamp(q, clip);
        k = g.clamp(k, clip);
        v = g.clamp(v, clip);
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
