package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.RotaryFrequencies;

/**
 * Falcon (Almazrouei et al. 2023): one matrix for queries, keys and values in three layouts; attention and feed-forward network side by
 * side or one after the other. The variant with ALiBi is not supported. Reference: Hugging Face {@code FalconForCausalLM}.
 */
final class Falcon {
    private final Config config;
    private final Dimensions d;
    private final int intermediate;
    private final Activation activation;
    private final double epsilon;
    private final boolean bias;
    private final boolean grouped;
    private final boolean parallel;
    private final int norms;
    private final boolean tied;
    private final RotaryFrequencies rope;
    private final GraphBuilder g = new GraphBuilder();

    private Falcon(Config config) {
        this.config = config;
        int hidden = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        grouped = config.flag("new_decoder_architecture", false);
        boolean single = !grouped && config.flag("multi_query", true);
        d = new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "num_hidden_layers"),
                heads,
                single ? 1 : grouped ? Settings.keyValueHeads(config, "num_kv_heads", heads) : heads,
                Settings.headSize(config, hidden, heads, "num_attention_heads"),
                config.size("max_position_embeddings", 2048));
        Settings.refuse(config, "alibi");
        intermediate = config.size("ffn_hidden_size", 4 * hidden);
        activation = Settings.activation(config, "activation", "gelu");
        epsilon = Settings.epsilon(config, "layer_norm_epsilon", 1e-5);
        bias = config.flag("bias", false);
        parallel = config.flag("parallel_attn", true);
        norms = config.size("num_ln_in_parallel_attn", grouped ? 2 : 1);
        if (grouped && !parallel) {
            throw config.error("parallel_attn", "expected true together with new_decoder_architecture");
        }
        tied = config.flag("tie_word_embeddings", true);
        rope = Rope.read(config, d.headSize(), 10_000);
    }

    static Architecture describe(Config config) {
        return new Falcon(config).model();
    }

    private Architecture model() {
        Node table = g.parameter("transformer.word_embeddings.weight", d.vocabulary(), d.hidden()); // [V, H]
        Node x = g.embedding(table, g.inputIds()); // [B, T, H]
        for (int i = 0; i < d.layers(); i++) {
            g.output("hidden_state_" + i, x);
            x = block("transformer.h." + i, x);
        }
        Node h = g.layerNorm("transformer.ln_f", x, epsilon); // [B, T, H]
        Node logits = CausalHead.logits(g, h, d.vocabulary(), tied ? table : null); // [B, T, V]
        return CausalHead.finish(g, config, d, h, logits, "transformer.");
    }

    private Node block(String name, Node x) { // [B, T, H]
        return g.block(name, () -> {
            boolean two = grouped && norms == 2;
            Node a = g.layerNorm(name + (two ? ".ln_attn" : ".input_layernorm"), x, epsilon);
            Node y = g.add(x, attention(name + ".self_attention", a));
            Node m = two
                    ? g.layerNorm(name + ".ln_mlp", x, epsilon)
                    : parallel ? a : g.layerNorm(name + ".post_attention_layernorm", y, epsilon);
            Node f = g.activate(activation, g.linear(name + ".mlp.dense_h_to_4h", m, intermediate, bias)); // [B, T, F]
            return g.add(y, g.linear(name + ".mlp.dense_4h_to_h", f, d.hidden(), bias));
        });
    }

    private Node attention(String name, Node x) { // [B, T, H]
        int size = d.headSize();
        int kv = d.keyValueHeads();
        int group = d.heads() / kv * size; // width of the queries that share a key
        Node qkv = g.linear(name + ".query_key_value", x, kv * (group + 2 * size), bias);
        // all layouts have the queries of a key/value head first, then its key, then its value
        qkv = g.splitHeads(qkv, kv); // [B, k, T, (n/k + 2)·d]
        Node q = g.splitHeads(g.mergeHeads(g.narrow(qkv, 0, group)), d.heads()); // [B, n, T, d]
        Node k = g.narrow(qkv, group, size); // [B, k, T, d]
        Node v = g.narrow(qkv, group + size, size); // [B, k, T, d]
        q = g.rotate(q, g.positionIds(), rope, false);
        k = g.rotate(k, g.positionIds(), rope, false);
        Node o = g.attention(name, q, k, v, g.causalMask(0), null, d.scale(), 0); // [B, n, T, d]
        return g.linear(name + ".dense", g.mergeHeads(o), d.hidden(), bias); // [B, T, H]
    }
}
