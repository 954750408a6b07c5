package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * Qwen 2 and 2.5 (Yang et al. 2024): Llama with biases on queries, keys and values; the later layers may see a sliding window only.
 * Reference: Hugging Face {@code Qwen2ForCausalLM}.
 */
final class Qwen2 {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final int[] windows;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Qwen2(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-6);
        windows = windows(config, d.layers());
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Qwen2(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x, windows[i]);
        }
        Node h = g.rmsNorm("model.norm", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x, int window) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.rmsNorm(name + ".input_layernorm", x, epsilon);
            Node y = g.add(x, attention(name + ".self_attn", a, window));
            Node m = g.rmsNorm(name + ".post_attention_layernorm", y, epsilon);
            return g.add(y, GatedMlp.write(g, name + ".mlp", m, d.hidden(), intermediate, activation, false));
        });
    }

    private Node attention(String name, Node x, int window) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), true), d.heads()); // [B, n, T, d]
        Node k =
                g.splitHeads(g.linear(name + ".k_proj", x, d.keyValueWidth(), true), d.keyValueHeads()); // [B, k, T, d]
        Node v =
                g.splitHeads(g.linear(name + ".v_proj", x, d.keyValueWidth(), true), d.keyValueHeads()); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(window), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), false); // [B, T, H]
    }

    /** The window of each layer, 0 for none: if at all, in layers from {@code max_window_layers} on. Qwen 3 has the same rule. */
    static int[] windows(Config config, int layers) {
        int window = config.flag("use_sliding_window", false) ? Settings.window(config, 4096) : 0;
        int first = config.integer("max_window_layers", 28);
        boolean[] sliding = Settings.sliding(config, layers, i -> i >= first);
        int[] windows = new int[layers];
        for (int i = 0; i < layers; i++) {
            windows[i] = sliding[i] ? window : 0;
        }
        return windows;
    }
}
