package dev.argot.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.evaluation.Estimate;
import java.util.Arrays;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class BootstrapTest {
    @Test
    void percentile_betweenRanks_isThatOfNumpy() {
        double[] sorted = {0.1, 0.21, 0.33, 0.35, 0.4, 0.8, 0.9};
        assertThat(Bootstrap.percentile(sorted, 0.025)).isCloseTo(0.1165, within(1e-12));
        assertThat(Bootstrap.percentile(sorted, 0.975)).isCloseTo(0.885, within(1e-12));
        assertThat(Bootstrap.percentile(new double[] {3}, 0.975)).isEqualTo(3);
    }

    @RepeatedTest(10)
    void estimate_shareOfManyItems_isCloseToTheNormalApproximation(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        int size = 400;
        double[] values = random.doubles(size).map(v -> v < 0.3 ? 1 : 0).toArray();
        // WHEN
        Estimate estimate = Bootstrap.estimate(size, seed, mean(values));
        // THEN
        double p = Arrays.stream(values).average().orElseThrow();
        double half = 1.96 * Math.sqrt(p * (1 - p) / size);
        assertThat(estimate.value()).as("seed %d", seed).isCloseTo(p, within(1e-12));
        assertThat(estimate.low()).as("seed %d", seed).isCloseTo(p - half, within(0.012));
        assertThat(estimate.high()).as("seed %d", seed).isCloseTo(p + half, within(0.012));
    }

    @Test
    void estimate_sameSeed_isTheSame() {
        ToDoubleFunction<int[]> mean = mean(1, 0, 0, 1, 1, 0, 1);
        assertThat(Bootstrap.estimate(7, 5, mean)).isEqualTo(Bootstrap.estimate(7, 5, mean));
        assertThat(Bootstrap.estimate(1, 5, mean(1))).isEqualTo(new Estimate(1, 1, 1));
    }

    @Test
    void difference_ofPairedItems_isNarrowerThanOfIndependentOnes() {
        // GIVEN the second gets right what the first does, and two more of forty
        double[] before = new double[40];
        Arrays.fill(before, 0, 20, 1);
        double[] after = before.clone();
        after[30] = 1;
        after[31] = 1;
        // WHEN
        Estimate paired = Bootstrap.difference(40, 1, mean(before), mean(after));
        // THEN the number of the two items drawn is binomial(40, 1/20): 0 to 5 in 95 %
        assertThat(paired.value()).isCloseTo(0.05, within(1e-12));
        assertThat(paired.low()).isZero();
        assertThat(paired.high()).isBetween(4 / 40.0, 5 / 40.0);
        assertThat(paired.excludesZero()).isFalse();
        assertThat(Bootstrap.difference(40, 1, mean(after), mean(after))).isEqualTo(new Estimate(0, 0, 0));
    }

    private static ToDoubleFunction<int[]> mean(double... values) {
        return drawn ->
                Arrays.stream(drawn).mapToDouble(i -> values[i]).average().orElseThrow();
    }
}
