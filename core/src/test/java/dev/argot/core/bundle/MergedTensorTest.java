package dev.argot.core.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.spi.LoraLayer;
import java.nio.FloatBuffer;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Merged matrices against the formula, element by element in float64. */
class MergedTensorTest {
    private static final int OUT = 7;
    private static final int IN = 5;
    private static final int RANK = 3;

    @ParameterizedTest
    @CsvSource({"1, false, false", "2, false, true", "3, true, false", "4, true, true"})
    void toFloat32_anyRange_isTheFormula(long seed, boolean inOut, boolean dora) {
        var random = new Random(seed);
        Numbers w = inOut ? Numbers.random("w", random, IN, OUT) : Numbers.random("w", random, OUT, IN);
        Numbers a = Numbers.random("a", random, RANK, IN);
        Numbers b = Numbers.random("b", random, OUT, RANK);
        Numbers m = Numbers.random("m", random, OUT);
        var layer = new LoraLayer("x", RANK, 0.75, dora);
        var merged = new MergedTensor(w, inOut, layer, a, b, dora ? m : null);

        for (int from = 0; from < OUT * IN; from++) {
            for (int to = from; to <= OUT * IN; to++) {
                var actual = new float[to - from];
                merged.toFloat32(from, FloatBuffer.wrap(actual));
                for (int i = from; i < to; i++) {
                    int out = inOut ? i % OUT : i / IN;
                    int in = inOut ? i / OUT : i % IN;
                    assertThat((double) actual[i - from])
                            .as("seed %d, element %d of [%d, %d)", seed, i, from, to)
                            .isCloseTo(expected(w, a, b, m, inOut, dora, out, in), within(1e-5));
                }
            }
        }
        assertThat(merged.shape()).isEqualTo(w.shape());
        assertThat(merged.name()).isEqualTo("w");
    }

    private static double expected(
            Numbers w, Numbers a, Numbers b, Numbers m, boolean inOut, boolean dora, int out, int in) {
        double sum = sum(w, a, b, inOut, out, in);
        if (!dora) {
            return sum;
        }
        double square = 0;
        for (int i = 0; i < IN; i++) {
            square += Math.pow(sum(w, a, b, inOut, out, i), 2);
        }
        return m.data()[out] / Math.sqrt(square) * sum;
    }

    private static double sum(Numbers w, Numbers a, Numbers b, boolean inOut, int out, int in) {
        double sum = w.data()[inOut ? in * OUT + out : out * IN + in];
        for (int k = 0; k < RANK; k++) {
            sum += 0.75 * b.data()[out * RANK + k] * a.data()[k * IN + in];
        }
        return sum;
    }
}
