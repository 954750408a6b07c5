package dev.argot.models.family;

import dev.argot.spi.Config;

/**
 * Sizes that decoder configurations share, under the names most of them use.
 *
 * @param vocabulary V
 * @param hidden H
 * @param layers number of transformer blocks
 * @param heads n, query heads
 * @param keyValueHeads k, a divisor of n
 * @param headSize d
 * @param context tokens the model was made for
 */
record Dimensions(int vocabulary, int hidden, int layers, int heads, int keyValueHeads, int headSize, int context) {
    static Dimensions read(Config config) {
        int hidden = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        return new Dimensions(
                config.size("vocab_size"),
                hidden,
                Settings.layers(config, "num_hidden_layers"),
                heads,
                Settings.keyValueHeads(config, "num_key_value_heads", heads),
                Settings.headSize(config, hidden, heads, "num_attention_heads"),
                config.size("max_position_embeddings", 2048));
    }

    /** Width of all query heads, n·d. */
    int queryWidth() {
        return heads * headSize;
    }

    /** Width of all key (or value) heads, k·d. */
    int keyValueWidth() {
        return keyValueHeads * headSize;
    }
}
