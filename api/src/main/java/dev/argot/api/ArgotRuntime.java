package dev.argot.api;

/**
 * The service through which {@link Argot#open()} finds the runtime; {@code argot-core} provides it. Applications do not call it.
 */
public interface ArgotRuntime {
    /**
     * Starts a runtime.
     *
     * @param options cache, threads, notices
     */
    Argot open(ArgotOptions options);
}
