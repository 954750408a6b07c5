package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.RotaryFrequencies;
import org.jspecify.annotations.Nullable;

/**
 * ModernBERT (Warner et al. 2024): norms before each half of a block but the first, rotary positions, gated MLP, and in most blocks
 * attention to the neighbourhood only. Reference: Hugging Face {@code ModernBertModel} and its heads.
 */
final class ModernBert {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final Activation headActivation;
    private final double epsilon;
    private final boolean normBias;
    private final boolean attentionBias;
    private final boolean mlpBias;
    private final boolean[] local;
    private final int window;
    private final RotaryFrequencies globalRope;
    private final RotaryFrequencies localRope;
    private final GraphBuilder g = new GraphBuilder();

    private ModernBert(Config config) {
        this.config = config;
        int hidden = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        d = new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "num_hidden_layers"),
                heads,
                heads,
                Settings.headSize(config, hidden, heads, "num_attention_heads"),
                config.size("max_position_embeddings", 8192));
        intermediate = config.size("intermediate_size");
        activation = Settings.activation(config, "hidden_activation", "gelu");
        headActivation = Settings.activation(config, "classifier_activation", "gelu");
        epsilon = Settings.epsilon(config, "norm_eps", 1e-5);
        normBias = config.flag("norm_bias", false);
        attentionBias = config.flag("attention_bias", false);
        mlpBias = config.flag("mlp_bias", false);
        int every = config.size("global_attn_every_n_layers", 3);
        local = Settings.sliding(config, d.layers(), i -> i % every != 0);
        window = config.size("local_attention", 128) / 2 + 1; // itself and half of it to each side
        Config rope = config.object("rope_parameters"); // as transformers 5 writes it
        globalRope = rope(rope.object("full_attention"), Settings.positive(config, "global_rope_theta", 160_000));
        localRope = rope(rope.object("sliding_attention"), Settings.positive(config, "local_rope_theta", 10_000));
    }

    private RotaryFrequencies rope(Config rope, double theta) {
        return Rope.read(config, rope.values().isEmpty() ? config.object("rope_scaling") : rope, d.headSize(), theta);
    }

    static Architecture describe(Config config) {
        return new ModernBert(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("model.embeddings.tok_embeddings.weight", d.vocabulary(), d.hidden()); // [V, H]
        int padding = Settings.padding(config, 50_283, d.vocabulary());
        Node x = norm("model.embeddings.norm", g.tokenEmbedding(table, g.inputIds(), padding)); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("model.layers." + i, x, i);
        }
        Node h = norm("model.final_norm", x);
        var head = new EncoderHead(g, config, d, "model.", h);
        return switch (EncoderHead.task(config, EncoderHead.Task.MASKED_TOKENS)) {
            case MASKED_TOKENS -> head.maskedTokens(logits(h, EncoderHead.tied(config) ? table : null));
            case SEQUENCES -> head.sequences("classifier", transformed(pooled(head, h)));
            case TOKENS -> head.tokens(transformed(h));
            case SPANS -> head.spans("classifier", transformed(h));
            case NONE -> head.none(null);
        };
    }

    private Node norm(String name, Node x) {
        return g.layerNorm(name, x, epsilon, true, normBias);
    }

    private Node block(String name, Node x, int layer) { // [B, T, H]
        return g.block(name, () -> {
            Node a = layer == 0 ? x : norm(name + ".attn_norm", x);
            Node y = g.add(x, attention(name + ".attn", a, local[layer]));
            Node in = g.linear(name + ".mlp.Wi", norm(name + ".mlp_norm", y), 2 * intermediate, mlpBias); // [B, T, 2F]
            Node gate = g.activate(activation, g.narrow(in, 0, intermediate));
            Node m = g.multiply(gate, g.narrow(in, intermediate, intermediate)); // [B, T, F]
            return g.add(y, g.linear(name + ".mlp.Wo", m, d.hidden(), mlpBias));
        });
    }

    private Node attention(String name, Node x, boolean near) { // [B, T, H]
        int h = d.hidden();
        RotaryFrequencies rope = near ? localRope : globalRope;
        Node qkv = g.linear(name + ".Wqkv", x, 3 * h, attentionBias); // [B, T, 3H]
        Node q = g.splitHeads(g.narrow(qkv, 0, h), d.heads()); // [B, n, T, d]
        Node k = g.splitHeads(g.narrow(qkv, h, h), d.heads()); // [B, n, T, d]
        Node v = g.splitHeads(g.narrow(qkv, 2 * h, h), d.heads()); // [B, n, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.bidirectionalMask(near ? window : 0), null, d.scale(), 0);
        return g.linear(name + ".Wo", g.mergeHeads(o), h, attentionBias); // [B, T, H]
    }

    private Node pooled(EncoderHead head, Node h) { // [B, H]
        String pooling = config.string("classifier_pooling", "cls");
        return switch (pooling) {
            case "cls" -> head.first();
            case "mean" -> g.pool(Op.Pool.Kind.MEAN, h, g.attentionMask());
            default -> throw config.error("classifier_pooling", "expected cls or mean, found '" + pooling + "'");
        };
    }

    /** What every head begins with. */
    private Node transformed(Node x) { // [..., H]
        Node dense = g.linear("head.dense", x, d.hidden(), config.flag("classifier_bias", false));
        return norm("head.norm", g.activate(headActivation, dense));
    }

    private Node logits(Node h, @Nullable Node tied) { // [B, T, V]
        boolean bias = config.flag("decoder_bias", true);
        return tied == null
                ? g.linear("decoder", transformed(h), d.vocabulary(), bias)
                : g.linear("decoder", transformed(h), tied, bias ? g.parameter("decoder.bias", d.vocabulary()) : null);
    }
}
