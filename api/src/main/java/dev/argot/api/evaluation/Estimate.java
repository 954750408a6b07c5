package dev.argot.api.evaluation;

/**
 * A measured value with its 95 % confidence interval: the percentile bootstrap (Efron 1979) over items, 1000 resamples.
 *
 * @param value what was measured on all items
 * @param low the 2.5th percentile of the resamples
 * @param high the 97.5th percentile of the resamples
 */
public record Estimate(double value, double low, double high) {
    /** Whether the interval leaves zero out: a difference that is unlikely to be chance. */
    public boolean excludesZero() {
        return low > 0 || high < 0;
    }
}
