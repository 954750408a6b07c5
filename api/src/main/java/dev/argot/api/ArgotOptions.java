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
 * @param prefixCacheBytes bytes of key/value memory kept so that later prompts of the same tenant need not run again what they begin with
 *     ({@link CompletionRequest#withTenant}, {@link CausalModel#scoreTokens}); for all models together; 0: nothing is kept; default 256 MiB
 */
public record ArgotOptions(
        Optional<Path> cache,
        OptionalInt threads,
        Optional<Consumer<String>> notices,
        InstantSource clock,
        long prefixCacheBytes) {
    /** The defaults described above. */
    public static final ArgotOptions DEFAULT = new ArgotOptions(
            Optional.empty(), OptionalInt.empty(), Optional.empty(), InstantSource.system(), 256L << 20);

    /** Validates the numbers. */
    public ArgotOptions {
        if (threads.isPresent() && threads.getAsInt() < 1) {
            throw new IllegalArgumentException("threads must be at least 1: " + threads.getAsInt());
        }
        if (prefixCacheBytes < 0) {
            throw new IllegalArgumentException("prefixCacheBytes must not be negative: " + prefixCacheBytes);
        }
    }

    /**
     * These options with another cache folder.
     *
     * @param cache folder for downloaded models
     */
    public ArgotOptions withCache(Path cache) {
        return new ArgotOptions(Optional.of(cache), threads, notices, clock, prefixCacheBytes);
    }

    /**
     * These options with a number of threads.
     *
     * @param threads processor threads for one operation, at least 1
     */
    public ArgotOptions withThreads(int threads) {
        return new ArgotOptions(cache, OptionalInt.of(threads), notices, clock, prefixCacheBytes);
    }

    /**
     * These options with a listener for remarks.
     *
     * @param notices takes one-line remarks meant for a person; called on the thread that does the work
     */
    public ArgotOptions withNotices(Consumer<String> notices) {
        return new ArgotOptions(cache, threads, Optional.of(notices), clock, prefixCacheBytes);
    }

    /**
     * These options with another bound on memory kept between prompts.
     *
     * @param bytes bytes of key/value memory; 0: nothing is kept
     */
    public ArgotOptions withPrefixCacheBytes(long bytes) {
        return new ArgotOptions(cache, threads, notices, clock, bytes);
    }
}
