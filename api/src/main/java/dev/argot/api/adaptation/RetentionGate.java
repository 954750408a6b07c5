package dev.argot.api.adaptation;

/**
 * How much may be forgotten.
 *
 * @param maxIncrease the largest acceptable relative increase of bits per byte on general text (of encoders and encoder-decoders, of
 *     the loss of hidden tokens): 0.02 is 2 %
 * @param action what happens beyond it
 */
public record RetentionGate(double maxIncrease, Action action) {
    /** Checks the number. */
    public RetentionGate {
        if (!(maxIncrease >= 0)) {
            throw new IllegalArgumentException("maxIncrease must be at least 0: " + maxIncrease);
        }
    }

    /** What happens when more was forgotten. */
    public enum Action {
        /**
         * The weights (or the adapter's share) go back towards where they started, {@code w0 + a · (w - w0)} with the largest of
         * {@code a} = 0.9, 0.8, … that holds the gate (WiSE-FT, Wortsman et al. 2022).
         */
        INTERPOLATE,
        /** The run fails and says so; its checkpoints stay. */
        FAIL
    }
}
