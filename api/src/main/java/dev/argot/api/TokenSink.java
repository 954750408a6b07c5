package dev.argot.api;

/** Takes tokens while they are generated. */
@FunctionalInterface
public interface TokenSink {
    /**
     * Called once for each token that is part of the completion, on the thread that called the model, in order. An exception thrown here
     * ends the completion and reaches the caller.
     *
     * @param token the token
     */
    void accept(Token token);

    /**
     * A generated token.
     *
     * @param id its id
     * @param text the text that became certain with it: possibly empty (half a character, or what may be the start of a stop string),
     *     possibly that of several tokens. The texts of all tokens concatenated are the text of the completion.
     */
    record Token(int id, String text) {}
}
