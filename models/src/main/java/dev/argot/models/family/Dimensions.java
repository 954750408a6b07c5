package dev.argot.models.family;

import dev.argot.spi.Config;

/**
 * Sizes that configurations of one stack of blocks share.
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
    /** Reads them under the names most families use; a head is as wide as the hidden size allows where {@code head_dim} is missing. */
    static Dimensions read(Config config) {
        int hidden = config.size("hidden_size");
        int heads = config.size("num_attention_heads");
        if (config.has("head_dim")) {
            return read(config, config.size("head_dim"));
        }
        return read(config, Settings.headSize(config, hidden, heads, "num_attention_heads"));
    }

    /**
     * Reads them under the names most families use.
     *
     * @param headSize width of a head where {@code head_dim} is missing
     */
    static Dimensions read(Config config, int headSize) {
        int heads = config.size("num_attention_heads");
        int width = config.size("head_dim", headSize);
        if ((long) heads * width > Integer.MAX_VALUE / 4) {
            throw config.error(
                    "head_dim", heads + " heads of " + width + " dimensions are more than a tensor can hold");
        }
        return new Dimensions(
                config.size("vocab_size"),
                config.size("hidden_size"),
                Settings.layers(config, "num_hidden_layers"),
                heads,
                Settings.keyValueHeads(config, "num_key_value_heads", heads),
                width,
                config.size("max_position_embeddings", 2048));
    }

    /** The same for fewer tokens. */
    Dimensions withContext(int tokens) {
        return new Dimensions(vocabulary, hidden, layers, heads, keyValueHeads, headSize, tokens);
    }

    /** Width of all query heads, n·d. */
    int queryWidth() {
        return heads * headSize;
    }

    /** Width of all key (or value) heads, k·d. */
    int keyValueWidth() {
        return keyValueHeads * headSize;
    }

    /** What most families multiply attention scores with, 1/√d (Vaswani et al. 2017). */
    double scale() {
        return 1 / Math.sqrt(headSize);
    }
}
