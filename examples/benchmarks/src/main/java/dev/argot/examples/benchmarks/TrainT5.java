package dev.argot.examples.benchmarks;

import dev.argot.spi.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Training steps of a T5 with random weights on the default engine, as for span corruption. Arguments: THREADS BATCH SEQUENCE TARGET STEPS
 * HIDDEN LAYERS HEADS FFN VOCABULARY; SEQUENCE tokens a row enter the encoder, TARGET the decoder; a step counts as the encoder's tokens.
 */
final class TrainT5 {
    private static final int FIRST_WORD = 2;

    private TrainT5() {}

    /** Prints the median over the steps; the first two are not counted. */
    public static void main(String[] args) throws Exception {
        int batch = Integer.parseInt(args[1]);
        int sequence = Integer.parseInt(args[2]);
        int target = Integer.parseInt(args[3]);
        int vocabulary = Integer.parseInt(args[9]);
        long hidden = Long.parseLong(args[5]);
        long layers = Long.parseLong(args[6]);
        long heads = Long.parseLong(args[7]);
        var config = new LinkedHashMap<String, @Nullable Object>();
        config.put("model_type", "t5");
        config.put("d_model", hidden);
        config.put("d_kv", hidden / heads);
        config.put("d_ff", Long.valueOf(args[8]));
        config.put("num_layers", layers);
        config.put("num_decoder_layers", layers);
        config.put("num_heads", heads);
        config.put("vocab_size", (long) vocabulary);
        config.put("relative_attention_num_buckets", 32L);
        config.put("relative_attention_max_distance", 128L);
        config.put("layer_norm_epsilon", 1e-6);
        config.put("feed_forward_proj", "relu");
        config.put("tie_word_embeddings", true);
        config.put("decoder_start_token_id", 0L);
        config.put("pad_token_id", 0L);
        config.put("eos_token_id", 1L);
        config.put("is_encoder_decoder", true);
        config.put("architectures", List.of("T5ForConditionalGeneration"));
        TrainingSteps.measure(
                config,
                Integer.parseInt(args[0]),
                batch(batch, sequence, target, vocabulary),
                (long) batch * sequence,
                Integer.parseInt(args[4]));
    }

    private static Map<String, Tensor> batch(int rows, int length, int target, int vocabulary) {
        var random = new SplittableRandom(0);
        long[] ids = random.longs((long) rows * length, FIRST_WORD, vocabulary).toArray();
        long[] labels = random.longs((long) rows * target, FIRST_WORD, vocabulary).toArray();
        var decoder = new long[labels.length];
        for (int i = 0; i < labels.length; i++) {
            decoder[i] = i % target == 0 ? 0 : labels[i - 1];
        }
        return Map.of(
                "input_ids", new Tensor.Longs(ids, rows, length),
                "decoder_input_ids", new Tensor.Longs(decoder, rows, target),
                "labels", new Tensor.Longs(labels, rows, target));
    }
}
