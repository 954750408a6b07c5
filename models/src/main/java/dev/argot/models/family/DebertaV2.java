package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * DeBERTa versions 2 and 3 (He et al. 2021, 2023): attention scores between content and relative positions. Variants with a convolution
 * after the first block (v2-xlarge, v2-xxlarge) are refused. Reference: Hugging Face {@code DebertaV2Model} and its heads.
 */
final class DebertaV2 {
    private final Config config;
    private final Dimensions d;
    private final int width;
    private final int intermediate;
    private final int types;
    private final Activation activation;
    private final double epsilon;
    private final boolean relative;
    private final boolean sharedProjections;
    private final boolean contentToPosition;
    private final boolean positionToContent;
    private final int buckets;
    private final int maxDistance;
    private final int span;
    private final double scale;
    private final GraphBuilder g = new GraphBuilder();

    private DebertaV2(Config config) {
        this.config = config;
        int hidden = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        int headSize =
                config.size("attention_head_size", Settings.headSize(config, hidden, heads, "num_attention_heads"));
        d = new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "num_hidden_layers"),
                heads,
                heads,
                headSize,
                config.size("max_position_embeddings", 512));
        width = config.size("embedding_size", hidden);
        intermediate = config.size("intermediate_size");
        types = config.integer("type_vocab_size", 0);
        activation = Settings.activation(config, "hidden_act", "gelu");
        epsilon = Settings.epsilon(config, "layer_norm_eps", 1e-7);
        if (config.integer("conv_kernel_size", 0) > 0) {
            throw config.error(
                    "conv_kernel_size", "expected 0; variants with a convolution (v2-xlarge) are not supported");
        }
        relative = config.flag("relative_attention", false);
        sharedProjections = config.flag("share_att_key", false);
        List<String> kinds = kinds("pos_att_type");
        contentToPosition = kinds.contains("c2p");
        positionToContent = kinds.contains("p2c");
        buckets = Math.max(config.integer("position_buckets", -1), 0);
        int limit = config.integer("max_relative_positions", -1);
        maxDistance = limit < 1 ? d.context() : limit;
        span = buckets > 0 ? buckets : maxDistance;
        if (buckets == 1 || (buckets > 0 && buckets / 2 >= maxDistance - 1)) {
            throw config.error(
                    "position_buckets",
                    "expected 2 or more, and less than twice the largest distance " + (maxDistance - 1) + ", found "
                            + buckets);
        }
        int scores = 1 + (contentToPosition ? 1 : 0) + (positionToContent ? 1 : 0);
        scale = 1 / Math.sqrt((double) d.headSize() * scores);
    }

    /** A list of names, which older configurations write as one text with bars. */
    private List<String> kinds(String key) {
        var kinds = new ArrayList<String>();
        if (config.values().get(key) instanceof String text) {
            for (String kind : text.split("\\|", -1)) {
                kinds.add(kind.strip().toLowerCase(Locale.ROOT));
            }
        } else {
            config.list(key).forEach(kind -> kinds.add(String.valueOf(kind)));
        }
        return kinds;
    }

    static Architecture describe(Config config) {
        return new DebertaV2(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("deberta.embeddings.word_embeddings.weight", d.vocabulary(), width); // [V, E]
        Node x = embeddings("deberta.embeddings", table); // [B, T, H]
        Node distances = relative ? distances() : null; // [2·span, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("deberta.encoder.layer." + i, x, distances);
        }
        Node h = x;
        var head = new EncoderHead(g, config, d, "deberta.", h);
        return switch (EncoderHead.task(config, EncoderHead.Task.MASKED_TOKENS)) {
            case MASKED_TOKENS ->
                head.maskedTokens(config.flag("legacy", true) ? legacyLogits(h, table) : logits(h, table));
            case SEQUENCES -> head.sequences("classifier", pooled(head));
            case TOKENS -> head.tokens(h);
            case SPANS -> head.spans("qa_outputs", h);
            case NONE -> head.none(null);
        };
    }

    private Node embeddings(String name, Node table) {
        Node sum = g.tokenEmbedding(table, g.inputIds(), Settings.padding(config, 0, d.vocabulary())); // [B, T, E]
        if (config.flag("position_biased_input", true)) {
            Node places = g.parameter(name + ".position_embeddings.weight", d.context(), width);
            sum = g.add(sum, g.embedding(places, g.positionIds()));
        }
        if (types > 0) {
            Node type = g.parameter(name + ".token_type_embeddings.weight", types, width);
            sum = g.add(sum, g.embedding(type, g.tokenTypeIds()));
        }
        Node x = width == d.hidden() ? sum : g.linear(name + ".embed_proj", sum, d.hidden(), false); // [B, T, H]
        return g.layerNorm(name + ".LayerNorm", x, epsilon);
    }

    /** The embeddings of relative positions, which all blocks share. */
    private Node distances() { // [2·span, H]
        Node table = g.parameter("deberta.encoder.rel_embeddings.weight", 2L * span, d.hidden());
        return kinds("norm_rel_ebd").contains("layer_norm")
                ? g.layerNorm("deberta.encoder.LayerNorm", table, epsilon)
                : table;
    }

    private Node block(String name, Node x, @Nullable Node distances) { // [B, T, H]
        return g.block(name, () -> {
            Node a = attention(name + ".attention.self", x, distances);
            Node o = g.linear(name + ".attention.output.dense", a, d.hidden(), true);
            Node y = g.layerNorm(name + ".attention.output.LayerNorm", g.add(o, x), epsilon);
            Node f = g.activate(activation, g.linear(name + ".intermediate.dense", y, intermediate, true)); // [B, T, F]
            Node m = g.linear(name + ".output.dense", f, d.hidden(), true);
            return g.layerNorm(name + ".output.LayerNorm", g.add(m, y), epsilon);
        });
    }

    private Node attention(String name, Node x, @Nullable Node distances) { // [B, T, n·d]
        Node q = g.splitHeads(project(name + ".query_proj", x), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(project(name + ".key_proj", x), d.heads()); // [B, n, T, d]
        Node v = g.splitHeads(project(name + ".value_proj", x), d.heads()); // [B, n, T, d]
        Node bias = distances == null || !(contentToPosition || positionToContent) ? null : bias(name, q, k, distances);
        return g.mergeHeads(g.attention(name, q, k, v, g.bidirectionalMask(0), bias, scale, 0));
    }

    private Node bias(String name, Node q, Node k, Node distances) { // [B, n, T, S]
        var operands = new ArrayList<>(List.of(q, k, g.positionIds(), g.positionIds()));
        if (contentToPosition) {
            operands.add(project(name + (sharedProjections ? ".key_proj" : ".pos_key_proj"), distances));
        }
        if (positionToContent) {
            operands.add(project(name + (sharedProjections ? ".query_proj" : ".pos_query_proj"), distances));
        }
        return g.apply(
                new Op.DisentangledBias(
                        d.heads(), span, buckets, maxDistance, contentToPosition, positionToContent, scale),
                operands);
    }

    private Node project(String name, Node x) { // [..., n·d]
        return g.linear(name, x, d.queryWidth(), true);
    }

    private Node pooled(EncoderHead head) { // [B, H]
        Activation function = Settings.activation(config, "pooler_hidden_act", "gelu");
        return g.activate(function, g.linear("pooler.dense", head.first(), d.hidden(), true));
    }

    private Node legacyLogits(Node h, Node table) { // [B, T, V]
        String name = "cls.predictions";
        Node t = transform(name + ".transform.dense", name + ".transform.LayerNorm", h, width);
        return EncoderHead.tied(config)
                ? g.linear(name + ".decoder", t, table, g.parameter(name + ".bias", d.vocabulary()))
                : g.linear(name + ".decoder", t, d.vocabulary(), true);
    }

    /** The head that DeBERTa was trained with. */
    private Node logits(Node h, Node table) { // [B, T, V]
        if (width != d.hidden()) {
            throw config.error("embedding_size", "expected the hidden size " + d.hidden() + ", found " + width);
        }
        String name = "lm_predictions.lm_head";
        Node t = transform(name + ".dense", name + ".LayerNorm", h, d.hidden());
        return g.linear(name + ".decoder", t, table, g.parameter(name + ".bias", d.vocabulary()));
    }

    private Node transform(String dense, String norm, Node h, int out) { // [B, T, out]
        return g.layerNorm(norm, g.activate(activation, g.linear(dense, h, out, true)), epsilon);
    }
}
