package dev.argot.models.family;

import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** Reads what configurations of several families have in common, and checks that it makes sense. */
final class Settings {
    /** No model comes near; a larger number is a damaged file, and would make a graph that fills the memory. */
    private static final int MOST_LAYERS = 10_000;

    /** Hugging Face names of non-linearities, as far as the graph has them. */
    private static final Map<String, Activation> ACTIVATIONS = new TreeMap<>(Map.ofEntries(
            Map.entry("gelu", Activation.GELU),
            Map.entry("gelu_python", Activation.GELU),
            Map.entry("gelu_new", Activation.GELU_TANH),
            Map.entry("gelu_fast", Activation.GELU_TANH),
            Map.entry("gelu_pytorch_tanh", Activation.GELU_TANH),
            Map.entry("gelu_python_tanh", Activation.GELU_TANH),
            Map.entry("quick_gelu", Activation.QUICK_GELU),
            Map.entry("silu", Activation.SILU),
            Map.entry("swish", Activation.SILU),
            Map.entry("relu", Activation.RELU),
            Map.entry("relu2", Activation.RELU_SQUARED),
            Map.entry("tanh", Activation.TANH),
            Map.entry("sigmoid", Activation.SIGMOID)));

    private Settings() {}

    /** Number of blocks. */
    static int layers(Config config, String key) {
        int layers = config.size(key);
        if (layers > MOST_LAYERS) {
            throw config.error(key, "expected at most " + MOST_LAYERS + ", found " + layers);
        }
        return layers;
    }

    /** What a norm adds below the root: a small number of 0 or more. */
    static double epsilon(Config config, String key, double absent) {
        double epsilon = config.number(key, absent);
        if (!(epsilon >= 0)) {
            throw config.error(key, "expected a number of 0 or more, found " + epsilon);
        }
        return epsilon;
    }

    /** A number above 0. */
    static double positive(Config config, String key) {
        double value = config.number(key);
        if (!(value > 0)) {
            throw config.error(key, "expected a number above 0, found " + value);
        }
        return value;
    }

    /** A number above 0, with a default. */
    static double positive(Config config, String key, double absent) {
        return config.has(key) ? positive(config, key) : absent;
    }

    /** A limit such as a soft cap: a number above 0, or 0 where the configuration says null; the default where it says nothing. */
    static double limit(Config config, String key, double absent) {
        return config.values().containsKey(key) ? positive(config, key, 0) : absent;
    }

    /** A non-linearity. */
    static Activation activation(Config config, String key, String absent) {
        return namedActivation(config, key, config.string(key, absent));
    }

    /** A non-linearity whose name was part of an entry. */
    static Activation namedActivation(Config config, String key, String name) {
        Activation activation = ACTIVATIONS.get(name);
        if (activation == null) {
            throw config.error(key, "expected one of " + ACTIVATIONS.keySet() + ", found '" + name + "'");
        }
        return activation;
    }

    /** Width of a head where a configuration does not give it: the hidden size divided by the number of heads. */
    static int headSize(Config config, int hidden, int heads, String headsKey) {
        if (hidden % heads != 0) {
            throw config.error(headsKey, "expected a divisor of the hidden size " + hidden + ", found " + heads);
        }
        return hidden / heads;
    }

    /** Number of key/value heads: a divisor of the number of heads, which is the default. */
    static int keyValueHeads(Config config, String key, int heads) {
        int keyValueHeads = config.size(key, heads);
        if (heads % keyValueHeads != 0) {
            throw config.error(key, "expected a divisor of the number of heads " + heads + ", found " + keyValueHeads);
        }
        return keyValueHeads;
    }

    /** The size of a sliding window, or 0 where the configuration says null; the default where it says nothing. */
    static int window(Config config, int absent) {
        return config.values().containsKey("sliding_window") ? config.size("sliding_window", 0) : absent;
    }

    /**
     * Which layers see a sliding window only, by {@code layer_types}.
     *
     * @param absent decides by the layer's index where the configuration has no list
     */
    static boolean[] sliding(Config config, int layers, IntPredicate absent) {
        boolean[] sliding = new boolean[layers];
        List<@Nullable Object> types = config.list("layer_types");
        if (config.has("layer_types") && types.size() != layers) {
            throw config.error("layer_types", "expected " + layers + " entries, one a layer, found " + types.size());
        }
        for (int i = 0; i < layers; i++) {
            Object type = types.isEmpty() ? null : types.get(i);
            if (type != null && !type.equals("full_attention") && !type.equals("sliding_attention")) {
                throw config.error("layer_types", "expected full_attention or sliding_attention, found '" + type + "'");
            }
            sliding[i] = type == null ? absent.test(i) : type.equals("sliding_attention");
        }
        return sliding;
    }

    /** The id of padding, whose embedding learns nothing, or -1 where there is none in the vocabulary. */
    static int padding(Config config, int absent, int vocabulary) {
        int id = config.values().containsKey("pad_token_id") ? config.integer("pad_token_id", -1) : absent;
        return id < 0 || id >= vocabulary ? -1 : id;
    }

    /** Refuses a variant of the family that the graph does not describe. */
    static void refuse(Config config, String key) {
        if (config.flag(key, false)) {
            throw config.error(key, "expected false; this variant of the family is not supported");
        }
    }
}
