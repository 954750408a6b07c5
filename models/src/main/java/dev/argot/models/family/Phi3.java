package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * Phi 3 and 4 (Abdin et al. 2024): Llama with one matrix for queries, keys and values, and one for gate and up projection. Reference:
 * Hugging Face {@code Phi3ForCausalLM}.
 */
final class Phi3 {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final int window;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Phi3(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-5);
        window = Settings.window(config, 0);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Phi3(config).model();
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
            Node a = g.rmsNorm(name + ".input_layernorm", x, epsilon);
            Node y = g.add(x, attention(name + ".self_attn", a));
            Node m = g.rmsNorm(name + ".post_attention_layernorm", y, epsilon);
            return g.add(y, mlp(name + ".mlp", m));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        int qWidth = d.queryWidth();
        int kvWidth = d.keyValueWidth();
        Node qkv = g.linear(name + ".qkv_proj", x, qWidth + 2 * kvWidth, false); // [B, T, (n + 2k)·d]
        Node q = g.splitHeads(g.narrow(qkv, 0, qWidth), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(g.narrow(qkv, qWidth, kvWidth), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(g.narrow(qkv, qWidth + kvWidth, kvWidth), d.keyValueHeads()); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(window), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), false); // [B, T, H]
    }

    private Node mlp(String name, Node x) { // [B, T, H]
        Node both = g.linear(name + ".gate_up_proj", x, 2 * intermediate, false); // [B, T, 2F]
        Node gate = g.activate(activation, g.narrow(both, 0, intermediate)); // [B, T, F]
        Node up = g.narrow(both, intermediate, intermediate); // [B, T, F]
        return g.linear(name + ".down_proj", g.multiply(up, gate), d.hidden(), false); // [B, T, H]
    }
}
