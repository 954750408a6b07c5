package dev.argot.models.format;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.FileFormatException;
import dev.argot.models.family.HuggingFaceArchitectures;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider.SaveRequest;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What checkpoints of encoder-decoders leave unsaid or leave out. */
class EncoderDecoderCheckpointTest {
    private final HuggingFaceFormat format = new HuggingFaceFormat();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temp;

    /** A tensor [2, 2] of one number. */
    private record Constant(String name, float value) implements StoredTensor {
        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape() {
            return List.of(2L, 2L);
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            while (target.hasRemaining()) {
                target.put(value);
            }
        }
    }

    private Checkpoint saved(Map<String, Object> config, StoredTensor... tensors) {
        format.save(new SaveRequest(
                temp.resolve("saved"), config, Map.of(), List.of(tensors), ElementType.FLOAT32, Map.of(), 1 << 20));
        return format.open(temp.resolve("saved"));
    }

    /** The configuration's entry, "absent" for none; whether there is a head; and what is meant. */
    @ParameterizedTest
    @CsvSource({
        "t5,  absent, absent, none,  true,  true",
        "t5,  true,   absent, none,  true,  true",
        "t5,  true,   absent, same,  true,  true",
        "t5,  true,   absent, other, false, true",
        "t5,  true,   false,  other, false, false",
        "t5,  true,   false,  none,  true,  false",
        "t5,  false,  absent, other, false, false",
        "t5,  false,  absent, none,  true,  false",
        "mt5, absent, absent, none,  true,  true",
        "mt5, absent, absent, other, false, true",
        "mt5, false,  absent, other, false, false"
    })
    void open_t5_tellsByTheTensorsWhetherTheHeadIsTied(
            String type, String saysTied, String saysScaled, String head, boolean tied, boolean scaled) {
        var config = new HashMap<String, Object>(Map.of("model_type", type));
        if (!saysTied.equals("absent")) {
            config.put("tie_word_embeddings", saysTied.equals("true"));
        }
        if (!saysScaled.equals("absent")) {
            config.put("scale_decoder_outputs", saysScaled.equals("true"));
        }
        var table = new Constant("shared.weight", 1);
        StoredTensor[] tensors = head.equals("none")
                ? new StoredTensor[] {table}
                : new StoredTensor[] {table, new Constant("lm_head.weight", head.equals("same") ? 1 : 2)};
        try (Checkpoint checkpoint = saved(config, tensors)) {
            then(checkpoint.config().flag("tie_word_embeddings", !tied)).isEqualTo(tied);
            then(checkpoint.config().flag("scale_decoder_outputs", !scaled)).isEqualTo(scaled);
        }
    }

    @Test
    void open_otherFamilies_keepTheirConfiguration() {
        try (Checkpoint checkpoint = saved(
                Map.of("model_type", "bart", "tie_word_embeddings", true),
                new Constant("model.shared.weight", 1),
                new Constant("lm_head.weight", 2))) {
            then(checkpoint.config().values()).doesNotContainKey("scale_decoder_outputs");
            then(checkpoint.config().flag("tie_word_embeddings", false)).isTrue();
        }
    }

    private static Architecture bart() {
        Map<String, @Nullable Object> values = new LinkedHashMap<>(
                Map.of("model_type", "bart", "vocab_size", 2L, "d_model", 2L, "max_position_embeddings", 4L));
        for (String side : List.of("encoder", "decoder")) {
            values.putAll(Map.of(side + "_layers", 1L, side + "_attention_heads", 1L, side + "_ffn_dim", 2L));
        }
        return new HuggingFaceArchitectures().describe(new Config(Path.of("config.json"), values));
    }

    private static float[] read(StoredTensor tensor) {
        float[] values = new float[(int) tensor.elements()];
        Arrays.fill(values, Float.NaN);
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    /** The bare model has neither the prefix nor the bias; some converters keep the embedding under its second name. */
    @Test
    void bind_bareModelWithoutItsBuffer_findsTheEmbeddingAndZeros() {
        Architecture architecture = bart();
        try (Checkpoint checkpoint =
                saved(Map.of("model_type", "bart"), new Constant("encoder.embed_tokens.weight", 3))) {
            var weights = WeightBinding.bind(architecture, checkpoint);
            then(read(weights.tensor(new Op.Parameter("model.shared.weight", List.of(2L, 2L)))))
                    .containsExactly(3, 3, 3, 3);
            then(read(weights.tensor(new Op.Parameter("final_logits_bias", List.of(1L, 2L)))))
                    .containsExactly(0, 0);
            thenThrownBy(() -> weights.tensor(new Op.Parameter("model.encoder.layers.0.fc1.bias", List.of(2L))))
                    .isInstanceOf(FileFormatException.class)
                    .hasMessageContaining("model.encoder.layers.0.fc1.bias");
        }
    }
}
