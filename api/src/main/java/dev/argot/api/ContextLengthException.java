package dev.argot.api;

import java.util.OptionalInt;

/** A prompt, together with the answer that was asked for, or a text does not fit into the model's context. */
public class ContextLengthException extends ArgotException {
    private static final long serialVersionUID = 1L;

    /** Tokens of the prompt. */
    private final int promptTokens;
    /** Tokens the context holds. */
    private final int contextLength;
    /** Number of the item, -1 for none. */
    private final int item;

    /**
     * A refusal that says by how much.
     *
     * @param promptTokens tokens of the prompt
     * @param contextLength tokens the model's context holds
     */
    public ContextLengthException(int promptTokens, int contextLength) {
        super("The prompt has " + promptTokens + " tokens, the context holds " + contextLength
                + ", of which the answer needs at least one where a decoder continues the prompt. Shorten the prompt, or ask for"
                + " Overflow.TRUNCATE_START or TRUNCATE_END.");
        this.promptTokens = promptTokens;
        this.contextLength = contextLength;
        this.item = -1;
    }

    /**
     * A refusal that says so itself, of a text that is read as a whole.
     *
     * @param message what does not fit, and what to do
     * @param tokens tokens of the text
     * @param contextLength tokens the model's context holds
     */
    public ContextLengthException(String message, int tokens, int contextLength) {
        super(message);
        this.promptTokens = tokens;
        this.contextLength = contextLength;
        this.item = -1;
    }

    /**
     * The refusal of one of several items that were given in one call.
     *
     * @param item its number among them, counted from 0
     * @param refusal why it is refused
     */
    public ContextLengthException(int item, ContextLengthException refusal) {
        super("Item " + item + " of those given, counted from 0: " + refusal.getMessage(), refusal);
        this.promptTokens = refusal.promptTokens;
        this.contextLength = refusal.contextLength;
        this.item = item;
    }

    /** Tokens of the prompt, or of the text. */
    public int promptTokens() {
        return promptTokens;
    }

    /** Tokens the model's context holds. */
    public int contextLength() {
        return contextLength;
    }

    /** Which one it is of several items that a {@link dev.argot.api.prompt.Prompter} was given in one call, counted from 0; empty where one alone was given. */
    public OptionalInt item() {
        return item < 0 ? OptionalInt.empty() : OptionalInt.of(item);
    }
}
