package dev.argot.conformance;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Precision;
import dev.argot.api.UnsupportedArchitectureException;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Config;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.Tensor;
import dev.argot.spi.WeightBinding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * One {@code model-*} folder of the golden cases on one engine: what the reference implementation recorded, and the model compiled here
 * when it is first asked for. Not thread-safe.
 */
final class ModelCase implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final EngineProvider provider;
    private final JsonNode expected;
    private final Map<String, Safetensors.Entry> tensors;
    private @Nullable Engine engine;
    private @Nullable CompiledModel model;

    private ModelCase(Path folder, EngineProvider provider) {
        this.folder = folder;
        this.provider = provider;
        this.expected = json(folder.resolve("expected.json"));
        this.tensors = Safetensors.read(folder.resolve("expected.safetensors"));
    }

    /** Every case in the folder named by {@code argot.golden} on every engine that runs here. */
    static Stream<ModelCase> all() {
        Path golden = Path.of(System.getProperty("argot.golden"));
        List<Path> folders;
        try (var files = Files.list(golden)) {
            folders = files.filter(f -> f.getFileName().toString().startsWith("model-"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<EngineProvider> engines = ServiceLoader.load(EngineProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p.availability() instanceof EngineProvider.Availability.Available)
                .toList();
        return engines.stream().flatMap(e -> folders.stream().map(f -> new ModelCase(f, e)));
    }

    /** Those of {@link #all} whose engine trains. */
    static Stream<ModelCase> trainable() {
        return all().filter(c -> c.engine().trains());
    }

    private static JsonNode json(Path file) {
        try {
            return JSON.readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

    /** The recorded batch. */
    Map<String, Tensor> inputs() {
        Map<String, Tensor> inputs = new HashMap<>();
        expected.get("inputs").forEach(name -> inputs.put(name.asText(), longs(name.asText())));
        return inputs;
    }

    Engine engine() {
        if (engine == null) {
            engine = provider.open(new EngineProvider.Request(Optional.empty(), OptionalInt.empty()));
        }
        return engine;
    }

    /** The checkpoint compiled for the engine; once for all tests of the case. */
    CompiledModel model() {
        if (model == null) {
            model = compile();
        }
        return model;
    }

    /** The checkpoint compiled anew, for a test that changes its weights. */
    CompiledModel compile() {
        try (Checkpoint checkpoint = checkpoint()) {
            Architecture architecture = architecture(checkpoint);
            return engine()
                    .compile(
                            architecture.graph(),
                            WeightBinding.bind(architecture, checkpoint),
                            Precision.FLOAT32);
        }
    }

    /** What checkpoints of the bare base model leave out at the start of names. */
    String prefix() {
        try (Checkpoint checkpoint = checkpoint()) {
            return architecture(checkpoint).prefix();
        }
    }

    private Checkpoint checkpoint() {
        return ServiceLoader.load(CheckpointFormatProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(format -> format.recognises(folder))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no checkpoint format recognises " + folder))
                .open(folder);
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

    @Override
    public void close() {
        if (model != null) {
            model.close();
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
