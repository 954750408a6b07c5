package dev.argot.models.family;

import dev.argot.spi.Config;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * Rotary frequencies from a configuration, with the scalings of Hugging Face {@code modeling_rope_utils}. Transformers 4 writes
 * {@code rope_theta} and {@code rope_scaling} (with {@code rope_type} or, older, {@code type}); transformers 5 writes all of it into
 * {@code rope_parameters}.
 *
 * <p>With base {@code θ} and d rotated dimensions the unscaled frequency of pair i is {@code θ^(-2i/d)} (Su et al. 2021, section 3.2).
 */
final class Rope {
    private Rope() {}

    /**
     * The frequencies of a model that has one set.
     *
     * @param config the model's configuration
     * @param headSize dimensions of a head
     * @param theta the base when the configuration has none
     */
    static RotaryFrequencies read(Config config, int headSize, double theta) {
        return read(config, headSize, theta, 1);
    }

    /**
     * The frequencies of a model that rotates a part of each head.
     *
     * @param config the model's configuration
     * @param headSize dimensions of a head
     * @param theta the base when the configuration has none
     * @param part the rotated part of the head when the configuration has none, 0 to 1
     */
    static RotaryFrequencies read(Config config, int headSize, double theta, double part) {
        Config rope = config.object(config.has("rope_parameters") ? "rope_parameters" : "rope_scaling");
        double base = Settings.positive(rope, "rope_theta", Settings.positive(config, "rope_theta", theta));
        return scaled(config, rope, base, dimensions(config, rope, headSize, part));
    }

    /**
     * The frequencies of one kind of layer (Gemma 3).
     *
     * @param config the model's configuration
     * @param rope the object with this kind's parameters
     * @param headSize dimensions of a head
     * @param theta the base when the object has none
     */
    static RotaryFrequencies read(Config config, Config rope, int headSize, double theta) {
        return scaled(
                config, rope, Settings.positive(rope, "rope_theta", theta), dimensions(config, rope, headSize, 1));
    }

    /** Unscaled frequencies. */
    static RotaryFrequencies unscaled(double base, int dimensions) {
        return new RotaryFrequencies.Fixed(frequencies(dimensions, i -> inverse(base, i, dimensions)), 1);
    }

    private static int dimensions(Config config, Config rope, int headSize, double part) {
        Config holder = rope.has("partial_rotary_factor") ? rope : config;
        double factor = Settings.positive(holder, "partial_rotary_factor", part);
        int dimensions = (int) (headSize * factor);
        if (factor > 1 || dimensions < 2 || dimensions % 2 != 0) {
            throw holder.error(
                    "partial_rotary_factor",
                    "expected a part of the head size " + headSize + " that is an even number of dimensions, found "
                            + factor);
        }
        return dimensions;
    }

    private static RotaryFrequencies scaled(Config config, Config rope, double base, int d) {
        String typeKey = rope.has("rope_type") || !rope.has("type") ? "rope_type" : "type";
        String type = rope.string(typeKey, "default");
        return switch (type) {
            case "default" -> unscaled(base, d);
            case "linear" -> {
                double factor = Settings.positive(rope, "factor");
                yield new RotaryFrequencies.Fixed(frequencies(d, i -> inverse(base, i, d) / factor), 1);
            }
            case "dynamic" ->
                new RotaryFrequencies.Dynamic(base, d, Settings.positive(rope, "factor"), context(config));
            case "llama3" -> llama3(rope, base, d);
            case "yarn" -> yarn(config, rope, base, d);
            case "longrope", "su" -> longRope(config, rope, base, d);
            default ->
                throw rope.error(
                        typeKey,
                        "expected one of [default, dynamic, linear, llama3, longrope, yarn], found '" + type + "'");
        };
    }

    /** Llama 3.1: long waves are stretched, short ones kept, those between blended (Dubey et al. 2024). */
    private static RotaryFrequencies llama3(Config rope, double base, int d) {
        double factor = Settings.positive(rope, "factor");
        double low = Settings.positive(rope, "low_freq_factor");
        double high = Settings.positive(rope, "high_freq_factor");
        double original = rope.size("original_max_position_embeddings");
        if (high <= low) {
            throw rope.error("high_freq_factor", "expected more than low_freq_factor " + low + ", found " + high);
        }
        return new RotaryFrequencies.Fixed(
                frequencies(d, i -> {
                    double inverse = inverse(base, i, d);
                    double waves = original * inverse / (2 * Math.PI); // in the original context
                    double kept = Math.clamp((waves - low) / (high - low), 0.0, 1.0);
                    return (1 - kept) * inverse / factor + kept * inverse;
                }),
                1);
    }

    /** YaRN (Peng et al. 2023): dimensions with few rotations in the original context are interpolated. */
    private static RotaryFrequencies yarn(Config config, Config rope, double base, int d) {
        double original = originalContext(config, rope);
        double factor = rope.has("factor") ? Settings.positive(rope, "factor") : context(config) / original;
        double low = pairRotating(Settings.positive(rope, "beta_fast", 32), base, d, original);
        double high = pairRotating(Settings.positive(rope, "beta_slow", 1), base, d, original);
        if (rope.flag("truncate", true)) {
            low = Math.floor(low);
            high = Math.ceil(high);
        }
        double from = Math.max(low, 0);
        double to = Math.min(high, d - 1.0);
        double width = to == from ? 0.001 : to - from;
        return new RotaryFrequencies.Fixed(
                frequencies(d, i -> {
                    double inverse = inverse(base, i, d);
                    double interpolated = Math.clamp((i - from) / width, 0.0, 1.0);
                    return interpolated * inverse / factor + (1 - interpolated) * inverse;
                }),
                yarnAttentionFactor(rope, factor));
    }

    /** The pair (a fraction) that rotates so many times in the original context (Peng et al. 2023, section 3.2). */
    private static double pairRotating(double rotations, double base, int d, double original) {
        return d * Math.log(original / (rotations * 2 * Math.PI)) / (2 * Math.log(base));
    }

    private static double yarnAttentionFactor(Config rope, double factor) {
        if (rope.has("attention_factor")) {
            return Settings.positive(rope, "attention_factor");
        }
        double mscale = rope.number("mscale", 0);
        double mscaleAll = rope.number("mscale_all_dim", 0);
        return mscale != 0 && mscaleAll != 0
                ? yarnScale(factor, mscale) / yarnScale(factor, mscaleAll)
                : yarnScale(factor, 1);
    }

    private static double yarnScale(double factor, double mscale) {
        return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
    }

    /** LongRoPE (Ding et al. 2024): a factor for each pair, one list within the original context and one beyond. */
    private static RotaryFrequencies longRope(Config config, Config rope, double base, int d) {
        int original = originalContext(config, rope);
        double factor = rope.has("factor") ? Settings.positive(rope, "factor") : (double) context(config) / original;
        double attention = rope.has("attention_factor")
                ? Settings.positive(rope, "attention_factor")
                : factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
        return new RotaryFrequencies.LongRope(
                divided(rope, "short_factor", base, d), divided(rope, "long_factor", base, d), original, attention);
    }

    private static List<Float> divided(Config rope, String key, double base, int d) {
        double[] factors = rope.numbers(key);
        if (factors.length != d / 2) {
            throw rope.error(key, "expected " + d / 2 + " numbers, one a pair of dimensions, found " + factors.length);
        }
        for (double factor : factors) {
            if (!(factor > 0)) {
                throw rope.error(key, "expected numbers above 0, found " + factor);
            }
        }
        return frequencies(d, i -> inverse(base, i, d) / factors[i]);
    }

    private static int context(Config config) {
        return config.size("max_position_embeddings", 2048);
    }

    /** Phi 3 keeps the original context beside the scaling, others inside it; a scaling without one means the context itself. */
    private static int originalContext(Config config, Config rope) {
        String key = "original_max_position_embeddings";
        return config.has(key) ? config.size(key) : rope.size(key, context(config));
    }

    private static double inverse(double base, int pair, int dimensions) {
        return Math.pow(base, -2.0 * pair / dimensions);
    }

    private static List<Float> frequencies(int dimensions, IntToDoubleFunction ofPair) {
        var list = new ArrayList<Float>(dimensions / 2);
        for (int i = 0; i < dimensions / 2; i++) {
            list.add((float) ofPair.applyAsDouble(i));
        }
        return list;
    }
}
