package dev.argot.api;

import org.jspecify.annotations.Nullable;

/** An engine could not compile or run a graph: out of memory, an unusable device, a native failure. */
public class EngineException extends ArgotException {
    private static final long serialVersionUID = 1L;

    /**
     * An error without an underlying cause.
     *
     * @param message what was expected, what was found, what to do
     */
    public EngineException(String message) {
        super(message);
    }

    /**
     * An error with its cause.
     *
     * @param message what was expected, what was found, what to do
     * @param cause what failed underneath, or null
     */
    public EngineException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
