package dev.argot.tokenizers.huggingface;

/**
 * Splits words into tokens. Special tokens never come out of a model, even where its vocabulary spells them: text is text, and what may
 * be a special token was taken out before. (The exception is the token for what can't be spelt.) Immutable and thread-safe but for caches.
 */
sealed interface TokenModel permits BpeModel, WordPieceModel, UnigramModel, WordLevelModel {
    /**
     * Adds the tokens of a word.
     *
     * @param text the text the word is part of
     * @param from index of its first char
     * @param to index after its last char; greater than {@code from}
     * @param out where the tokens go
     */
    void tokenize(AlignedText text, int from, int to, TokenBuffer out);
}
