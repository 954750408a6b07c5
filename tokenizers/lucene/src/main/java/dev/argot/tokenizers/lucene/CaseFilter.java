package dev.argot.tokenizers.lucene;

import java.io.IOException;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.CharacterUtils;
import org.apache.lucene.analysis.TokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/** Turns letters into lower case, except in words whose case may mean something, and curled apostrophes into straight ones. */
final class CaseFilter extends TokenFilter {
    private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
    private final CharArraySet kept;

    /** @param kept words that stay as they are; a set that ignores case */
    CaseFilter(TokenStream input, CharArraySet kept) {
        super(input);
        this.kept = kept;
    }

    @Override
    public boolean incrementToken() throws IOException {
        if (!input.incrementToken()) {
            return false;
        }
        char[] buffer = term.buffer();
        int length = term.length();
        for (int i = 0; i < length; i++) {
            if (buffer[i] == '\u2019') {
                buffer[i] = '\'';
            }
        }
        if (kept.isEmpty() || !kept.contains(buffer, 0, length)) {
            CharacterUtils.toLowerCase(buffer, 0, length);
        }
        return true;
    }
}
