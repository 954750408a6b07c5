package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * StarCoder 2 (Lozhkov et al. 2024): Llama with layer norms, biases and a feed-forward network without gate. Reference: Hugging Face
 * {@code Starcoder2ForCausalLM}.
 */
final class Starcoder2 {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean bias;
    private final int window;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Starcoder2(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "gelu_pytorch_tanh");
        epsilon = Settings.epsilon(config, "norm_epsilon", 1e-5);
        bias = config.flag("use_bias", true);
        window = Settings.window(config, 0);
        tied = config.flag("tie_word_embeddings", true);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Starcoder2(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x);
        }
        Node h = g.layerNorm("model.norm", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.layerNorm(name + ".input_layernorm", x, epsilon);
            Node y = g.add(x, attention(name + ".self_attn", a));
            Node m = g.layerNorm(name + ".post_attention_layernorm", y, epsilon);
            return g.add(y, mlp(name + ".mlp", m));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), bias), d.heads()); // [B, n, T, d]
        Node k =
                g.splitHeads(g.linear(name + ".k_proj", x, d.keyValueWidth(), bias), d.keyValueHeads()); // [B, k, T, d]
        Node v =
                g.splitHeads(g.linear(name + ".v_proj", x, d.keyValueWidth(), bias), d.keyValueHeads()); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(window), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), bias); // [B, T, H]
    }

    private Node mlp(String name, Node x) { // [B, T, H]
        Node f = g.activate(activation, g.linear(name + ".c_fc", x, intermediate, bias)); // [B, T, F]
        return g.linear(name + ".c_proj", f, d.hidden(), bias); // [B, T, H]
    }
}
