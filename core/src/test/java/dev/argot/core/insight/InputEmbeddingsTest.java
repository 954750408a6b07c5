package dev.argot.core.insight;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.TokenNeighbour;
import dev.argot.core.decoding.PieceTokenizer;
import dev.argot.core.decoding.TinyModel;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class InputEmbeddingsTest {
    /** A model that is nothing but its embeddings. */
    private static final class Embeddings extends TinyModel {
        private final float[][] rows;

        Embeddings(float[][] rows) {
            super(new float[0][][]);
            this.rows = rows;
        }

        @Override
        public Graph graph() {
            var b = new GraphBuilder();
            b.output("x", b.embedding(b.parameter("wte.weight", rows.length, rows[0].length), b.inputIds()));
            return b.build();
        }

        @Override
        public WeightSource weights() {
            return parameter -> new Table(parameter, rows);
        }
    }

    private record Table(Op.Parameter parameter, float[][] rows) implements StoredTensor {
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
            return List.of((long) rows.length, (long) rows[0].length);
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            int width = rows[0].length;
            for (long at = from; target.hasRemaining(); at++) {
                target.put(rows[(int) (at / width)][(int) (at % width)]);
            }
        }
    }

    @RepeatedTest(20)
    void nearest_random_areThoseOfTheDefinition(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        // several blocks of rows where the rows are wide
        int width = 1 + random.nextInt(info.getCurrentRepetition() % 2 == 0 ? 4000 : 8);
        int vocabulary = 120;
        float[][] rows = new float[vocabulary][width];
        for (float[] row : rows) {
            for (int i = 0; i < width; i++) {
                row[i] = (float) random.nextGaussian();
            }
        }
        PieceTokenizer tokenizer = PieceTokenizer.letters(vocabulary);
        int[] ids = IntStream.range(0, 1 + random.nextInt(4))
                .map(i -> 1 + random.nextInt(20))
                .toArray();

        List<TokenNeighbour> nearest =
                InputEmbeddings.of(new Embeddings(rows), tokenizer).nearest(tokenizer.decode(ids), 7);

        double[] mean = new double[width];
        for (int id : ids) {
            for (int i = 0; i < width; i++) {
                mean[i] += rows[id][i];
            }
        }
        List<Integer> wanted = IntStream.range(1, vocabulary)
                .filter(id -> IntStream.of(ids).noneMatch(own -> own == id))
                .boxed()
                .sorted(Comparator.comparingDouble(id -> -cosine(mean, rows[id])))
                .limit(7)
                .toList();
        assertThat(nearest.stream().map(n -> cosine(mean, rows[n.id()])).toList())
                .as("seed %d", seed)
                .isSortedAccordingTo(Comparator.reverseOrder());
        if (width > 1) { // else all cosines are 1 or -1
            assertThat(nearest).as("seed %d", seed).extracting(TokenNeighbour::id).isEqualTo(wanted);
        }
        assertThat(nearest).as("seed %d", seed).allSatisfy(n -> {
            assertThat(n.cosine()).isCloseTo(cosine(mean, rows[n.id()]), within(1e-5));
            assertThat(n.token()).isEqualTo(tokenizer.token(n.id()));
        });
    }

    private static double cosine(double[] a, float[] b) {
        double dot = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            dot += a[i] * b[i];
            aa += a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return dot / Math.sqrt(aa * bb);
    }

    @Test
    void nearest_leavesOutWhatIsNoWord() {
        var tokenizer = new PieceTokenizer("<end>", "a", "b", "[unused7]", "c", "<|reserved_special_token_3|>");
        // a special token, the text itself, a neighbour, a row for later, a row of zeros, another, and a row without token
        float[][] rows = {{1, 0}, {1, 0}, {1, 1}, {1, 0}, {0, 0}, {1, 0}, {1, 0}};
        assertThat(InputEmbeddings.of(new Embeddings(rows), tokenizer).nearest("a", 10))
                .singleElement()
                .satisfies(n -> {
                    assertThat(n.token()).isEqualTo("b");
                    assertThat(n.cosine()).isCloseTo(Math.sqrt(0.5), within(1e-6));
                });
    }

    @Test
    void nearest_withoutTokens_isRefused() {
        InputEmbeddings embeddings =
                InputEmbeddings.of(new Embeddings(new float[][] {{1}, {1}}), new PieceTokenizer("<end>", "a"));
        assertThatThrownBy(() -> embeddings.nearest("", 1)).isInstanceOf(ArgotException.class);
        assertThatThrownBy(() -> embeddings.nearest("a", 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
