package dev.argot.core.decoding;

import dev.argot.api.CancellationToken;
import dev.argot.api.Completion.FinishReason;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * What can end a completion from outside, and the clock it is timed with.
 *
 * @param cancellation looked at before each token
 * @param start when the call began
 * @param timeLimit counted from the start
 * @param clock the time
 */
record Interruption(CancellationToken cancellation, Instant start, Optional<Duration> timeLimit, InstantSource clock) {
    /** Why the completion has to end now, if it has to. */
    Optional<FinishReason> reason() {
        if (cancellation.isCancellationRequested()) {
            return Optional.of(FinishReason.CANCELLED);
        }
        if (timeLimit.isPresent() && elapsed().compareTo(timeLimit.get()) >= 0) {
            return Optional.of(FinishReason.DEADLINE);
        }
        return Optional.empty();
    }

    /** Time since the start. */
    Duration elapsed() {
        return Duration.between(start, clock.instant());
    }
}
