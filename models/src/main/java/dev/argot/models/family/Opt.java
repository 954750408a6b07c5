package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;

/**
 * OPT (Zhang et al. 2022): learned positions that begin in row 2 of their table, norms before each half of a block or, in the 350M model,
 * after it, embeddings that may be narrower than the hidden state. Reference: Hugging Face {@code OPTForCausalLM}.
 */
final class Opt {
    private final Config config;
    private final Dimensions d;
    /** Fixed in the reference implementation. */
    private static final double EPSILON = 1e-5;

    /** Rows of the position table before the first position. */
    private static final int OFFSET = 2;

    private final int intermediate;
    private final Activation activation;
    private final int width;
    private final boolean bias;
    private final boolean affine;
    private final boolean normFirst;
    private final boolean tied;
    private final GraphBuilder g = new GraphBuilder();

    private Opt(Config config) {
        this.config = config;
        d = Dimensions.read(config);
        intermediate = config.size("ffn_dim");
        activation = Settings.activation(config, "activation_function", "relu");
        width = config.size("word_embed_proj_dim", d.hidden());
        bias = config.flag("enable_bias", true);
        affine = config.flag("layer_norm_elementwise_affine", true);
        normFirst = config.flag("do_layer_norm_before", true);
        tied = config.flag("tie_word_embeddings", true);
    }

    static Architecture describe(Config config) {
        return new Opt(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.decoder.embed_tokens.weight", d.vocabulary(), width); // [V, W]
        Node places = g.parameter("model.decoder.embed_positions.weight", d.context() + OFFSET, d.hidden());
        Node x = g.embedding(table, g.inputIds()); // [B, T, W]
        if (width != d.hidden()) {
            x = g.linear("model.decoder.project_in", x, d.hidden(), false); // [B, T, H]
        }
        x = g.add(x, g.embedding(places, g.positionIds(), OFFSET)); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.decoder.layers." + i, x);
        }
        boolean normLast = normFirst && !config.flag("_remove_final_layer_norm", false);
        Node h = normLast ? norm("model.decoder.final_layer_norm", x) : x; // [B, T, H]
        if (width != d.hidden()) {
            h = g.linear("model.decoder.project_out", h, width, false); // [B, T, W]
        }
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "model.");
    }

    private Node norm(String name, Node x) {
        return g.layerNorm(name, x, EPSILON, affine, affine);
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            String first = name + ".self_attn_layer_norm";
            String second = name + ".final_layer_norm";
            Node y = g.add(x, attention(name + ".self_attn", normFirst ? norm(first, x) : x));
            y = normFirst ? y : norm(first, y);
            Node f = g.linear(name + ".fc1", normFirst ? norm(second, y) : y, intermediate, bias); // [B, T, F]
            Node z = g.add(y, g.linear(name + ".fc2", g.activate(activation, f), d.hidden(), bias));
            return normFirst ? z : norm(second, z);
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, d.hidden(), bias), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(g.linear(name + ".k_proj", x, d.hidden(), bias), d.heads()); // [B, n, T, d]
        Node v = g.splitHeads(g.linear(name + ".v_proj", x, d.hidden(), bias), d.heads()); // [B, n, T, d]
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".out_proj", g.mergeHeads(o), d.hidden(), bias); // [B, T, H]
    }
}
