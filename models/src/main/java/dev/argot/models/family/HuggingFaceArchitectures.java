package dev.argot.models.family;

import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Config;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/** Describes the families of Hugging Face checkpoints. Thread-safe. */
public final class HuggingFaceArchitectures implements ArchitectureProvider {
    private static final Set<String> NUMBER_FORMATS = Set.of("float32", "float16", "bfloat16", "float64", "auto");

    private final Map<String, Function<Config, Architecture>> families =
            Collections.unmodifiableMap(new TreeMap<>(Map.ofEntries(
                    Map.entry("bloom", Bloom::describe),
                    Map.entry("cohere", Cohere::describe),
                    Map.entry("falcon", Falcon::describe),
                    Map.entry("gemma", Gemma::describe),
                    Map.entry("gemma2", Gemma2::describe),
                    Map.entry("gemma3_text", Gemma3::describe),
                    Map.entry("gpt2", Gpt2::describe),
                    Map.entry("gpt_neox", GptNeoX::describe),
                    Map.entry("granite", Granite::describe),
                    Map.entry("llama", Llama::describe),
                    Map.entry("mistral", Mistral::describe),
                    Map.entry("mixtral", Mixtral::describe),
                    Map.entry("olmo", Olmo::describe),
                    Map.entry("olmo2", Olmo2::describe),
                    Map.entry("olmoe", Olmoe::describe),
                    Map.entry("opt", Opt::describe),
                    Map.entry("phi", Phi::describe),
                    Map.entry("phi3", Phi3::describe),
                    Map.entry("qwen2", Qwen2::describe),
                    Map.entry("qwen3", Qwen3::describe),
                    Map.entry("qwen3_moe", Qwen3Moe::describe),
                    Map.entry("smollm3", SmolLm3::describe),
                    Map.entry("stablelm", StableLm::describe),
                    Map.entry("starcoder2", Starcoder2::describe))));

    /** Found by {@link java.util.ServiceLoader}. */
    public HuggingFaceArchitectures() {}

    @Override
    public String name() {
        return "huggingface";
    }

    @Override
    public Set<String> modelTypes() {
        return families.keySet();
    }

    @Override
    public Architecture describe(Config config) {
        String type = config.string("model_type");
        Function<Config, Architecture> family = families.get(type);
        if (family == null) {
            throw config.error("model_type", "expected one of " + families.keySet() + ", found '" + type + "'");
        }
        if (config.has("quantization_config")) {
            throw config.error(
                    "quantization_config",
                    "expected weights in float32, float16 or bfloat16; use the model's unquantised checkpoint or a GGUF file");
        }
        checkNumberFormat(config, "torch_dtype");
        checkNumberFormat(config, "dtype");
        return family.apply(config);
    }

    private static void checkNumberFormat(Config config, String key) {
        String format = config.string(key, "auto");
        if (!NUMBER_FORMATS.contains(format)) {
            throw config.error(key, "expected one of " + new TreeSet<>(NUMBER_FORMATS) + ", found '" + format + "'");
        }
    }
}
