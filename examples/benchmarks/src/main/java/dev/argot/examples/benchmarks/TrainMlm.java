package dev.argot.examples.benchmarks;

import dev.argot.spi.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Training steps of a BERT with random weights on the default engine: masked language modelling with 15 % of the tokens scored. Arguments:
 * THREADS BATCH SEQUENCE STEPS HIDDEN LAYERS HEADS FFN VOCABULARY.
 */
final class TrainMlm {
    private static final double MASKED = 0.15;
    private static final long MASK = 103;
    private static final int FIRST_WORD = 5;

    private TrainMlm() {}

    /** Prints the median over the steps; the first two are not counted. */
    public static void main(String[] args) throws Exception {
        int batch = Integer.parseInt(args[1]);
        int sequence = Integer.parseInt(args[2]);
        int vocabulary = Integer.parseInt(args[8]);
        var config = new LinkedHashMap<String, @Nullable Object>();
        config.put("model_type", "bert");
        config.put("hidden_size", Long.valueOf(args[4]));
        config.put("num_hidden_layers", Long.valueOf(args[5]));
        config.put("num_attention_heads", Long.valueOf(args[6]));
        config.put("intermediate_size", Long.valueOf(args[7]));
        config.put("vocab_size", Long.valueOf(vocabulary));
        config.put("max_position_embeddings", 512L);
        config.put("type_vocab_size", 2L);
        config.put("layer_norm_eps", 1e-12);
        config.put("hidden_act", "gelu");
        config.put("tie_word_embeddings", true);
        config.put("pad_token_id", 0L);
        config.put("architectures", java.util.List.of("BertForMaskedLM"));
        TrainingSteps.measure(
                config,
                Integer.parseInt(args[0]),
                batch(batch, sequence, vocabulary),
                (long) batch * sequence,
                Integer.parseInt(args[3]));
    }

    private static Map<String, Tensor> batch(int rows, int length, int vocabulary) {
        var random = new SplittableRandom(0);
        var ids = new long[rows * length];
        var labels = new long[rows * length];
        for (int i = 0; i < ids.length; i++) {
            long word = random.nextInt(FIRST_WORD, vocabulary);
            boolean masked = random.nextDouble() < MASKED;
            ids[i] = masked ? MASK : word;
            labels[i] = masked ? word : -100;
        }
        return Map.of(
                "input_ids", new Tensor.Longs(ids, rows, length), "labels", new Tensor.Longs(labels, rows, length));
    }
}
