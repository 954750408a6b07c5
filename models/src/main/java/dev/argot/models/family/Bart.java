package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * BART (Lewis et al. 2020): norms after each part of a block and after the embeddings, learned positions that begin in row 2 of their
 * table, and a bias to the logits that is never trained. mBART (Liu et al. 2020) has its norms before each part and one more after the
 * last block; Marian (Junczys-Dowmunt et al. 2018) has sinusoidal positions (Vaswani et al. 2017) and no norm after the embeddings.
 * References: Hugging Face {@code BartForConditionalGeneration}, {@code MBartForConditionalGeneration}, {@code MarianMTModel}.
 */
final class Bart {
    /** Fixed in the reference implementation. */
    private static final double EPSILON = 1e-5;

    /** Rows of the position tables before the first position. */
    private static final int OFFSET = 2;

    private static final String LOGITS_BIAS = "final_logits_bias";

    private final Config config;
    private final boolean normFirst;
    private final boolean sinusoidal;
    private final int vocabulary;
    private final int hidden;
    private final int context;
    private final Activation activation;
    private final double embeddingScale;
    private final boolean tied;
    private final boolean shared;
    private final Side encoder;
    private final Side decoder;
    private final GraphBuilder g = new GraphBuilder();

    /** What the configuration says twice. */
    private record Side(String name, int layers, int heads, int intermediate) {
        static Side read(Config config, String side, int hidden) {
            int heads = config.size(side + "_attention_heads");
            Settings.headSize(config, hidden, heads, side + "_attention_heads");
            return new Side(
                    "model." + side,
                    Settings.layers(config, side + "_layers"),
                    heads,
                    config.size(side + "_ffn_dim"));
        }
    }

    private Bart(Config config) {
        this.config = config;
        String type = config.string("model_type");
        normFirst = type.equals("mbart");
        sinusoidal = type.equals("marian");
        vocabulary = config.size("vocab_size");
        hidden = config.size("d_model");
        context = config.size("max_position_embeddings", 1024);
        activation = Settings.activation(config, "activation_function", "gelu");
        embeddingScale = config.flag("scale_embedding", false) ? Math.sqrt(hidden) : 1;
        tied = config.flag("tie_word_embeddings", true);
        shared = !sinusoidal || config.flag("share_encoder_decoder_embeddings", true);
        encoder = Side.read(config, "encoder", hidden);
        decoder = Side.read(config, "decoder", hidden);
    }

    static Architecture describe(Config config) {
        return new Bart(config).model();
    }

    private Architecture model() {
        int written = shared ? vocabulary : config.size("decoder_vocab_size", vocabulary); // V
        String both = "model.shared.weight";
        Node source = g.parameter(shared ? both : "model.encoder.embed_tokens.weight", vocabulary, hidden);
        Node target = g.parameter(shared ? both : "model.decoder.embed_tokens.weight", written, hidden); // [V, H]
        Node encoded = encoder(embed(encoder, source, g.encoderIds(), g.encoderPositions())); // [B, E, H]
        Node decoded = decoder(embed(decoder, target, g.decoderIds(), g.decoderPositions()), encoded); // [B, T, H]
        Node logits = CausalHead.logits(g, decoded, written, tied ? target : null); // [B, T, V]
        return Seq2SeqHead.finish(
                g,
                config,
                encoded,
                decoded,
                g.add(logits, g.parameter(LOGITS_BIAS, 1, written)),
                "model.",
                encoder.layers() + decoder.layers(),
                context,
                Set.of(LOGITS_BIAS));
    }

    private Node embed(Side side, Node table, Node ids, Node positions) {
        int vocabulary = Math.toIntExact(table.type().dimension(0));
        int padding = Settings.padding(config, sinusoidal ? 58_100 : 1, vocabulary);
        Node x = g.scale(g.tokenEmbedding(table, ids, padding), embeddingScale);
        if (sinusoidal) {
            return g.add(x, g.sinusoidalPositions(hidden, positions));
        }
        Node places = g.parameter(side.name() + ".embed_positions.weight", context + OFFSET, hidden);
        return norm(side.name() + ".layernorm_embedding", g.add(x, g.embedding(places, positions, OFFSET)));
    }

    private Node encoder(Node embedded) {
        Node x = embedded; // [B, E, H]
        for (int i = 0; i < encoder.layers(); i++) {
            String name = encoder.name() + ".layers." + i;
            Node in = x;
            x = g.block(name, () -> {
                Node y = selfAttention(name, in, encoder.heads(), g.encoderSelfMask());
                return feedForward(name, y, encoder.intermediate());
            });
        }
        return last(encoder, x);
    }

    private Node decoder(Node embedded, Node encoded) {
        Node x = embedded; // [B, T, H]
        for (int i = 0; i < decoder.layers(); i++) {
            String name = decoder.name() + ".layers." + i;
            Node in = x;
            x = g.block(name, () -> {
                Node y = selfAttention(name, in, decoder.heads(), g.decoderSelfMask());
                String cross = name + ".encoder_attn";
                Node z = around(cross + "_layer_norm", y, a -> attention(cross, a, encoded, decoder.heads(), g.crossMask()));
                return feedForward(name, z, decoder.intermediate());
            });
        }
        return last(decoder, x);
    }

    private Node last(Side side, Node x) {
        return normFirst ? norm(side.name() + ".layer_norm", x) : x;
    }

    private Node norm(String name, Node x) {
        return g.layerNorm(name, x, EPSILON);
    }

    /** A part of a block with its residual, and its norm before or after it. */
    private Node around(String norm, Node x, UnaryOperator<Node> part) {
        return normFirst ? g.add(x, part.apply(norm(norm, x))) : norm(norm, g.add(x, part.apply(x)));
    }

    private Node selfAttention(String block, Node x, int heads, Node mask) {
        String name = block + ".self_attn";
        return around(name + "_layer_norm", x, a -> attention(name, a, a, heads, mask));
    }

    /**
     * Attention alone.
     *
     * @param x [B, T, H]
     * @param seen [B, S, H], what keys and values come from
     */
    private Node attention(String name, Node x, Node seen, int heads, Node mask) {
        Node q = g.splitHeads(g.linear(name + ".q_proj", x, hidden, true), heads); // [B, n, T, d]
        Node k = g.splitHeads(g.linear(name + ".k_proj", seen, hidden, true), heads); // [B, n, S, d]
        Node v = g.splitHeads(g.linear(name + ".v_proj", seen, hidden, true), heads); // [B, n, S, d]
        double scale = 1 / Math.sqrt((double) hidden / heads);
        Node o = g.attention(name, q, k, v, mask, null, scale, 0); // [B, n, T, d]
        return g.linear(name + ".out_proj", g.mergeHeads(o), hidden, true); // [B, T, H]
    }

    private Node feedForward(String block, Node x, int intermediate) { // [B, T, H]
        return around(
                block + ".final_layer_norm",
                x,
                a -> g.linear(
                        block + ".fc2",
                        g.activate(activation, g.linear(block + ".fc1", a, intermediate, true)), // [B, T, F]
                        hidden,
                        true));
    }
}
