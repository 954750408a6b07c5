package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * StableLM (Bellagente et al. 2024): Llama with layer norms and a part of each head rotated. Reference: Hugging Face
 * {@code StableLmForCausalLM}.
 */
final class StableLm {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean bias;
    private final boolean parallel;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private StableLm(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "layer_norm_eps", 1e-5);
        Settings.refuse(config, "qk_layernorm"); // a norm of its own for each head
        bias = config.flag("use_qkv_bias", false);
        parallel = config.flag("use_parallel_residual", false);
        tied = config.flag("tie_word_embeddings", false);
        rope = Rope.read(config, d.headSize(), 10_000, 0.25);
    }

    static Architecture describe(Config config) {
        return new StableLm(config).model();
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
            Node m = parallel ? a : g.layerNorm(name + ".post_attention_layernorm", y, epsilon);
            return g.add(y, GatedMlp.write(g, name + ".mlp", m, d.hidden(), intermediate, activation, false));
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
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), false); // [B, T, H]
    }
}
