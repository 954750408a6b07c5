package dev.argot.tokenizers.lucene;

import dev.argot.api.Abbreviation;
import java.util.List;

/**
 * Abbreviations of one symbol, such as {@code &} and {@code §}. Word splitting drops symbols, so each is given a stand-in of the same
 * length which is always a word of its own: a rare ideograph. Offsets are not moved.
 */
final class Symbols {
    private static final char FIRST_STAND_IN = '\u3400'; // CJK Unified Ideographs Extension A
    private static final char LAST_STAND_IN = '\u4dbf';

    private final String symbols;

    Symbols(List<Abbreviation> abbreviations) {
        StringBuilder found = new StringBuilder();
        for (Abbreviation abbreviation : abbreviations) {
            String text = abbreviation.text();
            if (text.length() == 1 && !Character.isLetterOrDigit(text.charAt(0)) && found.indexOf(text) < 0) {
                found.append(text);
            }
        }
        symbols = found.toString();
    }

    /** The text with stand-ins; a symbol between two letters, as in {@code AT&T}, belongs to a name and stays. */
    String replace(String text) {
        if (symbols.isEmpty()) {
            return text;
        }
        char[] chars = text.toCharArray();
        for (int i = 0; i < chars.length; i++) {
            char c = chars[i];
            int symbol = symbols.indexOf(c);
            if (symbol >= 0 && !(isLetter(text, i - 1) && isLetter(text, i + 1))) {
                chars[i] = (char) (FIRST_STAND_IN + symbol);
            } else if (c >= FIRST_STAND_IN && c < LAST_STAND_IN) {
                chars[i] = LAST_STAND_IN; // an ideograph of the text itself
            }
        }
        return new String(chars);
    }

    /** What a token is in the text, where it is a stand-in; else the token itself. */
    String restore(String token, String text, int start) {
        if (!symbols.isEmpty()
                && token.length() == 1
                && token.charAt(0) >= FIRST_STAND_IN
                && token.charAt(0) <= LAST_STAND_IN) {
            return text.substring(start, start + 1);
        }
        return token;
    }

    private static boolean isLetter(String text, int i) {
        return i >= 0 && i < text.length() && Character.isLetter(text.charAt(i));
    }
}
