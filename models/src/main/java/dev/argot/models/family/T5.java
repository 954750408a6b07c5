package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * T5 (Raffel et al. 2020), its version 1.1 with Flan-T5 (Chung et al. 2022), and mT5 (Xue et al. 2021): root-mean-square norms before each
 * part of a block, no biases, attention without scale, and a learned bias for distances that all layers of a side share and the first
 * holds. Version 1.0 scales what enters the head. References: Hugging Face {@code T5ForConditionalGeneration},
 * {@code MT5ForConditionalGeneration}.
 */
final class T5 {
    private final Config config;
    private final int vocabulary;
    private final int hidden;
    private final int heads;
    private final int headSize;
    private final int intermediate;
    private final int encoderLayers;
    private final int decoderLayers;
    private final double epsilon;
    private final boolean gated;
    private final Activation activation;
    private final boolean tied;
    private final boolean scaled;
    private final GraphBuilder g = new GraphBuilder();

    private T5(Config config) {
        this.config = config;
        boolean multilingual = config.string("model_type").equals("mt5");
        vocabulary = config.size("vocab_size");
        hidden = config.size("d_model");
        heads = config.size("num_heads");
        headSize = config.size("d_kv");
        if ((long) heads * headSize > Integer.MAX_VALUE / 4) {
            throw config.error("d_kv", heads + " heads of " + headSize + " dimensions are more than a tensor can hold");
        }
        intermediate = config.size("d_ff");
        encoderLayers = Settings.layers(config, "num_layers");
        decoderLayers = config.has("num_decoder_layers") ? Settings.layers(config, "num_decoder_layers") : encoderLayers;
        epsilon = Settings.epsilon(config, "layer_norm_epsilon", 1e-6);
        String feedForward = config.string("feed_forward_proj", multilingual ? "gated-gelu" : "relu");
        gated = feedForward.startsWith("gated-");
        String name = gated ? feedForward.substring("gated-".length()) : feedForward;
        activation = Settings.namedActivation(
                config, "feed_forward_proj", feedForward.equals("gated-gelu") ? "gelu_new" : name);
        tied = config.flag("tie_word_embeddings", !multilingual);
        scaled = !multilingual && config.flag("scale_decoder_outputs", tied);
    }

    static Architecture describe(Config config) {
        return new T5(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("shared.weight", vocabulary, hidden); // [V, H]
        Node encoded = encoder(g.embedding(table, g.encoderIds())); // [B, E, H]
        Node decoded = decoder(g.embedding(table, g.decoderIds()), encoded); // [B, T, H]
        Node h = g.scale(decoded, scaled ? 1 / Math.sqrt(hidden) : 1);
        Node logits = tied ? g.linear("lm_head", h, table, null) : g.linear("lm_head", h, vocabulary, false); // [B, T, V]
        return Seq2SeqHead.finish(
                g,
                config,
                encoded,
                decoded,
                logits,
                "",
                encoderLayers + decoderLayers,
                config.size("n_positions", 512),
                Set.of());
    }

    private Node encoder(Node embedded) {
        Node bias = bias("encoder", true, g.encoderPositions());
        Node x = embedded; // [B, E, H]
        for (int i = 0; i < encoderLayers; i++) {
            String name = "encoder.block." + i;
            Node in = x;
            x = g.block(name, () -> {
                Node y = attention(name + ".layer.0", "SelfAttention", in, null, g.encoderSelfMask(), bias);
                return feedForward(name + ".layer.1", y);
            });
        }
        return g.rmsNorm("encoder.final_layer_norm", x, epsilon);
    }

    private Node decoder(Node embedded, Node encoded) {
        Node bias = bias("decoder", false, g.decoderPositions());
        Node x = embedded; // [B, T, H]
        for (int i = 0; i < decoderLayers; i++) {
            String name = "decoder.block." + i;
            Node in = x;
            x = g.block(name, () -> {
                Node y = attention(name + ".layer.0", "SelfAttention", in, null, g.decoderSelfMask(), bias);
                Node z = attention(name + ".layer.1", "EncDecAttention", y, encoded, g.crossMask(), null);
                return feedForward(name + ".layer.2", z);
            });
        }
        return g.rmsNorm("decoder.final_layer_norm", x, epsilon);
    }

    /** [B, n, T, S] */
    private Node bias(String side, boolean bidirectional, Node positions) {
        int buckets = config.size("relative_attention_num_buckets", 32);
        int maxDistance = config.size("relative_attention_max_distance", 128);
        int exact = buckets / (bidirectional ? 4 : 2);
        if (exact == 0) {
            throw config.error("relative_attention_num_buckets", "expected at least 4, found " + buckets);
        }
        if (maxDistance <= exact) {
            throw config.error(
                    "relative_attention_max_distance", "expected a number above " + exact + ", found " + maxDistance);
        }
        Node table =
                g.parameter(side + ".block.0.layer.0.SelfAttention.relative_attention_bias.weight", buckets, heads);
        return g.relativeBias(new Op.RelativeBias(buckets, maxDistance, bidirectional), table, positions, positions);
    }

    /**
     * Attention with its norm and residual.
     *
     * @param x [B, T, H]
     * @param seen what keys and values come from, or null for the tokens themselves
     */
    private Node attention(
            String layer, String module, Node x, @Nullable Node seen, Node mask, @Nullable Node bias) {
        String name = layer + "." + module;
        int width = heads * headSize;
        Node a = g.rmsNorm(layer + ".layer_norm", x, epsilon);
        Node from = seen == null ? a : seen;
        Node q = g.splitHeads(g.linear(name + ".q", a, width, false), heads); // [B, n, T, d]
        Node k = g.splitHeads(g.linear(name + ".k", from, width, false), heads); // [B, n, S, d]
        Node v = g.splitHeads(g.linear(name + ".v", from, width, false), heads); // [B, n, S, d]
        Node o = g.attention(name, q, k, v, mask, bias, 1, 0); // [B, n, T, d]
        return g.add(x, g.linear(name + ".o", g.mergeHeads(o), hidden, false));
    }

    private Node feedForward(String layer, Node x) { // [B, T, H]
        String name = layer + ".DenseReluDense";
        Node a = g.rmsNorm(layer + ".layer_norm", x, epsilon);
        Node f = gated
                ? g.multiply(
                        g.activate(activation, g.linear(name + ".wi_0", a, intermediate, false)),
                        g.linear(name + ".wi_1", a, intermediate, false)) // [B, T, F]
                : g.activate(activation, g.linear(name + ".wi", a, intermediate, false)); // [B, T, F]
        return g.add(x, g.linear(name + ".wo", f, hidden, false));
    }
}
