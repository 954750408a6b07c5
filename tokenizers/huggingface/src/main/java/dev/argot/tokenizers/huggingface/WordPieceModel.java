package dev.argot.tokenizers.huggingface;

/** The longest piece first, from left to right (Schuster and Nakajima 2012, as in BERT): a word is spelt whole or is unknown. */
final class WordPieceModel implements TokenModel {
    private final Trie pieces;
    private final int unknown;
    private final int continuation;
    private final int maxCharacters;

    /**
     * A model of word pieces.
     *
     * @param pieces the pieces
     * @param continuingPrefix what marks pieces inside a word, such as {@code "##"}
     * @param unknown id for words that can't be spelt
     * @param maxCharacters longer words, in code points, are unknown
     */
    WordPieceModel(Trie pieces, String continuingPrefix, int unknown, int maxCharacters) {
        this.pieces = pieces;
        this.unknown = unknown;
        this.continuation = pieces.descend(Trie.ROOT, continuingPrefix);
        this.maxCharacters = maxCharacters;
    }

    @Override
    public void tokenize(AlignedText text, int from, int to, TokenBuffer out) {
        char[] chars = text.chars;
        int length = to - from;
        if (length > maxCharacters
                && (length > 2L * maxCharacters || Character.codePointCount(chars, from, length) > maxCharacters)) {
            out.add(unknown, text, from, to);
            return;
        }
        int[] ends = out.symbolEnds;
        int[] ids = out.symbols;
        if (ends.length < length || ids.length < length) {
            ends = new int[length];
            ids = new int[length];
            out.symbolEnds = ends;
            out.symbols = ids;
        }
        int count = 0;
        int at = from;
        while (at < to) {
            int node = at == from ? Trie.ROOT : continuation;
            int id = -1;
            int end = at;
            for (int i = at; i < to && node >= 0; i++) {
                node = pieces.child(node, chars[i]);
                if (node >= 0 && pieces.id(node) >= 0) {
                    id = pieces.id(node);
                    end = i + 1;
                }
            }
            if (id < 0) {
                out.add(unknown, text, from, to);
                return;
            }
            ids[count] = id;
            ends[count++] = end;
            at = end;
        }
        int start = from;
        for (int i = 0; i < count; i++) {
            out.add(ids[i], text, start, ends[i]);
            start = ends[i];
        }
    }
}
