package dev.argot.core.prompt;

import java.util.Arrays;

/** Arithmetic with natural log-probabilities. Stateless. */
final class LogProbabilities {
    /** Stands for the logarithm of zero where something is divided by it. */
    private static final double LEAST = -1e6;

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
     * The logarithm of a quotient of probabilities; finite where the divisor is zero.
     *
     * @param log logarithm of the dividend
     * @param divisor logarithm of the divisor
     */
    static double quotient(double log, double divisor) {
        return log - Math.max(divisor, LEAST);
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
