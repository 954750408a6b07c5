package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Precision;
import dev.argot.engine.gpu.PyTorchEngineProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.ElementType;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.FourBitGroups;
import dev.argot.spi.Session;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import dev.argot.testkit.RandomWeights;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Matrices that a file holds as 4-bit groups reach the kernels as they are. */
class FourBitGroupsTest {
    /** Families that join matrices, and one that has no reason to. */
    private static Stream<Arguments> families() {
        Map<String, Object> sizes = Map.of(
                "vocab_size", 40L,
                "hidden_size", 128L,
                "num_attention_heads", 4L,
                "num_key_value_heads", 2L,
                "intermediate_size", 192L,
                "head_dim", 32L);
        return TinyModels.all(sizes)
                .filter(a -> List.of("llama", "qwen3", "phi3").contains(a.modelType()))
                .flatMap(a -> Stream.of(1L, 2L).map(seed -> Arguments.of(a.modelType(), seed, a)));
    }

    @ParameterizedTest(name = "{0}, seed {1}")
    @MethodSource("families")
    void append_ofStoredGroups_isCloserThanQuantisingAgain(String family, long seed, Architecture architecture) {
        try (Engine engine =
                new PyTorchEngineProvider().open(new EngineProvider.Request(Optional.empty(), OptionalInt.of(1)))) {
            float[] wanted = logits(engine, architecture, new Groups(seed, false), Precision.FLOAT32);
            double again = error(wanted, logits(engine, architecture, new Groups(seed, false), Precision.INT4));
            double taken = error(wanted, logits(engine, architecture, new Groups(seed, true), Precision.INT4));
            // what is left is bfloat16 and the 8-bit embedding
            assertThat(taken).as("%s, seed %d", family, seed).isLessThan(0.06).isLessThan(again / 2);
        }
    }

    /** The length of the difference, relative to that of the vector. */
    private static double error(float[] wanted, float[] actual) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < wanted.length; i++) {
            difference += Math.pow((double) wanted[i] - actual[i], 2);
            length += Math.pow(wanted[i], 2);
        }
        return Math.sqrt(difference / length);
    }

    private static float[] logits(Engine engine, Architecture architecture, WeightSource weights, Precision precision) {
        try (CompiledModel model = engine.compile(architecture.graph(), weights, precision);
                Session session = model.openSession(1, 16)) {
            session.append(new int[][] {{3, 1, 4, 1, 5}});
            return session.append(new int[][] {{9, 2}})[0];
        }
    }

    /** Matrices of random groups, whose codes leave out some of the 16, as those of real files do. */
    private record Groups(long seed, boolean offered) implements WeightSource {
        @Override
        public StoredTensor tensor(Op.Parameter parameter) {
            boolean matrix = parameter.shape().size() == 2 && parameter.shape().get(1) % FourBitGroups.SIZE == 0;
            return matrix
                    ? new Matrix(parameter, seed + parameter.name().hashCode(), offered)
                    : new RandomWeights(seed).tensor(parameter);
        }
    }

    private record Matrix(Op.Parameter parameter, long seed, boolean offered) implements StoredTensor {
        @Override
        public String name() {
            return parameter.name();
        }

        @Override
        public ElementType type() {
            return ElementType.BLOCK_QUANTISED;
        }

        @Override
        public List<Long> shape() {
            return parameter.shape();
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        private Random random(long group) {
            return new Random(seed * 1_000_003 + group);
        }

        private float scale(long group) {
            return (float) ((0.01 + 0.02 * random(group).nextDouble()) * (group % 3 == 0 ? -1 : 1));
        }

        private float minimum(long group) {
            return -8 * scale(group) + (float) (0.02 * random(-group).nextGaussian());
        }

        private int code(long group, int i) {
            var random = random(group);
            random.nextDouble();
            int code = 0;
            for (int j = 0; j <= i; j++) {
                code = 2 + random.nextInt(12);
            }
            return code;
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            for (long at = from; target.hasRemaining(); at++) {
                long group = at / FourBitGroups.SIZE;
                target.put(scale(group) * code(group, (int) (at % FourBitGroups.SIZE)) + minimum(group));
            }
        }

        @Override
        public Optional<FourBitGroups> fourBitGroups() {
            return offered ? Optional.of(this::read) : Optional.empty();
        }

        private void read(long first, int count, byte[] codes, float[] scales, float[] minima, int at) {
            for (int g = 0; g < count; g++) {
                scales[at + g] = scale(first + g);
                minima[at + g] = minimum(first + g);
                for (int i = 0; i < FourBitGroups.BYTES; i++) {
                    codes[(at + g) * FourBitGroups.BYTES + i] =
                            (byte) (code(first + g, i) | code(first + g, i + FourBitGroups.BYTES) << 4);
                }
            }
        }
    }
}
