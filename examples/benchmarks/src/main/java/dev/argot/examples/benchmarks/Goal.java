package dev.argot.examples.benchmarks;

import java.util.Locale;

/** What a figure should reach. */
sealed interface Goal {
    /** So many times as good as the peer. */
    record TimesPeer(double factor) implements Goal {}

    /** At least this value. */
    record AtLeast(double value) implements Goal {}

    /** At most this value. */
    record AtMost(double value) implements Goal {}

    /** Nothing in particular: measured for the record. */
    record None() implements Goal {}

    /**
     * Says goal and outcome.
     *
     * @param figure Argot's figure
     * @param ratio how many times as good as the peer it is
     */
    default String verdict(double figure, double ratio) {
        return switch (this) {
            case TimesPeer(double factor) -> outcome("≥ %.2f ×", factor, ratio >= factor);
            case AtLeast(double value) -> outcome("≥ %.1f", value, figure >= value);
            case AtMost(double value) -> outcome("≤ %.1f", value, figure <= value);
            case None() -> "–";
        };
    }

    private static String outcome(String format, double value, boolean met) {
        return String.format(Locale.ROOT, format, value) + (met ? ", met" : ", missed");
    }
}
