package dev.argot.core.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.CausalModel;
import dev.argot.core.decoding.PieceTokenizer;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of an extended embedding and head against means written down anew. */
class ExtendedCheckpointTest {
    private static final int ROWS = 6;
    private static final int WIDTH = 3;

    private final Random random = new Random(5);
    private final Numbers table = Numbers.random("embed.weight", random, ROWS, WIDTH);
    private final Numbers head = Numbers.random("head.weight", random, ROWS, WIDTH);
    private final Numbers bias = Numbers.random("head.bias", random, ROWS);
    private final Numbers buffer = Numbers.random("logits_bias", random, 1, ROWS);
    private final Numbers inner = Numbers.random("inner.weight", random, ROWS, WIDTH);

    private Architecture architecture() {
        var builder = new GraphBuilder();
        Node x = builder.embedding(builder.parameter("embed.weight", ROWS, WIDTH), builder.inputIds());
        // a layer in a block that happens to have as many outputs as there are tokens
        builder.block(
                "layers.0", () -> builder.linear("inner", x, builder.parameter("inner.weight", ROWS, WIDTH), null));
        builder.output(
                "logits",
                builder.add(
                        builder.linear(
                                "head",
                                x,
                                builder.parameter("head.weight", ROWS, WIDTH),
                                builder.parameter("head.bias", ROWS)),
                        builder.parameter("logits_bias", 1, ROWS)));
        return new Architecture(
                "test",
                CausalModel.class,
                builder.build(),
                "",
                1,
                WIDTH,
                ROWS,
                8,
                Set.of("logits_bias"),
                List.of());
    }

    private record Base(Map<String, StoredTensor> tensors) implements Checkpoint {
        @Override
        public String format() {
            return "test";
        }

        @Override
        public Path location() {
            return Path.of("base");
        }

        @Override
        public Config config() {
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            values.put("model_type", "test");
            values.put("vocab_size", (long) ROWS);
            values.put("decoder_vocab_size", (long) ROWS);
            return new Config(Path.of("config.json"), values);
        }

        @Override
        public Optional<Config> generationConfig() {
            return Optional.empty();
        }

        @Override
        public TokenizerData tokenizer() {
            return new TokenizerData.Folder(location());
        }

        @Override
        public String licence() {
            return "";
        }

        @Override
        public void close() {}
    }

    /** The first new id is that of a spare row, of the row behind the last, or beyond. */
    @ParameterizedTest
    @ValueSource(ints = {5, 6, 8})
    void tensors_extended_haveMeansInNewRows(int first) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        List.of(table, head, bias, buffer, inner).forEach(tensor -> tensors.put(tensor.name(), tensor));
        var tokenizer = PieceTokenizer.letters(5);
        var vocabulary = new ExtendedVocabulary(
                new TokenizerData.Folder(Path.of("new")),
                tokenizer,
                tokenizer,
                first,
                List.of(new int[] {1, 2}, new int[] {0, 3, 4}),
                List.of());

        var extended = new ExtendedCheckpoint(new Base(tensors), architecture(), vocabulary);

        assertThat(extended.config().size("vocab_size")).isEqualTo(first + 2);
        assertThat(extended.config().size("decoder_vocab_size")).isEqualTo(first + 2);
        assertThat(Objects.requireNonNull(extended.tensors().get("logits_bias")).shape())
                .containsExactly(1L, first + 2L);
        assertThat(extended.extendedParameters()) // those that are trained
                .containsExactly("embed.weight", "head.weight", "head.bias");
        assertThat(extended.tensors().get("inner.weight")).isSameAs(inner);
        for (Numbers old : List.of(table, head, bias, buffer)) {
            StoredTensor grown = Objects.requireNonNull(extended.tensors().get(old.name()));
            int width = Math.toIntExact(old.elements() / ROWS);
            float[] values = Numbers.of(grown);
            assertThat(values).as(old.name()).hasSize((first + 2) * width);
            for (int i = 0; i < values.length; i++) {
                int row = i / width;
                int column = i % width;
                double expected = row == first
                        ? mean(old, width, column, 1, 2)
                        : row == first + 1
                                ? mean(old, width, column, 0, 3, 4)
                                : row < ROWS ? old.data()[row * width + column] : 0;
                assertThat((double) values[i]).as("%s[%d]", old.name(), i).isCloseTo(expected, within(1e-6));
                var one = new float[1];
                grown.toFloat32(i, FloatBuffer.wrap(one));
                assertThat(one[0]).isEqualTo(values[i]);
            }
        }
    }

    private static double mean(Numbers tensor, int width, int column, int... rows) {
        double sum = 0;
        for (int row : rows) {
            sum += tensor.data()[row * width + column];
        }
        return sum / rows.length;
    }
}
