package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * Phi 1 and 2 (Li et al. 2023): one layer norm before attention and feed-forward network side by side, a part of each head rotated,
 * biases everywhere, the head's included. Reference: Hugging Face {@code PhiForCausalLM}.
 */
final class Phi {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean headNorms;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Phi(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "gelu_new");
        epsilon = Settings.epsilon(config, "layer_norm_eps", 1e-5);
        headNorms = config.flag("qk_layernorm", false);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000, 0.5);
    }

    static Architecture describe(Config config) {
        return new Phi(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x);
        }
        Node h = g.layerNorm("model.final_layernorm", x, epsilon); // [B, T, H]
        Node weight = tied ? table : g.parameter("lm_head.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node logits = g.linear("lm_head", h, weight, g.parameter("lm_head.bias", d.vocabulary())); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.layerNorm(name + ".input_layernorm", x, epsilon);
            Node f = g.activate(activation, g.linear(name + ".mlp.fc1", a, intermediate, true)); // [B, T, F]
            f = g.linear(name + ".mlp.fc2", f, d.hidden(), true); // [B, T, H]
            return g.add(g.add(attention(name + ".self_attn", a), f), x);
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), true), d.heads()); // [B, n, T, d]
        Node k =
                g.splitHeads(g.linear(name + ".k_proj", x, d.keyValueWidth(), true), d.keyValueHeads()); // [B, k, T, d]
        Node v =
                g.splitHeads(g.linear(name + ".v_proj", x, d.keyValueWidth(), true), d.keyValueHeads()); // [B, k, T, d]
        if (headNorms) {
            q = g.layerNorm(name + ".q_layernorm", q, epsilon); // over d
            k = g.layerNorm(name + ".k_layernorm", k, epsilon);
        }
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".dense", g.mergeHeads(o), d.hidden(), true); // [B, T, H]
    }
}
