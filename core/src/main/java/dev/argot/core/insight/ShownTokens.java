package dev.argot.core.insight;

import dev.argot.api.AttentionMap.Token;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.util.ArrayList;
import java.util.List;

/** Tokens as a reader sees them. Stateless, hence thread-safe. */
public final class ShownTokens {
    private ShownTokens() {}

    /**
     * The tokens of a text: the parts of the text they stand for; special tokens, and those that stand for no character, in the
     * vocabulary's spelling.
     *
     * @param tokenizer made them
     * @param text the text
     * @param encoding its tokens
     */
    public static List<Token> of(Tokenizer tokenizer, String text, Encoding encoding) {
        var tokens = new ArrayList<Token>();
        for (int i = 0; i < encoding.size(); i++) {
            int id = encoding.ids()[i];
            String part = text.substring(encoding.start(i), encoding.end(i));
            tokens.add(new Token(id, part.isEmpty() ? tokenizer.token(id) : part));
        }
        return tokens;
    }

    /**
     * Tokens that were written: the text each adds; special tokens, and those that add none, in the vocabulary's spelling.
     *
     * @param tokenizer knows them
     * @param ids their ids
     */
    public static List<Token> of(Tokenizer tokenizer, int[] ids) {
        var tokens = new ArrayList<Token>();
        Tokenizer.StreamDecoder decoder = tokenizer.streamDecoder(true);
        for (int id : ids) {
            String part = decoder.next(id);
            tokens.add(new Token(id, part.isEmpty() ? tokenizer.token(id) : part));
        }
        return tokens;
    }
}
