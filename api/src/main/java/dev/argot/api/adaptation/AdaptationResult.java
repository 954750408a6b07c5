package dev.argot.api.adaptation;

import java.nio.file.Path;

/**
 * What an adaptation came to.
 *
 * @param outcome how it ended
 * @param bundle the bundle; after a cancellation the folder of the run, from which it can be resumed
 * @param steps steps done
 * @param tokens tokens trained on
 */
public record AdaptationResult(Outcome outcome, Path bundle, long steps, long tokens) {
    /** How a run ended. */
    public enum Outcome {
        /** The budget was used up. */
        FINISHED,
        /** Held-out loss no longer fell; the best weights were kept. */
        STOPPED_EARLY,
        /** It was cancelled; a checkpoint was written, from which it can be resumed. */
        CANCELLED
    }
}
