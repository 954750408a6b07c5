package dev.argot.models.family;

import dev.argot.api.ArgotException;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Config;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Describes the families of Hugging Face checkpoints. Thread-safe. */
public final class HuggingFaceArchitectures implements ArchitectureProvider {
    private static final Set<String> NUMBER_FORMATS = Set.of("float32", "float16", "bfloat16", "float64", "auto");

    private final Map<String, Function<Config, Architecture>> families =
            Collections.unmodifiableMap(new TreeMap<>(Map.ofEntries(
                    Map.entry("albert", Albert::describe),
                    Map.entry("bert", Bert::describe),
                    Map.entry("bart", Bart::describe),
                    Map.entry("bloom", Bloom::describe),
                    Map.entry("camembert", Roberta::describe),
                    Map.entry("cohere", Cohere::describe),
                    Map.entry("deberta-v2", DebertaV2::describe),
                    Map.entry("distilbert", DistilBert::describe),
                    Map.entry("electra", Electra::describe),
                    Map.entry("falcon", Falcon::describe),
                    Map.entry("gemma", Gemma::describe),
                    Map.entry("gemma2", Gemma2::describe),
                    Map.entry("gemma3_text", Gemma3::describe),
                    Map.entry("gpt2", Gpt2::describe),
                    Map.entry("gpt_neox", GptNeoX::describe),
                    Map.entry("granite", Granite::describe),
                    Map.entry("llama", Llama::describe),
                    Map.entry("marian", Bart::describe),
                    Map.entry("mbart", Bart::describe),
                    Map.entry("mistral", Mistral::describe),
                    Map.entry("mixtral", Mixtral::describe),
                    Map.entry("modernbert", ModernBert::describe),
                    Map.entry("mt5", T5::describe),
                    Map.entry("olmo", Olmo::describe),
                    Map.entry("olmo2", Olmo2::describe),
                    Map.entry("olmoe", Olmoe::describe),
                    Map.entry("opt", Opt::describe),
                    Map.entry("phi", Phi::describe),
                    Map.entry("phi3", Phi3::describe),
                    Map.entry("qwen2", Qwen2::describe),
                    Map.entry("qwen3", Qwen3::describe),
                    Map.entry("qwen3_moe", Qwen3Moe::describe),
                    Map.entry("roberta", Roberta::describe),
                    Map.entry("smollm3", SmolLm3::describe),
                    Map.entry("stablelm", StableLm::describe),
                    Map.entry("starcoder2", Starcoder2::describe),
                    Map.entry("xlm-roberta", Roberta::describe),
                    Map.entry("t5", T5::describe))));

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

    /** Beginnings of the class names of encoders in {@code architectures}, which go on with the head. */
    private static final Map<String, String> ENCODERS = Map.ofEntries(
            Map.entry("albert", "Albert"),
            Map.entry("bert", "Bert"),
            Map.entry("camembert", "Camembert"),
            Map.entry("deberta-v2", "DebertaV2"),
            Map.entry("distilbert", "DistilBert"),
            Map.entry("electra", "Electra"),
            Map.entry("modernbert", "ModernBert"),
            Map.entry("roberta", "Roberta"),
            Map.entry("xlm-roberta", "XLMRoberta"));

    private static final Map<Class<? extends Model>, String> HEADS = Map.of(
            MaskedModel.class, "ForMaskedLM",
            SequenceClassifier.class, "ForSequenceClassification",
            TokenClassifier.class, "ForTokenClassification",
            QuestionAnswerer.class, "ForQuestionAnswering",
            EmbeddingModel.class, "Model");

    @Override
    public Config withHead(Config config, Class<? extends Model> kind, List<String> labels) {
        String type = config.string("model_type");
        String encoder = ENCODERS.get(type);
        String head = HEADS.get(kind);
        if (encoder == null || head == null) {
            throw new ArgotException("A " + type + " cannot be made a " + kind.getSimpleName()
                    + ": expected an encoder, one of " + new TreeSet<>(ENCODERS.keySet()) + ", and one of its heads, "
                    + HEADS.keySet().stream().map(Class::getSimpleName).sorted().toList() + ".");
        }
        var values = new LinkedHashMap<String, @Nullable Object>(config.values());
        values.put("architectures", List.of(encoder + head));
        if (kind == EmbeddingModel.class) {
            values.put("add_pooling_layer", false); // a checkpoint with another head may lack the pooler, which embeddings do not need
        }
        if (!labels.isEmpty()) {
            var byId = new LinkedHashMap<String, Object>();
            var byLabel = new LinkedHashMap<String, Object>();
            for (int i = 0; i < labels.size(); i++) {
                byId.put("" + i, labels.get(i));
                byLabel.put(labels.get(i), (long) i);
            }
            values.put("id2label", byId);
            values.put("label2id", byLabel);
            values.remove("num_labels");
        }
        return new Config(config.file(), values);
    }
}
