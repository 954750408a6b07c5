package dev.argot.models.family;

import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

    /** A limit such as a soft cap: a number above 0, or 0 when there is none. */
    static double limit(Config config, String key) {
        return positive(config, key, 0);
    }

    /** A non-linearity. */
    static Activation activation(Config config, String key, String absent) {
        String name = config.string(key, absent);
        Activation activation = ACTIVATIONS.get(name);
        if (activation == null) {
            throw config.error(key, "expected one of " + ACTIVATIONS.keySet() + ", found '" + name + "'");
        }
        return activation;
    }

    /** Width of a head: the key if given, else the hidden size divided by the number of heads. */
    static int headSize(Config config, int hidden, int heads, String headsKey) {
        if (!config.has("head_dim") && hidden % heads != 0) {
            throw config.error(headsKey, "expected a divisor of the hidden size " + hidden + ", found " + heads);
        }
        int size = config.size("head_dim", hidden / heads);
        if ((long) size * heads > Integer.MAX_VALUE) {
            throw config.error("head_dim", heads + " heads of " + size + " dimensions are more than a tensor can hold");
        }
        return size;
    }

    /** Number of key/value heads: a divisor of the number of heads, which is the default. */
    static int keyValueHeads(Config config, String key, int heads) {
        int keyValueHeads = config.size(key, heads);
        if (heads % keyValueHeads != 0) {
            throw config.error(key, "expected a divisor of the number of heads " + heads + ", found " + keyValueHeads);
        }
        return keyValueHeads;
    }

    /** The size of a sliding window, or 0 for none. */
    static int window(Config config, int absent) {
        return config.size("sliding_window", absent);
    }

    /** The kind of attention of each layer, {@code full_attention} or {@code sliding_attention}; null where the configuration has no list. */
    static @Nullable List<String> layerTypes(Config config, int layers) {
        if (!config.has("layer_types")) {
            return null;
        }
        List<@Nullable Object> types = config.list("layer_types");
        if (types.size() != layers) {
            throw config.error("layer_types", "expected " + layers + " entries, one a layer, found " + types.size());
        }
        return types.stream()
                .map(type -> {
                    if ("full_attention".equals(type) || "sliding_attention".equals(type)) {
                        return (String) type;
                    }
                    throw config.error(
                            "layer_types", "expected full_attention or sliding_attention, found '" + type + "'");
                })
                .toList();
    }
}
