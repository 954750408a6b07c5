package dev.argot.api;

import org.jspecify.annotations.Nullable;

/** No plug-in offers what was asked for, or one that does is broken or cannot run here. The message names those that exist. */
public class ProviderException extends ArgotException {
    private static final long serialVersionUID = 1L;

    /**
     * An error without an underlying cause.
     *
     * @param message what was expected, what was found, what to do
     */
    public ProviderException(String message) {
        super(message);
    }

    /**
     * An error with its cause.
     *
     * @param message what was expected, what was found, what to do
     * @param cause what failed underneath, or null
     */
    public ProviderException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
