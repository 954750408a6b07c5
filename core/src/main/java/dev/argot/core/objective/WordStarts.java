package dev.argot.core.objective;

import dev.argot.api.Tokenizer;
import java.util.BitSet;

/**
 * Which tokens begin a word, from the vocabulary's own spelling: with WordPiece those without {@code ##}; with byte-level BPE those with
 * {@code Ġ} (or another blank) in front, as fairseq's whole-word masking has it; with SentencePiece those with {@code ▁} in front. Special
 * tokens belong to no word. In a vocabulary that marks nothing each token is a word. Immutable and thread-safe.
 */
final class WordStarts {
    /** Blank, tab and line feeds in the alphabet of byte-level BPE. */
    private static final String BYTE_LEVEL_BLANKS = "ĠĉĊč";

    private final BitSet starts = new BitSet();
    private final BitSet special = new BitSet();

    /**
     * Looks through a vocabulary.
     *
     * @param tokenizer the tokenizer
     */
    WordStarts(Tokenizer tokenizer) {
        int size = tokenizer.vocabularySize();
        var spellings = new String[size];
        int wordPieces = 0;
        int byteLevel = 0;
        int sentencePieces = 0;
        for (int id = 0; id < size; id++) {
            spellings[id] = spelling(tokenizer, id);
            if (tokenizer.isSpecial(id)) {
                special.set(id);
                continue;
            }
            wordPieces += spellings[id].startsWith("##") && spellings[id].length() > 2 ? 1 : 0;
            byteLevel += spellings[id].startsWith("Ġ") ? 1 : 0;
            sentencePieces += spellings[id].startsWith("▁") ? 1 : 0;
        }
        for (int id = 0; id < size; id++) {
            String text = spellings[id];
            boolean starts;
            if (wordPieces > byteLevel && wordPieces > sentencePieces) {
                starts = !text.startsWith("##") || text.length() == 2;
            } else if (sentencePieces > byteLevel) {
                starts = text.startsWith("▁");
            } else if (byteLevel > 0) {
                starts = !text.isEmpty() && BYTE_LEVEL_BLANKS.indexOf(text.charAt(0)) >= 0;
            } else {
                starts = true;
            }
            this.starts.set(id, starts && !special.get(id));
        }
    }

    private static String spelling(Tokenizer tokenizer, int id) {
        try {
            return tokenizer.token(id);
        } catch (IllegalArgumentException e) {
            return ""; // an id without a token
        }
    }

    /** Whether a token is special. */
    boolean isSpecial(int id) {
        return special.get(id);
    }

    /**
     * Whether a word begins at a token.
     *
     * @param tokens a text's tokens
     * @param index index of the token
     */
    boolean startsWord(int[] tokens, int index) {
        return !special.get(tokens[index])
                && (index == 0 || starts.get(tokens[index]) || special.get(tokens[index - 1]));
    }

    /**
     * The word each token belongs to, from 0; -1 for special tokens.
     *
     * @param tokens a text's tokens
     */
    int[] words(int[] tokens) {
        var words = new int[tokens.length];
        int word = -1;
        for (int i = 0; i < tokens.length; i++) {
            word += startsWord(tokens, i) ? 1 : 0;
            words[i] = special.get(tokens[i]) ? -1 : word;
        }
        return words;
    }
}
