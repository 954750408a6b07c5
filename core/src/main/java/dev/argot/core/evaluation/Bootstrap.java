package dev.argot.core.evaluation;

import dev.argot.api.evaluation.Estimate;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * Confidence intervals by the percentile bootstrap (Efron 1979): the statistic is computed on resamples of the items, drawn with
 * replacement; the interval reaches from the 2.5th to the 97.5th percentile, interpolated linearly. Stateless, hence thread-safe.
 */
final class Bootstrap {
    static final int RESAMPLES = 1000;

    private Bootstrap() {}

    /**
     * A statistic with its interval. The same number of items and seed draw the same resamples.
     *
     * @param items number of items, at least 1
     * @param seed seeds the resamples
     * @param statistic computes the value from the indices of the items drawn
     */
    static Estimate estimate(int items, long seed, ToDoubleFunction<int[]> statistic) {
        int[] drawn = new int[items];
        Arrays.setAll(drawn, i -> i);
        double value = statistic.applyAsDouble(drawn);
        var random = new SplittableRandom(seed);
        double[] values = new double[RESAMPLES];
        for (int r = 0; r < RESAMPLES; r++) {
            for (int i = 0; i < items; i++) {
                drawn[i] = random.nextInt(items);
            }
            values[r] = statistic.applyAsDouble(drawn);
        }
        Arrays.sort(values);
        return new Estimate(value, percentile(values, 0.025), percentile(values, 0.975));
    }

    /**
     * The difference of a statistic over the same items, judged twice: the paired bootstrap.
     *
     * @param items number of items, at least 1
     * @param seed seeds the resamples
     * @param before what is taken away
     * @param after what it is taken from
     */
    static Estimate difference(int items, long seed, ToDoubleFunction<int[]> before, ToDoubleFunction<int[]> after) {
        return estimate(items, seed, drawn -> after.applyAsDouble(drawn) - before.applyAsDouble(drawn));
    }

    /** As {@code numpy.percentile} does by default: linear between the two nearest ranks. */
    static double percentile(double[] sorted, double share) {
        double rank = share * (sorted.length - 1);
        int below = (int) rank;
        int above = Math.min(below + 1, sorted.length - 1);
        return sorted[below] + (rank - below) * (sorted[above] - sorted[below]);
    }
}
