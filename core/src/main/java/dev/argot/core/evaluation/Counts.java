package dev.argot.core.evaluation;

import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/**
 * How often one thing is right, answered and expected in each item, and what follows from it for any choice of items. Not thread-safe while
 * it is filled.
 */
final class Counts {
    private final int[] hits;
    private final int[] answered;
    private final int[] expected;

    Counts(int items) {
        hits = new int[items];
        answered = new int[items];
        expected = new int[items];
    }

    void answered(int item) {
        answered[item]++;
    }

    void expected(int item) {
        expected[item]++;
    }

    void hit(int item) {
        hits[item]++;
    }

    int support() {
        return Arrays.stream(expected).sum();
    }

    /** 0 where nothing is answered. */
    double precision(int[] drawn) {
        return ratio(sum(hits, drawn), sum(answered, drawn));
    }

    /** 0 where nothing is expected. */
    double recall(int[] drawn) {
        return ratio(sum(hits, drawn), sum(expected, drawn));
    }

    /** The harmonic mean of both: 2·hits / (answered + expected). */
    double f1(int[] drawn) {
        return ratio(2 * sum(hits, drawn), sum(answered, drawn) + sum(expected, drawn));
    }

    boolean occurs(int[] drawn) {
        for (int item : drawn) {
            if (answered[item] + expected[item] > 0) {
                return true;
            }
        }
        return false;
    }

    /** The mean of F1 over those that are expected or answered somewhere. */
    static ToDoubleFunction<int[]> macroF1(Iterable<Counts> classes) {
        return drawn -> {
            double sum = 0;
            int seen = 0;
            for (Counts one : classes) {
                if (one.occurs(drawn)) {
                    sum += one.f1(drawn);
                    seen++;
                }
            }
            return seen == 0 ? 0 : sum / seen;
        };
    }

    private static long sum(int[] counts, int[] drawn) {
        long sum = 0;
        for (int item : drawn) {
            sum += counts[item];
        }
        return sum;
    }

    private static double ratio(long part, long whole) {
        return whole == 0 ? 0 : (double) part / whole;
    }
}
