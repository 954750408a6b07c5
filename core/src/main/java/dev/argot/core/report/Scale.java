package dev.argot.core.report;

import java.util.ArrayList;
import java.util.List;

/**
 * An axis with round numbers on it.
 *
 * @param low value at its beginning
 * @param high value at its end; above {@code low}
 * @param ticks the round numbers, rising
 */
record Scale(double low, double high, List<Double> ticks) {
    /**
     * An axis for values.
     *
     * @param least the least value
     * @param most the largest value
     * @param count about how many ticks
     * @param widened whether it begins and ends with a tick
     */
    static Scale of(double least, double most, int count, boolean widened) {
        double low = least;
        double high = most;
        if (!(high > low)) { // one value
            double margin = low == 0 ? 1 : Math.abs(low) / 10;
            low -= margin;
            high += margin;
        }
        double step = step((high - low) / Math.max(1, count - 1));
        long first = (long) (widened ? Math.floor(low / step + 1e-9) : Math.ceil(low / step - 1e-9));
        long last = (long) (widened ? Math.ceil(high / step - 1e-9) : Math.floor(high / step + 1e-9));
        var ticks = new ArrayList<Double>();
        for (long i = first; i <= last; i++) {
            ticks.add(i * step);
        }
        return widened ? new Scale(first * step, last * step, ticks) : new Scale(low, high, ticks);
    }

    /** The nearest of 1, 2 and 5 times a power of ten. */
    private static double step(double rough) {
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double rest = rough / power;
        return power * (rest < 1.5 ? 1 : rest < 3.5 ? 2 : rest < 7.5 ? 5 : 10);
    }

    /**
     * Where a value lies.
     *
     * @param value the value
     * @param begin place of the axis's beginning
     * @param end place of its end
     */
    double position(double value, double begin, double end) {
        return begin + (value - low) / (high - low) * (end - begin);
    }
}
