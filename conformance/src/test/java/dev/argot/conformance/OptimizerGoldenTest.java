package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Precision;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.ElementType;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Op;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recorded run of an optimizer over given gradients, on every engine that trains. */
class OptimizerGoldenTest {
    private static final Set<String> PARAMETERS = Set.of("w", "b", "e");

    /** A run on an engine. */
    record Run(JsonNode run, JsonNode expected, Map<String, Safetensors.Entry> tensors, EngineProvider engine) {
        Tensor.Floats tensor(String name) {
            return Optional.ofNullable(tensors.get(name)).orElseThrow().floats();
        }
    }

    static Stream<Named<Run>> runs() {
        List<EngineProvider> engines = ServiceLoader.load(EngineProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p.availability() instanceof EngineProvider.Availability.Available)
                .filter(OptimizerGoldenTest::trains)
                .toList();
        try (Stream<Path> folders = Files.list(Path.of(System.getProperty("argot.golden")))) {
            return folders.filter(f -> f.getFileName().toString().startsWith("optim-")).sorted().toList().stream()
                    .flatMap(folder -> engines.stream().flatMap(engine -> runs(folder, engine)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean trains(EngineProvider provider) {
        try (Engine engine = provider.open(new EngineProvider.Request(Optional.empty(), OptionalInt.empty()))) {
            return engine.trains();
        }
    }

    private static Stream<Named<Run>> runs(Path folder, EngineProvider engine) {
        try {
            JsonNode expected =
                    new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
            Map<String, Safetensors.Entry> tensors = Safetensors.read(folder.resolve("expected.safetensors"));
            return StreamSupport.stream(expected.get("runs").spliterator(), false)
                    .map(run -> Named.of(
                            run.get("name").asText() + " on " + engine.name(),
                            new Run(run, expected, tensors, engine)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("runs")
    void apply_everyUpdate_equalsTheReference(Run golden) {
        JsonNode run = golden.run();
        Graph graph = graph();
        try (Engine engine = golden.engine().open(new EngineProvider.Request(Optional.empty(), OptionalInt.empty()));
                CompiledModel model = engine.compile(graph, p -> new Start(p, golden), Precision.FLOAT32);
                Trainer trainer = model.openTrainer(new Trainer.Request(PARAMETERS, optimizer(run)))) {
            for (int update = 0; update < run.get("updates").asInt(); update++) {
                Trainer.Applied applied = trainer.apply(gradients(golden, update), update(run, update));
                assertThat(applied.applied()).isTrue();
                if (run.get("grad_norms_before_clip_f64").has(update)) {
                    double norm =
                            run.get("grad_norms_before_clip_f64").get(update).asDouble();
                    assertThat(applied.gradientNorm()).isCloseTo(norm, within(1e-6 * norm));
                }
                for (Op.Parameter parameter : graph.parameters()) {
                    if (PARAMETERS.contains(parameter.name())) {
                        assertClose(golden, update, parameter, model);
                    }
                }
            }
        }
    }

    /** The mean over as many recorded steps as go into an update. */
    private static Map<String, Tensor> gradients(Run golden, int update) {
        int parts = golden.run().get("gradient_accumulation").asInt();
        Map<String, Tensor> gradients = new HashMap<>();
        for (String name : PARAMETERS) {
            Tensor.Floats first = golden.tensor("grad." + update * parts + "." + name);
            float[] sum = new float[first.data().length];
            for (int part = 0; part < parts; part++) {
                float[] g = golden.tensor("grad." + (update * parts + part) + "." + name)
                        .data();
                for (int i = 0; i < sum.length; i++) {
                    sum[i] += g[i] / parts;
                }
            }
            gradients.put(name, new Tensor.Floats(sum, first.shape()));
        }
        return gradients;
    }

    private static Trainer.Update update(JsonNode run, int update) {
        return new Trainer.Update(
                run.get("lr_used").path(update).asDouble(),
                run.get("clip_global_norm").asDouble(Double.POSITIVE_INFINITY));
    }

    private static void assertClose(Run golden, int update, Op.Parameter parameter, CompiledModel model) {
        String run = golden.run().get("name").asText();
        float[] expected =
                golden.tensor(run + "." + update + "." + parameter.name()).data();
        float[] actual = new float[expected.length];
        model.weights().tensor(parameter).toFloat32(0, FloatBuffer.wrap(actual));
        double tolerance = golden.expected()
                .get("tolerance")
                .get(run + ".*." + parameter.name())
                .get("suggested_atol")
                .asDouble();
        for (int i = 0; i < expected.length; i++) {
            assertThat(actual[i])
                    .as("element %d of %s after update %d", i, parameter.name(), update)
                    .isCloseTo(expected[i], within((float) tolerance));
        }
    }

    private static Optimizer optimizer(JsonNode run) {
        JsonNode arguments = run.get("arguments");
        double decay = arguments.path("weight_decay").asDouble();
        JsonNode decayOn = run.get("weight_decay_on");
        Set<String> decaying = new HashSet<>();
        decayOn.forEach(name -> decaying.add(name.asText()));
        boolean vectors = !decayOn.isArray() || decaying.contains("b");
        double beta1 = arguments.path("betas").path(0).asDouble();
        double beta2 = arguments.path("betas").path(1).asDouble();
        double epsilon = arguments.path("eps").asDouble();
        String name = run.get("optimizer").asText();
        return switch (name) {
            case "AdamW" ->
                new Optimizer.AdamW(
                        beta1,
                        beta2,
                        epsilon,
                        decay,
                        vectors,
                        arguments.path("amsgrad").asBoolean());
            case "Adam" -> new Optimizer.Adam(beta1, beta2, epsilon, decay, vectors);
            case "SGD" ->
                new Optimizer.Sgd(
                        arguments.path("momentum").asDouble(),
                        arguments.path("dampening").asDouble(),
                        arguments.path("nesterov").asBoolean(),
                        decay,
                        vectors);
            case "RMSprop" -> new Optimizer.RmsProp(arguments.get("alpha").asDouble(), epsilon, decay, vectors);
            case "Adafactor" ->
                new Optimizer.Adafactor(
                        1e-30,
                        1e-3,
                        arguments.path("clip_threshold").asDouble(1),
                        arguments.path("decay_rate").asDouble(-0.8),
                        arguments.path("beta1").asDouble(),
                        decay,
                        vectors,
                        arguments.path("scale_parameter").asBoolean(true),
                        arguments.path("relative_step").asBoolean(true),
                        arguments.path("warmup_init").asBoolean());
            default -> throw new IllegalArgumentException("no optimizer is named " + name);
        };
    }

    /** A graph that has the recorded parameters; what it computes does not matter. */
    private static Graph graph() {
        var builder = new GraphBuilder();
        var x = builder.embedding(builder.parameter("e", 9, 4), builder.inputIds());
        var y = builder.linear("between", x, builder.parameter("between.weight", 7, 4), builder.parameter("b", 7));
        var logits = builder.linear("w", y, builder.parameter("w", 5, 7), null);
        builder.output("logits", logits);
        builder.output("loss", builder.causalLoss(logits));
        return builder.build();
    }

    /** The value recorded for the start. */
    private record Start(Op.Parameter parameter, Run golden) implements StoredTensor {
        @Override
        public String name() {
            return parameter.name();
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape() {
            return parameter.shape();
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            float[] values = PARAMETERS.contains(name())
                    ? golden.tensor("start." + name()).data()
                    : new float[Math.toIntExact(elements())];
            target.put(values, Math.toIntExact(from), target.remaining());
        }
    }
}
