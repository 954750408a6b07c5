package dev.argot.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MinHashTest {
    // From the table in Mining of Massive Datasets, figure 3.8: b = 20, r = 5.
    @ParameterizedTest
    @CsvSource({"0.2, 0.006", "0.3, 0.047", "0.4, 0.186", "0.5, 0.470", "0.6, 0.802", "0.7, 0.975", "0.8, 0.9996"})
    void candidateProbability_isTheSCurve(double similarity, double probability) {
        assertThat(new MinHash(20, 5, 5, 1).candidateProbability(similarity)).isCloseTo(probability, within(0.0006));
    }

    @Test
    void threshold_isWhereTheCurveRises() {
        assertThat(new MinHash(16, 4, 5, 1).threshold()).isCloseTo(0.5, within(1e-12));
        assertThat(MinHash.DEFAULT.threshold()).isCloseTo(0.72, within(0.005));
        assertThat(MinHash.DEFAULT.candidateProbability(0.8)).isCloseTo(0.92, within(0.005));
    }

    @Test
    void similarity_isTheShareOfEqualValues() {
        MinHash parameters = new MinHash(2, 2, 5, 1);
        assertThat(parameters.similarity(new int[] {1, 2, 3, 4}, new int[] {1, 9, 3, 9}))
                .isEqualTo(0.5);
        assertThatThrownBy(() -> parameters.similarity(new int[4], new int[5]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 × 2")
                .hasMessageContaining("5");
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.3, 0.6, 0.8})
    void bandKeys_agreeAsOftenAsTheCurveSays(double similarity) {
        MinHash parameters = new MinHash(8, 4, 5, 1);
        long seed = 11;
        Random random = new Random(seed);
        int trials = 4000;
        int candidates = 0;
        for (int trial = 0; trial < trials; trial++) {
            int[] a = random.ints(parameters.hashes()).toArray();
            int[] b = Arrays.stream(a)
                    .map(x -> random.nextDouble() < similarity ? x : random.nextInt())
                    .toArray();
            Set<Long> keys = new HashSet<>();
            Arrays.stream(parameters.bandKeys(a)).forEach(keys::add);
            if (Arrays.stream(parameters.bandKeys(b)).anyMatch(keys::contains)) {
                candidates++;
            }
        }
        // Four standard errors of a share of 4000 trials: at most 4 × 0.5 / √4000.
        assertThat((double) candidates / trials)
                .as("seed %d", seed)
                .isCloseTo(parameters.candidateProbability(similarity), within(0.032));
    }

    @Test
    void bandKeys_ofDifferentBands_differ() {
        assertThat(new MinHash(50, 2, 5, 1).bandKeys(new int[100])).doesNotHaveDuplicates();
    }

    @Test
    void parameters_outOfRange_areRefused() {
        assertThatThrownBy(() -> new MinHash(0, 1, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new MinHash(1, 1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
