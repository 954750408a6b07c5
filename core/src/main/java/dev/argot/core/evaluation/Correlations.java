package dev.argot.core.evaluation;

import java.util.Arrays;

/** How alike two rows of numbers are. Stateless, hence thread-safe. */
final class Correlations {
    private Correlations() {}

    /** The linear correlation, as {@code scipy.stats.pearsonr}; 0 where one of the rows is constant. */
    static double pearson(double[] x, double[] y) {
        double meanX = mean(x);
        double meanY = mean(y);
        double xy = 0;
        double xx = 0;
        double yy = 0;
        for (int i = 0; i < x.length; i++) {
            xy += (x[i] - meanX) * (y[i] - meanY);
            xx += (x[i] - meanX) * (x[i] - meanX);
            yy += (y[i] - meanY) * (y[i] - meanY);
        }
        return xx == 0 || yy == 0 ? 0 : Math.clamp(xy / Math.sqrt(xx * yy), -1, 1);
    }

    /** The linear correlation of the ranks, as {@code scipy.stats.spearmanr}. */
    static double spearman(double[] x, double[] y) {
        return pearson(ranks(x), ranks(y));
    }

    /** The share of the variance of {@code right} that {@code answered} explains, as {@code r2_score} of scikit-learn. */
    static double rSquared(double[] right, double[] answered) {
        double mean = mean(right);
        double left = 0;
        double all = 0;
        for (int i = 0; i < right.length; i++) {
            left += (right[i] - answered[i]) * (right[i] - answered[i]);
            all += (right[i] - mean) * (right[i] - mean);
        }
        return all == 0 ? (left == 0 ? 1 : 0) : 1 - left / all;
    }

    /** From 1; equal numbers share the mean of their ranks. */
    private static double[] ranks(double[] values) {
        Integer[] order = new Integer[values.length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (a, b) -> Double.compare(values[a], values[b]));
        double[] ranks = new double[values.length];
        int from = 0;
        while (from < order.length) {
            int to = from;
            while (to < order.length && values[order[to]] == values[order[from]]) {
                to++;
            }
            for (int i = from; i < to; i++) {
                ranks[order[i]] = (from + 1 + to) / 2.0;
            }
            from = to;
        }
        return ranks;
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum / values.length;
    }
}
