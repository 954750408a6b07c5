package dev.argot.tokenizers.huggingface;

/** Words are tokens; others become the unknown token, or vanish where there is none. */
final class WordLevelModel implements TokenModel {
    private final Trie words;
    private final int unknown;

    /**
     * A model of whole words.
     *
     * @param words the words
     * @param unknown id for other words, or -1
     */
    WordLevelModel(Trie words, int unknown) {
        this.words = words;
        this.unknown = unknown;
    }

    @Override
    public void tokenize(AlignedText text, int from, int to, TokenBuffer out) {
        int id = words.id(text.chars, from, to);
        if (id < 0) {
            id = unknown;
        }
        if (id >= 0) {
            out.add(id, text, from, to);
        }
    }
}
