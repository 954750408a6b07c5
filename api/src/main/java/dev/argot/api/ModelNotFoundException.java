package dev.argot.api;

import org.jspecify.annotations.Nullable;

/** A model, file or folder that was named could not be found or may not be fetched. */
public class ModelNotFoundException extends ArgotException {
    private static final long serialVersionUID = 1L;

    /**
     * An error without an underlying cause.
     *
     * @param message what was expected, what was found, what to do
     */
    public ModelNotFoundException(String message) {
        super(message);
    }

    /**
     * An error with its cause.
     *
     * @param message what was expected, what was found, what to do
     * @param cause what failed underneath, or null
     */
    public ModelNotFoundException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
