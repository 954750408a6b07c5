package dev.argot.examples.benchmarks;

import dev.argot.api.Device;
import dev.argot.api.Precision;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Training steps of a small llama with random weights on the default engine. Arguments: THREADS BATCH SEQUENCE STEPS HIDDEN LAYERS HEADS
 * FFN VOCABULARY.
 */
final class Train {
    private static final int WARM_UP = 2;

    private Train() {}

    /** Prints the median over the steps; the first two are not counted. */
    public static void main(String[] args) throws Exception {
        int threads = Integer.parseInt(args[0]);
        int batch = Integer.parseInt(args[1]);
        int sequence = Integer.parseInt(args[2]);
        int steps = Integer.parseInt(args[3]);
        int vocabulary = Integer.parseInt(args[8]);
        Graph graph = llama(args[4], args[5], args[6], args[7], args[8]);
        var batches = List.of(batch(batch, sequence, vocabulary));
        var trained = graph.parameters().stream().map(Op.Parameter::name).collect(Collectors.toSet());
        double[] rates = new double[steps];
        double[] cores = new double[steps];
        double loss = 0;
        try (var engine = trainingEngine()
                        .open(new EngineProvider.Request(Optional.of(Device.CPU), OptionalInt.of(threads)));
                var model = engine.compile(graph, RandomWeight::new, Precision.FLOAT32);
                var trainer = model.openTrainer(new Trainer.Request(trained, Optimizer.AdamW.defaults()))) {
            for (int i = -WARM_UP; i < steps; i++) {
                var run = Report.time(() -> trainer.step(new Trainer.StepRequest(batches, new Trainer.Update(1e-4, 1.0))));
                if (i >= 0) {
                    rates[i] = batch * sequence / run.seconds();
                    cores[i] = run.cores();
                    loss = run.value().loss();
                }
            }
        }
        Report.result("train_tokens_per_second", Report.median(rates));
        Report.result("loss", loss);
        Report.result("cores_used", Report.median(cores));
        Report.peakMemory();
    }

    private static Graph llama(String hidden, String layers, String heads, String ffn, String vocabulary) {
        var config = new LinkedHashMap<String, @Nullable Object>();
        config.put("model_type", "llama");
        config.put("hidden_size", Long.valueOf(hidden));
        config.put("num_hidden_layers", Long.valueOf(layers));
        config.put("num_attention_heads", Long.valueOf(heads));
        config.put("num_key_value_heads", Long.valueOf(heads));
        config.put("intermediate_size", Long.valueOf(ffn));
        config.put("vocab_size", Long.valueOf(vocabulary));
        config.put("max_position_embeddings", 2048L);
        config.put("rms_norm_eps", 1e-6);
        config.put("rope_theta", 10000.0);
        config.put("hidden_act", "silu");
        config.put("tie_word_embeddings", true);
        return ServiceLoader.load(ArchitectureProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.modelTypes().contains("llama"))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no plug-in describes the architecture 'llama'"))
                .describe(new Config(Path.of("config.json"), config))
                .graph();
    }

    private static EngineProvider trainingEngine() {
        return ServiceLoader.load(EngineProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.availability() instanceof EngineProvider.Availability.Available)
                .max(Comparator.comparingInt(EngineProvider::priority))
                .orElseThrow(() -> new IllegalStateException("no engine is available"));
    }

    private static Map<String, Tensor> batch(int rows, int length, int vocabulary) {
        long[] ids = new SplittableRandom(0)
                .longs((long) rows * length, 0, vocabulary)
                .toArray();
        return Map.of(
                "input_ids", new Tensor.Longs(ids, rows, length),
                "labels", new Tensor.Longs(ids, rows, length));
    }

    /** The weights a new model of Transformers has: norms 1, the others normal with deviation 0.02. */
    private record RandomWeight(Op.Parameter parameter) implements StoredTensor {
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
            while (target.hasRemaining()) {
                target.put(norm ? 1f : (float) (0.02 * random.nextGaussian()));
            }
        }
    }
}
