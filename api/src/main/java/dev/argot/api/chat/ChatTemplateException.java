package dev.argot.api.chat;

import dev.argot.api.ArgotException;

/** A chat template that is malformed, or that refuses a conversation. */
public class ChatTemplateException extends ArgotException {
    private static final long serialVersionUID = 1;

    /**
     * An error.
     *
     * @param message what is wrong: the template's own words where it refuses, else its file, line and problem
     * @param cause what led to it
     */
    public ChatTemplateException(String message, Throwable cause) {
        super(message, cause);
    }
}
