package dev.argot.examples.benchmarks;

import dev.argot.api.Precision;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Config;
import dev.argot.spi.Engine;
import dev.argot.spi.LoraRewrite;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.graph.Graph;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Training steps on the default engine. Arguments: THREADS BATCH SEQUENCE STEPS METHOD, then MODEL_FOLDER for a checkpoint, or HIDDEN LAYERS
 * HEADS FFN VOCABULARY for a llama with random weights. METHOD is "full", "recompute" (full,
 * with blocks computed a second time for their gradients), or "lora": rank 8 on every linear layer but the head.
 */
final class Train {
    private Train() {}

    /** Prints the median over the steps; the first two are not counted. */
    public static void main(String[] args) throws Exception {
        int threads = Integer.parseInt(args[0]);
        int batch = Integer.parseInt(args[1]);
        int sequence = Integer.parseInt(args[2]);
        int steps = Integer.parseInt(args[3]);
        try (var engine = TrainingSteps.openEngine(threads);
                var base = args.length == 6
                        ? checkpoint(engine, Path.of(args[5]))
                        : engine.compile(
                                llama(args[5], args[6], args[7], args[8], args[9]),
                                TrainingSteps.RandomWeight::new,
                                Precision.FLOAT32);
                var model = adapted(base, args[4]);
                var trainer = model.openTrainer(new Trainer.Request(
                        trained(base, model, args[4]),
                        Optimizer.AdamW.defaults(),
                        args[4].equals("recompute"),
                        Precision.FLOAT32))) {
            TrainingSteps.measure(
                    trainer, batch(batch, sequence, vocabulary(base.graph())), (long) batch * sequence, steps);
        }
    }

    private static CompiledModel adapted(CompiledModel base, String method) {
        return switch (method) {
            case "full", "recompute" -> base.derive(base.graph());
            case "lora" -> {
                var layers = LoraRewrite.layers(base.graph(), Lora.ofRank(8));
                yield base.derive(LoraRewrite.apply(base.graph(), layers, 0), TrainingSteps.RandomWeight::new);
            }
            default -> throw new IllegalArgumentException("the method must be full, recompute or lora: " + method);
        };
    }

    private static Set<String> trained(CompiledModel base, CompiledModel model, String method) {
        var names = TrainingSteps.names(model.graph());
        if (method.equals("lora")) {
            names.removeAll(TrainingSteps.names(base.graph()));
        }
        return names;
    }

    private static int vocabulary(Graph graph) {
        return Math.toIntExact(graph.output("logits").type().dimension(-1));
    }

    private static CompiledModel checkpoint(Engine engine, Path folder) {
        try (var checkpoint = ServiceLoader.load(CheckpointFormatProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(format -> format.recognises(folder))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no checkpoint: " + folder))
                .open(folder)) {
            var architecture = TrainingSteps.describe(checkpoint.config());
            return engine.compile(
                    architecture.graph(), WeightBinding.bind(architecture, checkpoint), Precision.FLOAT32);
        }
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
        return TrainingSteps.describe(new Config(Path.of("config.json"), config)).graph();
    }

    private static Map<String, Tensor> batch(int rows, int length, int vocabulary) {
        long[] ids = new SplittableRandom(0)
                .longs((long) rows * length, 0, vocabulary)
                .toArray();
        return Map.of(
                "input_ids", new Tensor.Longs(ids, rows, length),
                "labels", new Tensor.Longs(ids, rows, length));
    }
}
