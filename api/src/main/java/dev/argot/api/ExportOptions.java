package dev.argot.api;

import java.util.Optional;
import java.util.Set;

/**
 * How a model is exported.
 *
 * @param precision number format of the weights: float32, bfloat16 or float16; empty (default): the one they are stored in, float32 for
 *     quantised weights
 * @param offline whether the network is forbidden; default false
 */
public record ExportOptions(Optional<Precision> precision, boolean offline) {
    /** The stored number format; downloads allowed for models named by id. */
    public static final ExportOptions DEFAULT = new ExportOptions(Optional.empty(), false);

    /** Checks that the precision is one that a Hugging Face folder stores. */
    public ExportOptions {
        if (precision.isPresent()
                && !Set.of(Precision.FLOAT32, Precision.BFLOAT16, Precision.FLOAT16)
                        .contains(precision.get())) {
            throw new IllegalArgumentException(
                    "a model is exported as FLOAT32, BFLOAT16 or FLOAT16, not as " + precision.get());
        }
    }

    /**
     * These options with a number format.
     *
     * @param precision float32, bfloat16 or float16
     */
    public ExportOptions withPrecision(Precision precision) {
        return new ExportOptions(Optional.of(precision), offline);
    }

    /** These options with the network forbidden. */
    public ExportOptions withoutNetwork() {
        return new ExportOptions(precision, true);
    }
}
