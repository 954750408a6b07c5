package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Constraint;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * The time that a JSON schema adds to a token. Arguments: MODEL_FOLDER THREADS SCRATCH_FOLDER.
 *
 * <p>Texts are sampled from a llama of one layer of width 8 with random weights and the tokenizer of the given model, by the engine in plain
 * Java, so that little more than the choice of the token takes time. Told are the median and the 99th percentile of the times between two
 * tokens, with the schema and without. Times are those of the thread on a processor: what else the machine does is not counted.
 */
final class ConstraintTime {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();
    private static final int WARM_UP = 20;
    private static final int TEXTS = 200;
    private static final String SCHEMA =
            """
            {"type": "object",
             "properties": {
               "name": {"type": "string", "maxLength": 30},
               "age": {"type": "integer", "minimum": 0, "maximum": 150},
               "role": {"enum": ["patient", "doctor", "nurse", "relative"]},
               "drugs": {"type": "array", "items": {"type": "object",
                 "properties": {"drug": {"type": "string", "maxLength": 20}, "dose": {"type": "number"}, "daily": {"type": "boolean"}},
                 "required": ["drug", "dose", "daily"]}, "maxItems": 3}},
             "required": ["name", "age", "role", "drugs"]}""";

    private ConstraintTime() {}

    /** Prints the times. */
    public static void main(String[] args) throws Exception {
        Path tiny = Path.of(args[2]).resolve("tiny");
        save(Path.of(args[0]), tiny);
        try (var argot = Argot.open(ArgotOptions.DEFAULT.withThreads(Integer.parseInt(args[1])));
                var model = argot.load(
                        CausalModel.class,
                        tiny.toString(),
                        LoadOptions.DEFAULT.withoutNetwork().withEngine("reference"))) {
            double[] free = times(model, Optional.empty());
            double[] constrained = times(model, Optional.of(new Constraint.JsonSchema(SCHEMA)));
            Report.result("free_median_milliseconds", percentile(0.5, free));
            Report.result("free_p99_milliseconds", percentile(0.99, free));
            Report.result("constrained_median_milliseconds", percentile(0.5, constrained));
            Report.result("constrained_p99_milliseconds", percentile(0.99, constrained));
        }
        Report.peakMemory();
    }

    private static double[] times(CausalModel model, Optional<Constraint> constraint) {
        var times = DoubleStream.builder();
        for (int i = -WARM_UP; i < TEXTS; i++) {
            var decoding = Decoding.sampling(1.5, i).toBuilder().maxTokens(80).ignoreEos(constraint.isEmpty());
            constraint.ifPresent(decoding::constraint);
            List<Long> arrived = new ArrayList<>();
            model.complete(CompletionRequest.of("A record:", decoding.build())
                    .withSink(token -> arrived.add(CLOCK.getCurrentThreadCpuTime())));
            for (int k = 1; i >= 0 && k < arrived.size(); k++) {
                times.add((arrived.get(k) - arrived.get(k - 1)) / 1e6);
            }
        }
        return times.build().toArray();
    }

    private static double percentile(double share, double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1L, (long) (share * sorted.length))];
    }

    private static void save(Path model, Path folder) throws IOException {
        Map<String, byte[]> files = new LinkedHashMap<>();
        for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
            files.put(name, Files.readAllBytes(model.resolve(name)));
        }
        CheckpointFormatProvider format = ServiceLoader.load(CheckpointFormatProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.name().equals("huggingface"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no plug-in writes Hugging Face folders"));
        int vocabulary;
        try (var checkpoint = format.open(model)) {
            vocabulary = checkpoint.config().integer("vocab_size");
        }
        var config = new LinkedHashMap<String, @Nullable Object>();
        config.put("architectures", List.of("LlamaForCausalLM"));
        config.put("model_type", "llama");
        config.put("hidden_size", 8L);
        config.put("num_hidden_layers", 1L);
        config.put("num_attention_heads", 1L);
        config.put("num_key_value_heads", 1L);
        config.put("intermediate_size", 16L);
        config.put("vocab_size", (long) vocabulary);
        config.put("max_position_embeddings", 256L);
        config.put("rms_norm_eps", 1e-6);
        config.put("rope_theta", 10000.0);
        config.put("hidden_act", "silu");
        config.put("tie_word_embeddings", true);
        List<StoredTensor> tensors =
                TrainingSteps.describe(new Config(Path.of("config.json"), config)).graph().parameters().stream()
                        .<StoredTensor>map(TrainingSteps.RandomWeight::new)
                        .toList();
        format.save(new CheckpointFormatProvider.SaveRequest(
                folder, config, Map.of(), tensors, ElementType.FLOAT32, files, Long.MAX_VALUE));
    }
}
