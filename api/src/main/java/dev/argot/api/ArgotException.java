package dev.argot.api;

import org.jspecify.annotations.Nullable;

/**
 * The root of every exception Argot throws on purpose. The message says which file, tensor or key is concerned, what was expected and
 * what was found, and where possible what to do.
 */
public class ArgotException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * An error without an underlying cause.
     *
     * @param message what was expected, what was found, what to do
     */
    public ArgotException(String message) {
        super(message);
    }

    /**
     * An error with its cause.
     *
     * @param message what was expected, what was found, what to do
     * @param cause what failed underneath, or null
     */
    public ArgotException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
