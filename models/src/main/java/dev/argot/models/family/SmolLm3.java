package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * SmolLM 3 (Hugging Face 2025): Llama in which every fourth layer, or those listed, has no rotary positions. Reference: Hugging Face
 * {@code SmolLM3ForCausalLM}.
 */
final class SmolLm3 {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean attentionBias;
    private final boolean mlpBias;
    private final int window;
    private final boolean[] rotated;
    private final boolean[] sliding;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private SmolLm3(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_act", "silu");
        epsilon = Settings.epsilon(config, "rms_norm_eps", 1e-6);
        attentionBias = config.flag("attention_bias", false);
        mlpBias = config.flag("mlp_bias", false);
        window = config.flag("use_sliding_window", false) ? Settings.window(config, 0) : 0;
        rotated = rotated(config, d.layers());
        sliding = Settings.sliding(config, d.layers(), i -> !rotated[i]);
        tied = config.flag("tie_word_embeddings", true);
        rope = Rope.read(config, d.headSize(), 2_000_000);
    }

    static Architecture describe(Config config) {
        return new SmolLm3(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embed_tokens.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x, rotated[i], sliding[i] ? window : 0);
        }
        Node h = g.rmsNorm("model.norm", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node block(String name, Node x, boolean rotate, int window) { // [B, T, H]
        return g.block(name, () -> {
            Node a = g.rmsNorm(name + ".input_layernorm", x, epsilon);
            Node y = g.add(x, attention(name + ".self_attn", a, rotate, window));
            Node m = g.rmsNorm(name + ".post_attention_layernorm", y, epsilon);
            return g.add(y, GatedMlp.write(g, name + ".mlp", m, d.hidden(), intermediate, activation, mlpBias));
        });
    }

    private Node attention(String name, Node x, boolean rotate, int window) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.queryWidth(), attentionBias), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(
                g.linear(name + ".k_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        Node v = g.splitHeads(
                g.linear(name + ".v_proj", x, d.keyValueWidth(), attentionBias), d.keyValueHeads()); // [B, k, T, d]
        if (rotate) {
            q = g.rotate(q, g.positionIds(), rope, false);
            k = g.rotate(k, g.positionIds(), rope, false);
        }
        Node o = g.attention(name, q, k, v, g.causalMask(window), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".o_proj", g.mergeHeads(o), d.hidden(), attentionBias); // [B, T, H]
    }

    /** Which layers rotate: where {@code no_rope_layers} has 1, by default all but every fourth. */
    private static boolean[] rotated(Config config, int layers) {
        int interval = config.size("no_rope_layer_interval", 4);
        List<@Nullable Object> list = config.list("no_rope_layers");
        if (config.has("no_rope_layers") && list.size() != layers) {
            throw config.error("no_rope_layers", "expected " + layers + " entries, one a layer, found " + list.size());
        }
        boolean[] rotated = new boolean[layers];
        for (int i = 0; i < layers; i++) {
            rotated[i] =
                    list.isEmpty() ? (i + 1) % interval != 0 : !Long.valueOf(0).equals(list.get(i));
        }
        return rotated;
    }
}
