package dev.argot.core.report;

import dev.argot.api.evaluation.Estimate;
import java.time.Duration;
import java.util.Locale;

/** Numbers for a reader, in English. Stateless, hence thread-safe. */
final class Figures {
    private static final String NONE = "–";
    private static final String NO_BREAK = "\u00a0";
    private static final String[] PREFIXES = {"", "k", "M", "G", "T", "P"};

    private Figures() {}

    /** With so many decimals; the minus sign is a real one. */
    static String decimals(double value, int decimals) {
        return Double.isFinite(value) ? minus(String.format(Locale.ROOT, "%,." + decimals + "f", value)) : NONE;
    }

    /** A whole number with thousands parted. */
    static String count(long value) {
        return minus(String.format(Locale.ROOT, "%,d", value));
    }

    /** With about so many significant digits, as a plain number or, where tiny or huge, as a power of ten. */
    static String significant(double value, int digits) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        if (value == Math.rint(value) && Math.abs(value) < 1e9) {
            return count((long) value);
        }
        double size = Math.abs(value);
        if (size < 1e-4 || size >= 1e9) {
            return scientific(value, digits);
        }
        int decimals = Math.max(0, digits - 1 - (int) Math.floor(Math.log10(size)));
        return decimals(value, decimals);
    }

    private static String scientific(double value, int digits) {
        return minus(String.format(Locale.ROOT, "%." + (digits - 1) + "e", value)
                .replaceFirst("(\\.\\d*?)0+e", "$1e")
                .replace(".e", "e")
                .replaceFirst("e([-+])0*(\\d)", "e$1$2")
                .replace("e+", "e"));
    }

    /** A share as a percentage, such as 57.5 %. */
    static String percent(double share) {
        return Double.isFinite(share) ? decimals(100 * share, 1) + NO_BREAK + "%" : NONE;
    }

    /** A change as a percentage with its sign, such as +1.2 %. */
    static String change(double share) {
        if (!Double.isFinite(share)) {
            return NONE;
        }
        String text = percent(share);
        return (share <= 0 || text.startsWith("0.0" + NO_BREAK) ? "" : "+") + text;
    }

    /** A difference of shares in percentage points with its sign. */
    static String points(double difference) {
        return Double.isFinite(difference) ? (difference > 0 ? "+" : "") + decimals(100 * difference, 1) : NONE;
    }

    /** The interval of a share. */
    static String interval(Estimate estimate) {
        return decimals(100 * estimate.low(), 1) + NO_BREAK + "to" + NO_BREAK + decimals(100 * estimate.high(), 1);
    }

    /** The interval of a difference of shares. */
    static String pointsInterval(Estimate estimate) {
        return points(estimate.low()) + NO_BREAK + "to" + NO_BREAK + points(estimate.high());
    }

    /** Short for the axis of a chart, such as 40k. */
    static String axis(double value) {
        double size = Math.abs(value);
        if (size >= 1000) {
            int power = 0;
            while (size >= 1000 && power < PREFIXES.length - 1) {
                size /= 1000;
                power++;
            }
            return trimmed(Math.signum(value) * size, 3) + PREFIXES[power];
        }
        return size != 0 && size < 0.01 ? scientific(value, 3) : trimmed(value, 6);
    }

    private static String trimmed(double value, int decimals) {
        String text = decimals(value, decimals);
        return text.contains(".") ? text.replaceFirst("\\.?0+$", "") : text;
    }

    /** Bytes in decimal units. */
    static String bytes(double value) {
        if (!Double.isFinite(value)) {
            return NONE;
        }
        double size = Math.abs(value);
        int power = 0;
        while (size >= 1000 && power < PREFIXES.length - 1) {
            size /= 1000;
            power++;
        }
        String unit = power == 0 ? "bytes" : PREFIXES[power] + "B";
        return decimals(Math.signum(value) * size, power == 0 ? 0 : 2) + NO_BREAK + unit;
    }

    /** A time such as 3 min 20 s. */
    static String time(double seconds) {
        if (!Double.isFinite(seconds)) {
            return NONE;
        }
        if (seconds < 60) {
            return decimals(seconds, seconds < 10 ? 1 : 0) + NO_BREAK + "s";
        }
        long whole = Math.round(seconds);
        long hours = whole / 3600;
        long minutes = whole % 3600 / 60;
        return hours > 0
                ? hours + NO_BREAK + "h " + minutes + NO_BREAK + "min"
                : minutes + NO_BREAK + "min " + whole % 60 + NO_BREAK + "s";
    }

    static String time(Duration duration) {
        return time(duration.toNanos() / 1e9);
    }

    /** A quantity by its unit. */
    static String quantity(double value, String unit) {
        return switch (unit) {
            case "bytes" -> bytes(value);
            case "s" -> time(value);
            case "" -> significant(value, 4);
            default -> significant(value, 4) + NO_BREAK + unit;
        };
    }

    private static String minus(String text) {
        // what rounds to zero has no sign
        return text.matches("-0(\\.0*)?") ? text.substring(1) : text.replace('-', '−');
    }
}
