package dev.argot.models.format;

import dev.argot.api.CausalModel;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.Model;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.api.adaptation.Lora;
import dev.argot.spi.AdapterFormatProvider.SaveRequest;
import dev.argot.spi.Config;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Writes an adapter so that PEFT loads it. */
final class PeftWriter {
    /** PEFT's task types; it has none for masked language models. */
    private static final Map<Class<? extends Model>, String> TASKS = Map.of(
            CausalModel.class, "CAUSAL_LM",
            Seq2SeqModel.class, "SEQ_2_SEQ_LM",
            SequenceClassifier.class, "SEQ_CLS",
            TokenClassifier.class, "TOKEN_CLS",
            QuestionAnswerer.class, "QUESTION_ANS",
            EmbeddingModel.class, "FEATURE_EXTRACTION");

    private final SaveRequest request;
    private final SafetensorsWriter writer;
    /** Modules that were trained whole. */
    private final Set<String> saved = new TreeSet<>();

    PeftWriter(SaveRequest request) {
        this.request = request;
        this.writer = new SafetensorsWriter(request.type());
        SafetensorsWriter.checkNames(request.tensors());
        checkTensors();
    }

    private void checkTensors() {
        var expected = new TreeMap<String, LoraLayer>();
        for (LoraLayer layer : request.layers()) {
            expected.put(layer.a(), layer);
            expected.put(layer.b(), layer);
            if (layer.dora()) {
                expected.put(layer.magnitude(), layer);
            }
        }
        for (StoredTensor tensor : request.tensors()) {
            if (expected.remove(tensor.name()) == null) {
                saved.add(savedModule(tensor.name()));
            }
        }
        if (!expected.isEmpty() || request.layers().isEmpty()) {
            throw new IllegalArgumentException("tensors of the adapter are missing: " + expected.keySet());
        }
    }

    private static String savedModule(String tensor) {
        String prefix = LoraLayer.saved("");
        int dot = tensor.lastIndexOf('.');
        if (!tensor.startsWith(prefix) || dot <= prefix.length() || tensor.contains(".lora_")) {
            throw new IllegalArgumentException("the tensor '" + tensor + "' belongs to no adapted layer");
        }
        return tensor.substring(prefix.length(), dot);
    }

    void write() {
        Map<String, @Nullable Object> config = config();
        check(new PeftConfig(new Config(Path.of(PeftFormat.CONFIG), config)));
        long bytes = request.tensors().stream().mapToLong(writer::bytes).sum();
        NewFolder.write(request.folder(), bytes, folder -> writeFiles(folder, config));
    }

    private void writeFiles(Path folder, Map<String, @Nullable Object> config) throws IOException {
        NewFolder.writeFile(folder.resolve(PeftFormat.CONFIG), Json.write(config));
        writer.write(folder.resolve(PeftFormat.WEIGHTS), request.tensors());
        NewFolder.writeFiles(folder, request.files());
    }

    private Map<String, @Nullable Object> config() {
        Lora settings = request.settings();
        var config = new LinkedHashMap<String, @Nullable Object>();
        config.put("alpha_pattern", pattern(settings.alphaPattern()));
        config.put("base_model_name_or_path", request.base());
        config.put("bias", "none");
        config.put("exclude_modules", null);
        config.put("fan_in_fan_out", request.inOut());
        config.put("inference_mode", true);
        config.put("init_lora_weights", true);
        config.put("layers_pattern", null);
        config.put("layers_to_transform", null);
        config.put("lora_alpha", whole(settings.alpha()));
        config.put("lora_dropout", settings.dropout());
        config.put("modules_to_save", saved.isEmpty() ? null : List.copyOf(saved));
        config.put("peft_type", "LORA");
        config.put("r", (long) settings.rank());
        config.put("rank_pattern", pattern(settings.rankPattern()));
        config.put("revision", null);
        config.put("target_modules", targets());
        config.put("task_type", TASKS.get(request.kind()));
        config.put("use_dora", settings.dora());
        config.put("use_rslora", settings.rankStabilised());
        return config;
    }

    /**
     * What was asked for; for all linear layers the ends of their names, as PEFT does. Where that would choose a module that was trained
     * whole, such as a pooler's {@code dense} layer, the whole names of the layers.
     */
    private List<String> targets() {
        Lora settings = request.settings();
        List<String> ends = settings.targets().contains(Lora.ALL_LINEAR)
                ? request.layers().stream()
                        .map(layer -> layer.module().substring(layer.module().lastIndexOf('.') + 1))
                        .distinct()
                        .sorted()
                        .toList()
                : settings.targets().stream().sorted().toList();
        boolean choosesSaved = saved.stream()
                .anyMatch(module ->
                        ends.stream().anyMatch(end -> module.equals(end) || module.endsWith("." + end)));
        return choosesSaved ? request.layers().stream().map(LoraLayer::module).sorted().toList() : ends;
    }

    /** The most particular first, since PEFT takes the first that fits; escaped, since PEFT reads expressions. */
    private static Map<String, @Nullable Object> pattern(Map<String, ? extends Number> values) {
        var sorted = new LinkedHashMap<String, @Nullable Object>();
        values.entrySet().stream()
                .sorted(Comparator.<Map.Entry<String, ? extends Number>>comparingInt(
                                entry -> -entry.getKey().length())
                        .thenComparing(Map.Entry::getKey))
                .forEach(entry -> sorted.put(
                        entry.getKey().replace(".", "\\."),
                        whole(entry.getValue().doubleValue())));
        return sorted;
    }

    private static Object whole(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15 ? (Object) (long) value : (Object) value;
    }

    /** What a reader makes of the configuration must be what was trained. */
    private void check(PeftConfig config) {
        var differing = new HashMap<String, LoraLayer>();
        for (LoraLayer layer : request.layers()) {
            LoraLayer read = config.layer(layer.module());
            boolean same = config.targets(layer.module())
                    && read.rank() == layer.rank()
                    && read.dora() == layer.dora()
                    && Math.abs(read.scale() - layer.scale()) <= 1e-9 * Math.abs(layer.scale());
            if (!same) {
                differing.put(layer.module(), read);
            }
        }
        if (!differing.isEmpty()) {
            throw new IllegalArgumentException(
                    "the settings " + request.settings() + " do not give the layers that were trained: expected "
                            + request.layers() + ", found " + differing);
        }
    }
}
