package dev.argot.examples.benchmarks;

import dev.argot.api.Device;
import dev.argot.api.Precision;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What the programs that measure training steps have in common. */
final class TrainingSteps {
    private static final int WARM_UP = 2;

    private TrainingSteps() {}

    /** Trains all weights of a new model; prints what {@link #measure} does. */
    static void measure(
            Map<String, @Nullable Object> config, int threads, Map<String, Tensor> batch, long tokens, int steps)
            throws Exception {
        Graph graph = describe(new Config(Path.of("config.json"), config)).graph();
        try (var engine = openEngine(threads);
                var model = engine.compile(graph, RandomWeight::new, Precision.FLOAT32);
                var trainer =
                        model.openTrainer(new Trainer.Request(names(graph), Optimizer.AdamW.defaults()))) {
            measure(trainer, batch, tokens, steps);
        }
    }

    /**
     * Prints the median over the steps; the first two are not counted.
     *
     * @param tokens how many tokens a step counts as
     */
    static void measure(Trainer trainer, Map<String, Tensor> batch, long tokens, int steps) throws Exception {
        double[] rates = new double[steps];
        double[] cores = new double[steps];
        double loss = 0;
        var request = new Trainer.StepRequest(List.of(batch), new Trainer.Update(1e-4, 1.0));
        for (int i = -WARM_UP; i < steps; i++) {
            var run = Report.time(() -> trainer.step(request));
            if (i >= 0) {
                rates[i] = tokens / run.seconds();
                cores[i] = run.cores();
                loss = run.value().loss();
            }
        }
        Report.result("train_tokens_per_second", Report.median(rates));
        Report.result("loss", loss);
        Report.result("cores_used", Report.median(cores));
        Report.peakMemory();
    }

    /** The default engine on the processor. */
    static Engine openEngine(int threads) {
        return trainingEngine()
                .open(new EngineProvider.Request(Optional.of(Device.CPU), OptionalInt.of(threads)));
    }

    /** Names of all parameters. */
    static Set<String> names(Graph graph) {
        return graph.parameters().stream().map(Op.Parameter::name).collect(Collectors.toCollection(HashSet::new));
    }

    /** The network of a checkpoint's configuration. */
    static Architecture describe(Config config) {
        String type = config.string("model_type");
        return ServiceLoader.load(ArchitectureProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.modelTypes().contains(type))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no plug-in describes the architecture '" + type + "'"))
                .describe(config);
    }

    private static EngineProvider trainingEngine() {
        return ServiceLoader.load(EngineProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.availability() instanceof EngineProvider.Availability.Available)
                .max(Comparator.comparingInt(EngineProvider::priority))
                .orElseThrow(() -> new IllegalStateException("no engine is available"));
    }

    /** The weights a new model of Transformers or PEFT has: norms 1, an adapter's B 0, the others normal with deviation 0.02. */
    record RandomWeight(Op.Parameter parameter) implements StoredTensor {
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
            RandomGenerator random = new SplittableRandom(name().hashCode() + from);
            boolean norm = shape().size() == 1;
            double deviation = name().contains("lora_B") ? 0 : 0.02;
            while (target.hasRemaining()) {
                target.put(norm ? 1f : (float) (deviation * random.nextGaussian()));
            }
        }
    }
}
