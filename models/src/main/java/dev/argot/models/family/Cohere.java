package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * Command R (Cohere 2024): one layer norm without bias before attention and feed-forward network side by side, neighbouring dimensions
 * rotated together, logits times a factor. Reference: Hugging Face {@code CohereForCausalLM}.
 */
final class Cohere {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean attentionBias;
    private final double logitScale;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Cohere(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "layer_norm_eps", 1e-5);
        Settings.refuse(config, "use_qk_norm"); // norms with a weight for each head
        attentionBias = config.flag("attention_bias", false);
        logitScale = config.number("logit_scale", 0.0625);
        tied = config.flag("tie_word_embeddings", true);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Cohere(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x);
        }
        Node h = g.layerNorm("model.norm", x, epsilon, true, false); // [B, T, H]
        Node logits = g.scale(CausalHead.logits(g, h, d.vocabulary(), tied ? table : null), logitScale); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.layerNorm(name + ".input_layernorm", x, epsilon, true, false);
            Node f = GatedMlp.write(g, name + ".mlp", a, d.hidden(), intermediate, activation, false);
            return g.add(g.add(x, attention(name + ".self_attn", a)), f);
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), attentionBias), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(
                g.linear(name + ".k_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(
                g.linear(name + ".v_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, true);
        k = g.rotate(k, g.positionIds(), rope, true);
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }
}
