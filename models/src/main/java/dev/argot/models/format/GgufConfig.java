package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.StoredTensor;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes the content of {@code config.json} and {@code generation_config.json} from a GGUF file's metadata and tensors. What the file does
 * not say but llama.cpp has fixed in its code for an architecture is set as there; the comments name it. Not thread-safe.
 */
final class GgufConfig {
    private final Path file;
    private final GgufArchitecture architecture;
    private final Map<String, Object> metadata;
    private final Map<String, StoredTensor> stored;
    private final Map<String, @Nullable Object> config = new LinkedHashMap<>();

    GgufConfig(
            Path file, GgufArchitecture architecture, Map<String, Object> metadata, Map<String, StoredTensor> stored) {
        this.file = file;
        this.architecture = architecture;
        this.metadata = metadata;
        this.stored = stored;
    }

    /** The content of {@code config.json}; keys that the metadata lack are left out. */
    Map<String, @Nullable Object> config() {
        config.put("architectures", List.of(architecture.className()));
        config.put("model_type", architecture.modelType());
        copy("hidden_size", "embedding_length");
        copy("intermediate_size", "feed_forward_length");
        copy("num_hidden_layers", "block_count");
        copy("num_attention_heads", "attention.head_count");
        if (!copy("num_key_value_heads", "attention.head_count_kv")) {
            copy("num_key_value_heads", "attention.head_count");
        }
        copy("max_position_embeddings", "context_length");
        copyDecimal("rms_norm_eps", "attention.layer_norm_rms_epsilon");
        headSize();
        vocabulary();
        rope();
        config.put("tie_word_embeddings", !stored.containsKey("output.weight"));
        config.put("attention_bias", stored.containsKey("blk.0.attn_q.bias"));
        boolean gemma = architecture.modelType().startsWith("gemma");
        config.put(gemma ? "hidden_activation" : "hidden_act", gemma ? "gelu_pytorch_tanh" : "silu");
        config.put("torch_dtype", "float32");
        config.putAll(tokens());
        special();
        return config;
    }

    /** The content of {@code generation_config.json}. */
    Map<String, Object> tokens() {
        var result = new LinkedHashMap<String, Object>();
        token(result, "bos_token_id", "tokenizer.ggml.bos_token_id");
        token(result, "eos_token_id", "tokenizer.ggml.eos_token_id");
        if (metadata.get("tokenizer.ggml.eot_token_id") instanceof Long turn
                && result.get("eos_token_id") instanceof Long end
                && !turn.equals(end)) {
            result.put("eos_token_id", List.of(end, turn));
        }
        token(result, "pad_token_id", "tokenizer.ggml.padding_token_id");
        return result;
    }

    private void token(Map<String, Object> result, String key, String metadataKey) {
        if (metadata.get(metadataKey) instanceof Long id) {
            result.put(key, id);
        }
    }

    private FileFormatException error(String key, String problem) {
        return new FileFormatException(file, "metadata '" + architecture.keyPrefix() + "." + key + "': " + problem);
    }

    private @Nullable Object get(String key) {
        return metadata.get(architecture.keyPrefix() + "." + key);
    }

    /** A whole number; a list of one for each layer counts when all are the same. */
    private @Nullable Long whole(String key) {
        Object value = get(key);
        if (value instanceof List<?> list && !list.isEmpty()) {
            Object first = list.getFirst();
            if (!list.stream().allMatch(first::equals)) {
                throw error(key, "layers of different size are not supported, found " + shortened(list));
            }
            value = first;
        }
        if (value == null) {
            return null;
        }
        if (value instanceof Long number) {
            return number;
        }
        throw error(key, "expected a whole number, found " + shortened(value));
    }

    private static String shortened(Object value) {
        String text = value.toString();
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }

    private boolean copy(String key, String metadataKey) {
        Long value = whole(metadataKey);
        if (value != null) {
            config.put(key, value);
        }
        return value != null;
    }

    /** A number as the shortest decimal that gives the same float32, which is how it is stored. */
    private @Nullable Double decimal(String key) {
        Object value = get(key);
        if (value == null) {
            return null;
        }
        if (value instanceof Number number) {
            return Double.parseDouble(Float.toString(number.floatValue()));
        }
        throw error(key, "expected a number, found " + shortened(value));
    }

    private boolean copyDecimal(String key, String metadataKey) {
        Double value = decimal(metadataKey);
        if (value != null) {
            config.put(key, value);
        }
        return value != null;
    }

    /** The number of heads, or 0 when the file does not say. */
    int heads() {
        return config.get("num_attention_heads") instanceof Long n ? (int) Math.min(n, Integer.MAX_VALUE) : 0;
    }

    /** The number of key/value heads, or 0 when the file does not say. */
    int keyHeads() {
        return config.get("num_key_value_heads") instanceof Long n ? (int) Math.min(n, Integer.MAX_VALUE) : 0;
    }

    private void headSize() {
        Long size = whole("attention.key_length");
        if (size != null) {
            config.put("head_dim", size);
        } else if (config.get("hidden_size") instanceof Long hidden && heads() > 0 && hidden % heads() == 0) {
            config.put("head_dim", hidden / heads());
        }
    }

    private void vocabulary() {
        // The table leads: the metadata may count without the rows added as padding.
        StoredTensor table = stored.get("token_embd.weight");
        if (table != null) {
            config.put("vocab_size", table.shape().getFirst());
        } else if (!copy("vocab_size", "vocab_size")
                && metadata.get("tokenizer.ggml.tokens") instanceof List<?> tokens) {
            config.put("vocab_size", (long) tokens.size());
        }
    }

    // ---- rotary positions

    private void rope() {
        Double base = decimal("rope.freq_base");
        config.put("rope_theta", base != null ? base : 10000.0);
        Map<String, Object> scaling = scaling();
        if (!scaling.isEmpty()) {
            config.put("rope_scaling", scaling);
        }
        Long rotated = whole("rope.dimension_count");
        if (architecture == GgufArchitecture.PHI3
                && rotated != null
                && config.get("head_dim") instanceof Long size
                && !rotated.equals(size)) {
            config.put("partial_rotary_factor", (double) rotated / size);
        }
    }

    private Map<String, Object> scaling() {
        var scaling = new LinkedHashMap<String, Object>();
        StoredTensor shortFactors = stored.get("rope_factors_short.weight");
        StoredTensor longFactors = stored.get("rope_factors_long.weight");
        if (shortFactors != null && longFactors != null) {
            scaling.put("rope_type", "longrope");
            scaling.put("short_factor", values(shortFactors));
            scaling.put("long_factor", values(longFactors));
            copy("original_max_position_embeddings", "rope.scaling.original_context_length");
            Double attention = decimal("rope.scaling.attn_factor");
            if (attention != null) {
                scaling.put("attention_factor", attention);
            }
            return scaling;
        }
        StoredTensor factors = stored.get("rope_freqs.weight");
        if (factors != null) {
            return llama3(factors);
        }
        Object type = get("rope.scaling.type");
        Double factor = decimal("rope.scaling.factor");
        if (factor == null) {
            factor = decimal("rope.scale_linear");
            type = factor == null ? type : "linear";
        }
        if (type == null || type.equals("none") || (factor != null && factor == 1.0 && type.equals("linear"))) {
            return scaling;
        }
        if (factor == null || !(type.equals("linear") || type.equals("yarn"))) {
            throw error("rope.scaling.type", "expected none, linear or yarn with a factor, found " + shortened(type));
        }
        scaling.put("rope_type", type);
        scaling.put("factor", factor);
        Long original = whole("rope.scaling.original_context_length");
        if (original != null && type.equals("yarn")) {
            scaling.put("original_max_position_embeddings", original);
        }
        return scaling;
    }

    private List<Object> values(StoredTensor tensor) {
        var list = new ArrayList<Object>();
        for (float value : floats(tensor)) {
            list.add(Double.parseDouble(Float.toString(value)));
        }
        return list;
    }

    private float[] floats(StoredTensor tensor) {
        if (tensor.elements() > 1 << 16) {
            throw new FileFormatException(
                    file,
                    "tensor '" + tensor.name() + "': expected a factor for each frequency, found " + tensor.shape());
        }
        var values = new float[(int) tensor.elements()];
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    /**
     * The scaling of Llama 3.1 and later, which the file holds as a factor for each frequency. The published models have low and high
     * frequency factors 1 and 4 and an original context of 8192; whether these give the factors is checked.
     */
    private Map<String, Object> llama3(StoredTensor stored) {
        float[] factors = floats(stored);
        double factor = 1;
        for (float f : factors) {
            factor = Math.max(factor, f);
        }
        double theta = (Double) config.getOrDefault("rope_theta", 10000.0);
        double low = 1;
        double high = 4;
        double context = 8192;
        for (int i = 0; i < factors.length; i++) {
            double wavelength = 2 * Math.PI * Math.pow(theta, (double) i / factors.length);
            double expected;
            if (wavelength < context / high) {
                expected = 1;
            } else if (wavelength > context / low) {
                expected = factor;
            } else {
                double smooth = (context / wavelength - low) / (high - low);
                expected = 1 / ((1 - smooth) / factor + smooth);
            }
            if (!(Math.abs(factors[i] - expected) <= 1e-3 * expected)) {
                throw new FileFormatException(
                        file,
                        "tensor 'rope_freqs.weight': expected factors of Llama 3 (low 1, high 4, context 8192), found "
                                + factors[i] + " instead of " + (float) expected + " at " + i);
            }
        }
        var scaling = new LinkedHashMap<String, Object>();
        scaling.put("rope_type", "llama3");
        scaling.put("factor", factor);
        scaling.put("low_freq_factor", low);
        scaling.put("high_freq_factor", high);
        scaling.put("original_max_position_embeddings", (long) context);
        return scaling;
    }

    // ---- what only some architectures have

    private void special() {
        switch (architecture) {
            case LLAMA -> config.put("mlp_bias", stored.containsKey("blk.0.ffn_up.bias"));
            case MIXTRAL -> {
                copy("num_local_experts", "expert_count");
                copy("num_experts_per_tok", "expert_used_count");
            }
            case QWEN2, QWEN3 -> config.put("use_sliding_window", false);
            case QWEN3MOE -> {
                config.put("use_sliding_window", false);
                experts(true); // llama.cpp renormalises the chosen probabilities
                copy("moe_intermediate_size", "expert_feed_forward_length");
                config.put("decoder_sparse_step", 1L);
                config.put("mlp_only_layers", List.of());
            }
            case OLMOE -> {
                experts(false);
                copyDecimal("clip_qkv", "attention.clamp_kqv");
            }
            case GEMMA, OLMO2 -> {}
            case GEMMA2 -> {
                softcaps();
                // llama.cpp: the 27B model, known by its 46 layers, scales by the hidden size over the heads
                queryScale(46);
                copy("sliding_window", "attention.sliding_window");
                layerTypes(2);
            }
            case GEMMA3 -> {
                softcaps();
                queryScale(62); // the 27B model
                copy("sliding_window", "attention.sliding_window");
                layerTypes(6);
                if (!copyDecimal("rope_local_base_freq", "rope.freq_base_swa")) {
                    config.put("rope_local_base_freq", 10000.0);
                }
            }
            case PHI3 -> {
                copy("sliding_window", "attention.sliding_window");
                if (!config.containsKey("original_max_position_embeddings")) {
                    copy("original_max_position_embeddings", "context_length");
                }
            }
            case GRANITE -> {
                config.put("mlp_bias", stored.containsKey("blk.0.ffn_up.bias"));
                copyDecimal("embedding_multiplier", "embedding_scale");
                copyDecimal("residual_multiplier", "residual_scale");
                copyDecimal("attention_multiplier", "attention.scale");
                copyDecimal("logits_scaling", "logit_scale");
            }
            case SMOLLM3 -> {
                config.put("use_sliding_window", false);
                // llama.cpp: every fourth layer has no rotary positions
                config.put("no_rope_layer_interval", 4L);
                everyLayer("no_rope_layers", i -> (i + 1) % 4 == 0 ? 0L : 1L);
            }
        }
    }

    private void experts(boolean renormalised) {
        copy("num_experts", "expert_count");
        copy("num_experts_per_tok", "expert_used_count");
        config.put("norm_topk_prob", renormalised);
    }

    private void softcaps() {
        if (!copyDecimal("attn_logit_softcapping", "attn_logit_softcapping")) {
            config.put("attn_logit_softcapping", null);
        }
        if (!copyDecimal("final_logit_softcapping", "final_logit_softcapping")) {
            config.put("final_logit_softcapping", null);
        }
    }

    private void queryScale(long layersOfLargest) {
        if (config.get("num_hidden_layers") instanceof Long layers
                && layers == layersOfLargest
                && config.get("hidden_size") instanceof Long hidden
                && heads() > 0) {
            config.put("query_pre_attn_scalar", hidden / heads());
        } else if (config.get("head_dim") instanceof Long size) {
            config.put("query_pre_attn_scalar", size);
        }
    }

    /** Every n-th layer attends to everything, the others to a window. */
    private void layerTypes(int n) {
        everyLayer("layer_types", i -> (i + 1) % n == 0 ? "full_attention" : "sliding_attention");
    }

    private void everyLayer(String key, java.util.function.IntFunction<Object> value) {
        // A count beyond the tensors is refused by the caller; nothing is allocated for it here.
        if (config.get("num_hidden_layers") instanceof Long layers && layers >= 0 && layers <= stored.size()) {
            config.put(
                    key,
                    java.util.stream.IntStream.range(0, (int) (long) layers)
                            .mapToObj(value)
                            .toList());
        }
    }
}
