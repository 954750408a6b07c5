package dev.argot.core.prompt;

import java.util.Arrays;

/** Arithmetic with natural log-probabilities. Stateless. */
final class LogProbabilities {
    private LogProbabilities() {}

    /**
     * The logarithm of the sum of probabilities.
     *
     * @param logs their logarithms; at least one
     */
    static double sum(double... logs) {
        double max = Arrays.stream(logs).max().orElseThrow();
        return max == Double.NEGATIVE_INFINITY
                ? max
                : max + Math.log(Arrays.stream(logs).map(x -> Math.exp(x - max)).sum());
    }

    /**
     * Logarithms of shares that sum to 1; equal shares where nothing has a probability above zero.
     *
     * @param logs logarithms of what is shared; at least one
     */
    static double[] shares(double... logs) {
        double sum = sum(logs);
        return Arrays.stream(logs)
                .map(x -> sum == Double.NEGATIVE_INFINITY ? -Math.log(logs.length) : x - sum)
                .toArray();
    }
}
