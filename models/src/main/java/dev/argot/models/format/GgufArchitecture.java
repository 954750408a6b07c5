package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.StoredTensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How the tensors of a GGUF architecture are named and laid out in a Hugging Face checkpoint; the inverse of llama.cpp's
 * {@code convert_hf_to_gguf.py}.
 */
enum GgufArchitecture {
    LLAMA("llama", "LlamaForCausalLM", true, false, Norms.BEFORE, "mlp"),
    /** Llama with experts; {@code general.architecture} is {@code llama} too. */
    MIXTRAL("mixtral", "MixtralForCausalLM", true, false, Norms.BEFORE, "block_sparse_moe"),
    QWEN2("qwen2", "Qwen2ForCausalLM", false, false, Norms.BEFORE, "mlp"),
    QWEN3("qwen3", "Qwen3ForCausalLM", false, false, Norms.BEFORE, "mlp"),
    QWEN3MOE("qwen3_moe", "Qwen3MoeForCausalLM", false, false, Norms.BEFORE, "mlp"),
    GEMMA("gemma", "GemmaForCausalLM", false, true, Norms.BEFORE, "mlp"),
    GEMMA2("gemma2", "Gemma2ForCausalLM", false, true, Norms.AROUND, "mlp"),
    GEMMA3("gemma3_text", "Gemma3ForCausalLM", false, true, Norms.AROUND, "mlp"),
    PHI3("phi3", "Phi3ForCausalLM", false, false, Norms.BEFORE, "mlp"),
    OLMO2("olmo2", "Olmo2ForCausalLM", false, false, Norms.AFTER, "mlp"),
    OLMOE("olmoe", "OlmoeForCausalLM", false, false, Norms.BEFORE, "mlp"),
    GRANITE("granite", "GraniteForCausalLM", true, false, Norms.BEFORE, "mlp"),
    SMOLLM3("smollm3", "SmolLM3ForCausalLM", true, false, Norms.BEFORE, "mlp");

    /** Where a block has its norms. */
    private enum Norms {
        BEFORE(Map.of("attn_norm", "input_layernorm", "ffn_norm", "post_attention_layernorm")),
        AROUND(Map.of(
                "attn_norm", "input_layernorm",
                "post_attention_norm", "post_attention_layernorm",
                "ffn_norm", "pre_feedforward_layernorm",
                "post_ffw_norm", "post_feedforward_layernorm")),
        AFTER(Map.of(
                "post_attention_norm", "post_attention_layernorm",
                "post_ffw_norm", "post_feedforward_layernorm"));

        @SuppressWarnings("ImmutableEnumChecker") // made by Map.of
        private final Map<String, String> names;

        Norms(Map<String, String> names) {
            this.names = names;
        }
    }

    private static final Map<String, String> OUTER = Map.of(
            "token_embd", "model.embed_tokens",
            "output_norm", "model.norm",
            "output", "lm_head");

    private static final Map<String, String> ATTENTION = Map.of(
            "attn_q", "self_attn.q_proj",
            "attn_k", "self_attn.k_proj",
            "attn_v", "self_attn.v_proj",
            "attn_qkv", "self_attn.qkv_proj",
            "attn_output", "self_attn.o_proj",
            "attn_q_norm", "self_attn.q_norm",
            "attn_k_norm", "self_attn.k_norm");

    private static final Map<String, String> FEED_FORWARD = Map.of(
            "ffn_gate", "mlp.gate_proj",
            "ffn_up", "mlp.up_proj",
            "ffn_down", "mlp.down_proj");

    /** {@code blk.LAYER.PART[.EXPERT].weight}. */
    private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d+)\\.(\\w+?)(?:\\.(\\d+))?\\.(weight|bias)");

    private static final Pattern OUTSIDE = Pattern.compile("(\\w+)\\.(weight|bias)");
    private static final Pattern EXPERT = Pattern.compile("ffn_(gate|up|down)(_exps)?");

    /**
     * Tensors that hold factors of rotary frequencies; they become part of the configuration. (The {@code attn_rot_embd} of old files
     * repeat what the configuration says.)
     */
    static final List<String> ROPE_FACTORS =
            List.of("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight");

    private final String modelType;
    private final String className;
    private final boolean rowsPermuted;
    private final boolean normPlusOne;
    private final Norms norms;
    private final String experts;

    GgufArchitecture(
            String modelType,
            String className,
            boolean rowsPermuted,
            boolean normPlusOne,
            Norms norms,
            String experts) {
        this.modelType = modelType;
        this.className = className;
        this.rowsPermuted = rowsPermuted;
        this.normPlusOne = normPlusOne;
        this.norms = norms;
        this.experts = experts;
    }

    /**
     * The architecture of a name.
     *
     * @param name {@code general.architecture}
     * @param hasExperts whether the file has several experts
     */
    static Optional<GgufArchitecture> of(String name, boolean hasExperts) {
        if (name.equals("llama")) {
            return Optional.of(hasExperts ? MIXTRAL : LLAMA);
        }
        return Arrays.stream(values())
                .filter(a -> a != MIXTRAL && a.keyPrefix().equals(name))
                .findFirst();
    }

    /** All values of {@code general.architecture} that are read. */
    static List<String> names() {
        return Arrays.stream(values())
                .map(GgufArchitecture::keyPrefix)
                .distinct()
                .sorted()
                .toList();
    }

    /** {@code general.architecture}, with which keys of the metadata begin. */
    String keyPrefix() {
        return this == MIXTRAL ? "llama" : name().toLowerCase(Locale.ROOT);
    }

    /** The {@code model_type} of its configuration. */
    String modelType() {
        return modelType;
    }

    /** The class of Transformers that {@code architectures} names. */
    String className() {
        return className;
    }

    /**
     * The tensors under Hugging Face's names and in its layout.
     *
     * @param file for messages
     * @param stored tensors by the file's names
     * @param heads number of query heads; 0 where unknown
     * @param keyHeads number of key/value heads; 0 where unknown
     */
    Map<String, StoredTensor> tensors(Path file, Map<String, StoredTensor> stored, int heads, int keyHeads) {
        var result = new LinkedHashMap<String, StoredTensor>();
        stored.forEach((name, tensor) -> {
            if (!ROPE_FACTORS.contains(name) && !name.endsWith(".attn_rot_embd.weight")) {
                add(file, result, name, tensor, heads, keyHeads);
            }
        });
        return result;
    }

    private void add(
            Path file, Map<String, StoredTensor> result, String name, StoredTensor tensor, int heads, int keyHeads) {
        Matcher block = BLOCK.matcher(name);
        if (!block.matches()) {
            Matcher outside = OUTSIDE.matcher(name);
            String mapped = outside.matches() ? OUTER.get(outside.group(1)) : null;
            String renamed = mapped == null ? name : mapped + "." + outside.group(2);
            put(file, result, laidOut(file, tensor, name, renamed, heads, keyHeads));
            return;
        }
        String layer = "model.layers." + block.group(1) + ".";
        String part = block.group(2);
        String kind = "." + block.group(4);
        String expert = block.group(3);
        Matcher experts = EXPERT.matcher(part);
        if (experts.matches() && (expert != null || experts.group(2) != null)) {
            String projection = projection(experts.group(1));
            if (expert != null) {
                put(file, result, TensorView.renamed(tensor, expertName(layer, expert, projection) + kind));
            } else {
                for (int e = 0; e < tensor.shape().getFirst(); e++) {
                    String slice = expertName(layer, Integer.toString(e), projection) + kind;
                    put(file, result, TensorView.slice(tensor, slice, e));
                }
            }
            return;
        }
        String mapped = expert == null ? blockName(part) : null;
        if (mapped == null) {
            throw new FileFormatException(
                    file, "tensor '" + name + "' has no place in a model of architecture '" + keyPrefix() + "'");
        }
        put(file, result, laidOut(file, tensor, name, layer + mapped + kind, heads, keyHeads));
    }

    private static void put(Path file, Map<String, StoredTensor> result, StoredTensor tensor) {
        if (result.put(tensor.name(), tensor) != null) {
            throw new FileFormatException(file, "two tensors stand for '" + tensor.name() + "'");
        }
    }

    private String projection(String part) {
        if (this != MIXTRAL) {
            return part + "_proj";
        }
        return switch (part) {
            case "gate" -> "w1";
            case "down" -> "w2";
            default -> "w3";
        };
    }

    private String expertName(String layer, String expert, String projection) {
        return layer + experts + ".experts." + expert + "." + projection;
    }

    private @Nullable String blockName(String part) {
        if (part.equals("ffn_gate_inp")) {
            return experts + ".gate";
        }
        if (this == PHI3 && part.equals("ffn_up")) {
            return "mlp.gate_up_proj";
        }
        String norm = norms.names.get(part);
        if (norm != null) {
            return norm;
        }
        String attention = ATTENTION.get(part);
        return attention != null ? attention : FEED_FORWARD.get(part);
    }

    private StoredTensor laidOut(Path file, StoredTensor tensor, String stored, String name, int heads, int keyHeads) {
        boolean query = stored.contains(".attn_q.");
        if (rowsPermuted && (query || stored.contains(".attn_k."))) {
            long rows = tensor.shape().getFirst();
            int count = query ? heads : keyHeads;
            if (count < 1 || rows % (2L * count) != 0 || rows / count > Integer.MAX_VALUE) {
                throw new FileFormatException(
                        file,
                        "tensor '" + stored + "': expected rows for " + count + " heads of an even size, found "
                                + rows);
            }
            return TensorView.headRows(tensor, name, (int) (rows / count));
        }
        if (normPlusOne && stored.endsWith("norm.weight")) {
            return TensorView.plus(tensor, name, -1);
        }
        return TensorView.renamed(tensor, name);
    }
}
