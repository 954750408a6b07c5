package dev.argot.api;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * How the runtime is set up.
 *
 * @param cache folder for downloaded models; empty: the one named by the environment variable {@code ARGOT_CACHE}, else
 *     {@code .cache/argot} in the user's home
 * @param threads processor threads an engine uses for one operation; empty: as many as there are cores
 * @param notices takes one-line remarks meant for a person, such as which file a default model was taken from; default: logged through
 *     {@link System.Logger} at level INFO
 * @param clock the time, for deadlines and measured speeds
 */
public record ArgotOptions(
        Optional<Path> cache, OptionalInt threads, Optional<Consumer<String>> notices, InstantSource clock) {
    /** The defaults described above. */
    public static final ArgotOptions DEFAULT =
            new ArgotOptions(Optional.empty(), OptionalInt.empty(), Optional.empty(), InstantSource.system());

    /** Validates the number of threads. */
    public ArgotOptions {
        if (threads.isPresent() && threads.getAsInt() < 1) {
            throw new IllegalArgumentException("threads must be at least 1: " + threads.getAsInt());
        }
    }

    /**
     * These options with another cache folder.
     *
     * @param cache folder for downloaded models
     */
    public ArgotOptions withCache(Path cache) {
        return new ArgotOptions(Optional.of(cache), threads, notices, clock);
    }

    /**
     * These options with a number of threads.
     *
     * @param threads processor threads for one operation, at least 1
     */
    public ArgotOptions withThreads(int threads) {
        return new ArgotOptions(cache, OptionalInt.of(threads), notices, clock);
    }

    /**
     * These options with a listener for remarks.
     *
     * @param notices takes one-line remarks meant for a person; called on the thread that does the work
     */
    public ArgotOptions withNotices(Consumer<String> notices) {
        return new ArgotOptions(cache, threads, Optional.of(notices), clock);
    }
}
