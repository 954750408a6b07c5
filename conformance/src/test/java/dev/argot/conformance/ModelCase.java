package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Precision;
import dev.argot.api.UnsupportedArchitectureException;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * One golden case with a model on one engine: what the reference implementation recorded, and the model compiled here when it is first
 * asked for. Not thread-safe.
 */
final class ModelCase implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final Path model;
    private final EngineProvider provider;
    private final JsonNode expected;
    private final Map<String, Safetensors.Entry> tensors;
    private @Nullable Engine engine;
    private @Nullable CompiledModel compiled;

    private ModelCase(Path folder, Path model, EngineProvider provider) {
        this.folder = folder;
        this.model = model;
        this.provider = provider;
        this.expected = json(folder.resolve("expected.json"));
        this.tensors = Safetensors.read(folder.resolve("expected.safetensors"));
    }

    /** Every {@code model-*} in the folder named by {@code argot.golden} on every engine that runs here. */
    static Stream<ModelCase> all() {
        return all("model-", "");
    }

    /** Those of {@link #all} that continue text. */
    static Stream<ModelCase> decoders() {
        return all().filter(c -> c.kind().equals("causal_lm"));
    }

    /** Those of {@link #all} that read and write. */
    static Stream<ModelCase> seq2seq() {
        return all().filter(c -> c.kind().equals("seq2seq_lm"));
    }

    /** Those of {@link #all} that only read, with whatever head. */
    static Stream<ModelCase> encoders() {
        return all().filter(c -> !c.kind().equals("causal_lm") && !c.kind().equals("seq2seq_lm"));
    }

    /** What the model is for, such as {@code "masked_lm"}. */
    String kind() {
        return expected.path("kind").asText();
    }

    /** Every {@code lora-*}; the model is the base. */
    static Stream<ModelCase> lora() {
        return all("lora-", "base");
    }

    /** Every {@code objectives*}; the model is that of packing. */
    static Stream<ModelCase> objectives() {
        return all("objectives", "packing-model");
    }

    /**
     * The same case with another model.
     *
     * @param other a model's folder
     */
    ModelCase with(Path other) {
        return new ModelCase(folder, other, provider);
    }

    private static Stream<ModelCase> all(String prefix, String model) {
        Path golden = Path.of(System.getProperty("argot.golden"));
        List<Path> folders;
        try (var files = Files.list(golden)) {
            folders = files.filter(f -> f.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<EngineProvider> engines = ServiceLoader.load(EngineProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p.availability() instanceof EngineProvider.Availability.Available)
                .toList();
        return engines.stream().flatMap(e -> folders.stream().map(f -> new ModelCase(f, f.resolve(model), e)));
    }

    /** Those of {@link #all} with a loss whose engine trains. */
    static Stream<ModelCase> trainable() {
        return all().filter(c -> c.expected().has("adamw") && c.engine().trains());
    }

    /** Those of {@link #lora} whose engine trains. */
    static Stream<ModelCase> trainableLora() {
        return lora().filter(c -> c.engine().trains());
    }

    private static JsonNode json(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of the case. */
    Path file(String name) {
        return folder.resolve(name);
    }

    /** Puts the case and the engine before a failure's message. */
    TestExecutionExceptionHandler naming() {
        return (context, failure) -> {
            throw new AssertionError(this + ": " + failure.getMessage(), failure);
        };
    }

    /** {@code expected.json}. */
    JsonNode expected() {
        return expected;
    }

    boolean has(String tensor) {
        return tensors.containsKey(tensor);
    }

    private Safetensors.Entry entry(String tensor) {
        return Optional.ofNullable(tensors.get(tensor))
                .orElseThrow(() -> new IllegalArgumentException(folder + " has no expected tensor " + tensor));
    }

    /** Names of the expected tensors that begin so, without that beginning. */
    List<String> namesAfter(String prefix) {
        return tensors.keySet().stream()
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length()))
                .toList();
    }

    Tensor.Floats floats(String tensor) {
        return entry(tensor).floats();
    }

    Tensor.Longs longs(String tensor) {
        return entry(tensor).longs();
    }

    /** The largest distance allowed from a recorded number. */
    double tolerance(String name) {
        JsonNode tolerance = expected.path("tolerance").path(name).path("suggested_atol");
        if (!tolerance.isNumber()) {
            throw new IllegalArgumentException(folder + " has no tolerance for " + name);
        }
        return tolerance.asDouble();
    }

    /** The recorded batch. A decoder that reads other rows than the encoder gets the labels shifted right, where none are recorded. */
    Map<String, Tensor> inputs() {
        Map<String, Tensor> inputs = new HashMap<>();
        expected.get("inputs").forEach(name -> inputs.put(name.asText(), input(name.asText())));
        if (readsAndWrites() && !inputs.containsKey("decoder_input_ids")) {
            JsonNode config = json(model.resolve("config.json"));
            inputs.put(
                    "decoder_input_ids",
                    GraphInputs.shiftRight(
                            longs("labels"),
                            config.get("decoder_start_token_id").asLong(),
                            config.get("pad_token_id").asLong()));
        }
        return inputs;
    }

    /** Where logits have a meaning, [B, T]: at tokens; a decoder that reads other rows than the encoder has no padding. */
    Tensor.Longs tokens() {
        if (!readsAndWrites()) {
            return longs("attention_mask");
        }
        Tensor.Longs labels = longs("labels");
        var ones = new long[labels.data().length];
        Arrays.fill(ones, 1);
        return new Tensor.Longs(ones, labels.shape());
    }

    private boolean readsAndWrites() {
        return model().graph().nodes().stream()
                .anyMatch(n -> n.op() instanceof Op.Input input && input.name().equals("decoder_input_ids"));
    }

    /** Numbers to be guessed are a column, also where they were recorded as a list. */
    private Tensor input(String name) {
        Safetensors.Entry entry = entry(name);
        if (entry.type() == ElementType.INT64) {
            return entry.longs();
        }
        Tensor.Floats floats = entry.floats();
        return floats.shape().length == 1 ? new Tensor.Floats(floats.data(), floats.shape()[0], 1) : floats;
    }

    Engine engine() {
        if (engine == null) {
            engine = provider.open(new EngineProvider.Request(Optional.empty(), OptionalInt.empty()));
        }
        return engine;
    }

    /** The checkpoint compiled for the engine; once for all tests of the case. */
    CompiledModel model() {
        if (compiled == null) {
            compiled = compile();
        }
        return compiled;
    }

    /** The checkpoint compiled anew, for a test that changes its weights. */
    CompiledModel compile() {
        return compile(Map.of());
    }

    /**
     * The checkpoint compiled anew with other weights.
     *
     * @param replaced those, by name
     */
    CompiledModel compile(Map<String, StoredTensor> replaced) {
        try (Checkpoint checkpoint = checkpoint()) {
            Architecture architecture = architecture(checkpoint);
            WeightSource own = WeightBinding.bind(architecture, checkpoint);
            return engine().compile(
                            architecture.graph(),
                            p -> replaced.containsKey(p.name()) ? replaced.get(p.name()) : own.tensor(p),
                            Precision.FLOAT32);
        }
    }

    /** What checkpoints of the bare base model leave out at the start of names. */
    String prefix() {
        try (Checkpoint checkpoint = checkpoint()) {
            return architecture(checkpoint).prefix();
        }
    }

    /** Parameters that training leaves alone. */
    Set<String> buffers() {
        try (Checkpoint checkpoint = checkpoint()) {
            return architecture(checkpoint).buffers();
        }
    }

    private Checkpoint checkpoint() {
        return ServiceLoader.load(CheckpointFormatProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(format -> format.recognises(model))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no checkpoint format recognises " + model))
                .open(model);
    }

    private Architecture architecture(Checkpoint checkpoint) {
        Config config = checkpoint.config();
        String type = config.string("model_type");
        List<ArchitectureProvider> providers = ServiceLoader.load(ArchitectureProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .toList();
        return providers.stream()
                .filter(p -> p.modelTypes().contains(type))
                .findFirst()
                .orElseThrow(() -> {
                    var supported = new TreeSet<String>();
                    providers.forEach(p -> supported.addAll(p.modelTypes()));
                    return new UnsupportedArchitectureException(folder.toString(), type, supported);
                })
                .describe(config);
    }

    /** Compares [B, T, any] where the mask [B, T] is 1. */
    void assertClose(String name, Tensor.Floats actual, Tensor.Longs mask, double tolerance) {
        Tensor.Floats wanted = floats(name);
        assertThat(actual.shape()).as("shape of %s", name).isEqualTo(wanted.shape());
        int width = wanted.data().length / mask.data().length;
        for (int i = 0; i < wanted.data().length; i++) {
            if (mask.data()[i / width] == 1) {
                assertThat(actual.data()[i])
                        .as("%s of token %d, element %d", name, i / width, i % width)
                        .isCloseTo(wanted.data()[i], within((float) tolerance));
            }
        }
    }

    /** Compares [B, n, T, S] where the mask [B, T] of the queries is 1. */
    void assertCloseAttention(String name, Tensor.Floats actual, Tensor.Longs mask) {
        Tensor.Floats wanted = floats(name);
        assertThat(actual.shape()).as("shape of %s", name).isEqualTo(wanted.shape());
        int n = (int) wanted.shape()[1];
        int t = (int) wanted.shape()[2];
        int s = (int) wanted.shape()[3];
        for (int i = 0; i < wanted.data().length; i++) {
            int query = i / (n * t * s) * t + i / s % t;
            if (mask.data()[query] == 1) {
                assertThat(actual.data()[i])
                        .as("%s of query %d to key %d", name, query, i % s)
                        .isCloseTo(wanted.data()[i], within((float) tolerance(name)));
            }
        }
    }

    /** Compares logits: of tokens where the mask [B, T] is 1, or of whole rows. */
    void assertCloseLogits(String name, Tensor actual, double tolerance) {
        if (actual.shape().length == 3) {
            assertClose(name, (Tensor.Floats) actual, tokens(), tolerance);
        } else {
            long rows = actual.shape()[0];
            long[] ones = new long[(int) rows];
            Arrays.fill(ones, 1);
            assertClose(name, (Tensor.Floats) actual, new Tensor.Longs(ones, rows), tolerance);
        }
    }

    /** Every element within the tolerance; else, where single elements are ill-conditioned, the root mean square well within it. */
    void assertClose(String name, float[] actual) {
        float[] wanted = floats(name).data();
        assertThat(actual).as(name).hasSameSizeAs(wanted);
        double largest = 0;
        double squares = 0;
        for (int i = 0; i < wanted.length; i++) {
            double distance = Math.abs((double) actual[i] - wanted[i]);
            largest = Math.max(largest, distance);
            squares += distance * distance;
        }
        double tolerance = tolerance(name);
        if (largest > tolerance && name.startsWith("after3.")) {
            double rms = expected.path("tolerance")
                    .path(name)
                    .path("rms_diff_f32_f64")
                    .asDouble();
            assertThat(Math.sqrt(squares / wanted.length))
                    .as("root mean square distance of %s, largest %s", name, largest)
                    .isLessThanOrEqualTo(Math.max(10 * rms, tolerance));
        } else {
            assertThat(largest).as("largest distance of %s", name).isLessThanOrEqualTo(tolerance);
        }
    }

    /** AdamW as the case says, for some parameters. Those that the cases leave without decay are the vectors. */
    Trainer.Request adamW(Set<String> parameters) {
        JsonNode adamw = expected.get("adamw");
        return new Trainer.Request(
                parameters,
                new Optimizer.AdamW(
                        adamw.get("betas").get(0).asDouble(),
                        adamw.get("betas").get(1).asDouble(),
                        adamw.get("eps").asDouble(),
                        adamw.get("weight_decay").asDouble(),
                        !adamw.path("weight_decay_on").asText().startsWith("no_decay"),
                        false));
    }

    /** Takes the steps of the case, comparing losses and norms. */
    void assertStepsAsRecorded(Trainer trainer) {
        JsonNode adamw = expected.get("adamw");
        JsonNode losses = adamw.get("losses_f64");
        double tolerance = tolerance("adamw.losses");
        int steps = adamw.get("steps").asInt();
        for (int step = 0; step < steps; step++) {
            Trainer.Result result = trainer.step(new Trainer.StepRequest(
                    List.of(inputs()),
                    new Trainer.Update(
                            adamw.get("lr").asDouble(),
                            adamw.get("max_grad_norm").asDouble())));
            assertThat(result.loss())
                    .as("loss before step %d", step)
                    .isCloseTo(losses.get(step).asDouble(), within(tolerance));
            double norm = adamw.get("grad_norms_before_clip_f64").get(step).asDouble();
            assertThat(result.gradientNorm()).isCloseTo(norm, within(1e-4 * norm));
        }
        Tensor last = trainer.gradients(inputs()).get("loss");
        assertThat((double) ((Tensor.Floats) last).data()[0])
                .as("loss after the last step")
                .isCloseTo(losses.get(steps).asDouble(), within(tolerance));
    }

    /** Compares the norms of gradients recorded in float64. */
    void assertNormsAsRecorded(Map<String, Tensor> gradients, UnaryOperator<String> inModel) {
        Set<String> withoutGradient = new HashSet<>();
        expected.path("zero_gradient_parameters").forEach(name -> withoutGradient.add(name.asText()));
        expected.get("grad_norms_f64").properties().forEach(entry -> {
            if (!withoutGradient.contains(entry.getKey())) {
                double squares = 0;
                for (float g : ((Tensor.Floats) gradients.get(inModel.apply(entry.getKey()))).data()) {
                    squares += (double) g * g;
                }
                assertThat(Math.sqrt(squares))
                        .as("norm of the gradient of %s", entry.getKey())
                        .isCloseTo(
                                entry.getValue().asDouble(),
                                within(1e-5 + 1e-4 * entry.getValue().asDouble()));
            }
        });
    }

    @Override
    public void close() {
        if (compiled != null) {
            compiled.close();
        }
        if (engine != null) {
            engine.close();
        }
    }

    @Override
    public String toString() {
        return folder.getFileName() + " on " + provider.name();
    }
}
