package dev.argot.tokenizers.huggingface.template;

import org.jspecify.annotations.Nullable;

/** A template that cannot be read or run, or that refuses what it was given. */
public final class TemplateException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final boolean raised;

    /**
     * An error.
     *
     * @param message what is wrong, with the line where it was found while reading
     * @param raised whether the template itself says so, by {@code raise_exception}
     * @param cause what led to it
     */
    public TemplateException(@Nullable String message, boolean raised, Throwable cause) {
        super(message, cause);
        this.raised = raised;
    }

    /** Whether the template itself refuses, by {@code raise_exception}: the message is its own. */
    public boolean isRaised() {
        return raised;
    }
}
