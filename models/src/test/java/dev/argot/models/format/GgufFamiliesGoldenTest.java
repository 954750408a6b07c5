package dev.argot.models.format;

import static org.assertj.core.api.BDDAssertions.then;

import dev.argot.models.family.HuggingFaceArchitectures;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.WeightSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Recorded Hugging Face checkpoints, converted to GGUF as llama.cpp does (names of its Python package gguf 0.19), must come back as the
 * same graph with the same tensors.
 */
class GgufFamiliesGoldenTest {
    /** {@code general.architecture} by {@code model_type}. */
    private static final Map<String, String> ARCHITECTURES = Map.ofEntries(
            Map.entry("llama", "llama"),
            Map.entry("mixtral", "llama"),
            Map.entry("qwen2", "qwen2"),
            Map.entry("qwen3", "qwen3"),
            Map.entry("gemma2", "gemma2"),
            Map.entry("gemma3_text", "gemma3"),
            Map.entry("phi3", "phi3"),
            Map.entry("olmo2", "olmo2"),
            Map.entry("olmoe", "olmoe"),
            Map.entry("granite", "granite"),
            Map.entry("smollm3", "smollm3"));

    private static final List<String> PERMUTED = List.of("llama", "granite", "smollm3");

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("model.embed_tokens", "token_embd"),
            Map.entry("model.norm", "output_norm"),
            Map.entry("lm_head", "output"),
            Map.entry("input_layernorm", "attn_norm"),
            Map.entry("self_attn.q_proj", "attn_q"),
            Map.entry("self_attn.k_proj", "attn_k"),
            Map.entry("self_attn.v_proj", "attn_v"),
            Map.entry("self_attn.qkv_proj", "attn_qkv"),
            Map.entry("self_attn.o_proj", "attn_output"),
            Map.entry("self_attn.q_norm", "attn_q_norm"),
            Map.entry("self_attn.k_norm", "attn_k_norm"),
            Map.entry("pre_feedforward_layernorm", "ffn_norm"),
            Map.entry("post_feedforward_layernorm", "post_ffw_norm"),
            Map.entry("mlp.gate_proj", "ffn_gate"),
            Map.entry("mlp.up_proj", "ffn_up"),
            Map.entry("mlp.gate_up_proj", "ffn_up"),
            Map.entry("mlp.down_proj", "ffn_down"),
            Map.entry("mlp.gate", "ffn_gate_inp"),
            Map.entry("block_sparse_moe.gate", "ffn_gate_inp"),
            Map.entry("w1", "ffn_gate_exps"),
            Map.entry("w2", "ffn_down_exps"),
            Map.entry("w3", "ffn_up_exps"),
            Map.entry("gate_proj", "ffn_gate_exps"),
            Map.entry("down_proj", "ffn_down_exps"),
            Map.entry("up_proj", "ffn_up_exps"));

    static List<Path> cases() throws IOException {
        var cases = new ArrayList<Path>();
        for (Path folder : Golden.cases("model-")) {
            Map<String, ?> config = Golden.json(folder.resolve("config.json"));
            // The file holds only the published scaling of Llama 3; that of the tiny model has another context.
            boolean scaled = String.valueOf(config).contains("llama3");
            if (ARCHITECTURES.containsKey(String.valueOf(config.get("model_type"))) && !scaled) {
                cases.add(folder);
            }
        }
        return cases;
    }

    @Test
    void cases_ofTheFolder_coverManyArchitectures() throws IOException {
        then(cases()).hasSizeGreaterThan(9);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void open_convertedCheckpoint_givesTheSameGraphAndTensors(Path folder, @TempDir Path temp) throws IOException {
        var families = new HuggingFaceArchitectures();
        Path file = temp.resolve("model.gguf");
        try (Checkpoint original = new HuggingFaceFormat().open(folder)) {
            var config = new Config(original.config().file(), representable(original.config()));
            Architecture expected = families.describe(config);
            GgufWriter.write(file, metadata(config), tensors(original, config));

            try (Checkpoint actual = new GgufFormat().open(file)) {
                Architecture architecture = families.describe(actual.config());

                then(architecture.graph().toString()).isEqualTo(expected.graph().toString());
                then(architecture.contextLength()).isEqualTo(expected.contextLength());
                boolean plusOne = config.string("model_type").startsWith("gemma");
                WeightSource before = WeightBinding.bind(expected, original);
                WeightSource after = WeightBinding.bind(architecture, actual);
                for (var parameter : architecture.graph().parameters()) {
                    float[] values = Golden.floats(before.tensor(parameter));
                    float[] converted = Golden.floats(after.tensor(parameter));
                    boolean norm = plusOne && parameter.name().endsWith("norm.weight");
                    for (int i = 0; i < values.length; i++) {
                        // Adding one and taking it away again rounds.
                        float value = norm ? (values[i] + 1) - 1 : values[i];
                        then(converted[i]).as("%s[%d]", parameter.name(), i).isEqualTo(value);
                    }
                }
            }
        }
    }

    /** The configuration with what a GGUF file can't say as llama.cpp has it in its code. */
    private static Map<String, @Nullable Object> representable(Config config) {
        var values = new LinkedHashMap<String, @Nullable Object>(config.values());
        int layers = config.integer("num_hidden_layers");
        switch (config.string("model_type")) {
            case "gemma2" -> values.put("query_pre_attn_scalar", values.get("head_dim"));
            case "gemma3_text" -> {
                values.put("query_pre_attn_scalar", values.get("head_dim"));
                values.put(
                        "layer_types",
                        IntStream.rangeClosed(1, layers)
                                .mapToObj(i -> i % 6 == 0 ? "full_attention" : "sliding_attention")
                                .toList());
            }
            case "smollm3" ->
                values.put(
                        "no_rope_layers",
                        IntStream.rangeClosed(1, layers)
                                .mapToObj(i -> i % 4 == 0 ? 0L : 1L)
                                .toList());
            default -> {}
        }
        return values;
    }

    private static Map<String, Object> metadata(Config config) {
        String type = config.string("model_type");
        String prefix = ARCHITECTURES.get(type) + ".";
        var metadata = new LinkedHashMap<String, Object>();
        metadata.put("general.architecture", String.valueOf(ARCHITECTURES.get(type)));
        var keys = new LinkedHashMap<String, String>();
        keys.put("hidden_size", "embedding_length");
        keys.put("intermediate_size", "feed_forward_length");
        keys.put("num_hidden_layers", "block_count");
        keys.put("num_attention_heads", "attention.head_count");
        keys.put("num_key_value_heads", "attention.head_count_kv");
        keys.put("max_position_embeddings", "context_length");
        keys.put("rms_norm_eps", "attention.layer_norm_rms_epsilon");
        keys.put("rope_theta", "rope.freq_base");
        keys.put("head_dim", "attention.key_length");
        keys.put("num_local_experts", "expert_count");
        keys.put("num_experts", "expert_count");
        keys.put("num_experts_per_tok", "expert_used_count");
        keys.put("clip_qkv", "attention.clamp_kqv");
        keys.put("attn_logit_softcapping", "attn_logit_softcapping");
        keys.put("final_logit_softcapping", "final_logit_softcapping");
        keys.put("sliding_window", "attention.sliding_window");
        keys.put("embedding_multiplier", "embedding_scale");
        keys.put("residual_multiplier", "residual_scale");
        keys.put("attention_multiplier", "attention.scale");
        keys.put("logits_scaling", "logit_scale");
        keys.forEach((key, name) -> {
            Object value = config.values().get(key);
            if (value != null) {
                metadata.put(prefix + name, value);
            }
        });
        rope(config, prefix, metadata);
        return metadata;
    }

    private static void rope(Config config, String prefix, Map<String, Object> metadata) {
        Config parameters = config.object("rope_parameters");
        Config global = parameters.has("full_attention") ? parameters.object("full_attention") : parameters;
        if (global.has("rope_theta")) {
            metadata.put(prefix + "rope.freq_base", global.number("rope_theta"));
        }
        Config scaling = config.has("rope_scaling") ? config.object("rope_scaling") : global;
        if (scaling.has("factor")) {
            metadata.put(prefix + "rope.scaling.type", scaling.string("rope_type", scaling.string("type", "")));
            metadata.put(prefix + "rope.scaling.factor", scaling.number("factor"));
        }
    }

    private static List<GgufWriter.Tensor> tensors(Checkpoint checkpoint, Config config) {
        String type = config.string("model_type");
        var experts = new LinkedHashMap<String, List<StoredTensor>>();
        var tensors = new ArrayList<GgufWriter.Tensor>();
        for (StoredTensor tensor : checkpoint.tensors().values()) {
            String[] layer = tensor.name().split("(?<=model\\.layers\\.\\d{1,3})\\.", 2);
            String inLayer = layer[layer.length - 1];
            String prefix = layer.length == 1 ? "" : layer[0].replace("model.layers.", "blk.") + ".";
            String suffix = inLayer.substring(inLayer.lastIndexOf('.'));
            String module = inLayer.substring(0, inLayer.lastIndexOf('.'));
            if (module.contains(".experts.")) {
                String projection = module.substring(module.lastIndexOf('.') + 1);
                experts.computeIfAbsent(prefix + NAMES.get(projection) + suffix, name -> new ArrayList<>())
                        .add(tensor);
                continue;
            }
            String name = prefix + name(type, module) + suffix;
            GgufWriter.Tensor written = GgufWriter.Tensor.of(name, tensor);
            if (type.startsWith("gemma") && name.endsWith("norm.weight")) {
                for (int i = 0; i < written.values().length; i++) {
                    written.values()[i] += 1;
                }
            }
            boolean query = name.contains("attn_q.");
            if (PERMUTED.contains(ARCHITECTURES.get(type)) && (query || name.contains("attn_k."))) {
                written = interleaved(written, config.integer(query ? "num_attention_heads" : "num_key_value_heads"));
            }
            tensors.add(written);
        }
        experts.forEach((name, parts) -> tensors.add(stacked(name, parts)));
        return tensors;
    }

    private static String name(String type, String module) {
        if (module.equals("post_attention_layernorm")) {
            boolean after = type.startsWith("gemma") || type.equals("olmo2");
            return after ? "post_attention_norm" : "ffn_norm";
        }
        return java.util.Objects.requireNonNull(NAMES.get(module), module);
    }

    /** Rows i and i + d/2 of each head become neighbours. */
    private static GgufWriter.Tensor interleaved(GgufWriter.Tensor tensor, int heads) {
        int rows = (int) (long) tensor.shape().getFirst();
        int columns = tensor.values().length / rows;
        int size = rows / heads;
        var values = new float[tensor.values().length];
        for (int h = 0; h < heads; h++) {
            for (int i = 0; i < size / 2; i++) {
                for (int j = 0; j < 2; j++) {
                    System.arraycopy(
                            tensor.values(),
                            (h * size + j * size / 2 + i) * columns,
                            values,
                            (h * size + 2 * i + j) * columns,
                            columns);
                }
            }
        }
        return new GgufWriter.Tensor(tensor.name(), tensor.shape(), values);
    }

    private static GgufWriter.Tensor stacked(String name, List<StoredTensor> parts) {
        var shape = new ArrayList<>(parts.getFirst().shape());
        int size = (int) parts.getFirst().elements();
        var values = new float[parts.size() * size];
        for (int i = 0; i < parts.size(); i++) {
            System.arraycopy(Golden.floats(parts.get(i)), 0, values, i * size, size);
        }
        shape.addFirst((long) parts.size());
        return new GgufWriter.Tensor(name, shape, values);
    }
}
