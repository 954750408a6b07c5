package dev.argot.tokenizers.huggingface;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Kinds of characters, by the Unicode database of the JDK, or where the reference library has older tables, by those. A table answers for
 * the basic plane. Immutable.
 */
final class Characters {
    /** General category L. */
    static final int LETTER = 1;
    /** General category N. */
    static final int NUMBER = 2;
    /** Property White_Space. */
    static final int SPACE = 4;
    /** General category M. */
    static final int MARK = 8;
    /** General category P, or one of ASCII's symbols. */
    static final int PUNCTUATION = 16;
    /** What regular expressions call {@code \w}: Alphabetic, M, Nd, Pc, Join_Control (Unicode Technical Standard 18, annex C). */
    static final int WORD = 32;
    /** Categories Cc, Cf, Co, as BERT's normalizer sees them. */
    static final int CONTROL = 64;
    /** Category Mn, as BERT's normalizer sees it. */
    static final int NONSPACING = 128;
    /** Category M, as the normalizer that strips accents sees it. */
    static final int ACCENT = 256;

    private final short[] table = new short[Character.MAX_VALUE + 1];
    /** Kinds to flip, of characters for which the reference has older tables. */
    private final Map<Integer, Integer> differences = new HashMap<>();

    Characters() {
        try (InputStream in = Characters.class.getResourceAsStream("categories.txt")) {
            if (in == null) {
                throw new IllegalStateException("the module lacks its file categories.txt");
            }
            new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .forEach(this::readDifferences);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read categories.txt", e);
        }
        for (int c = 0; c < table.length; c++) {
            table[c] = (short) compute(c);
        }
    }

    private void readDifferences(String line) {
        String[] words = line.split(" ", -1);
        int kind =
                switch (words[0]) {
                    case "punctuation" -> PUNCTUATION;
                    case "control" -> CONTROL;
                    case "nonspacing" -> NONSPACING;
                    case "accent" -> ACCENT;
                    default -> throw new IllegalStateException("unknown property " + words[0]);
                };
        int sign = words[1].equals("-") ? 16 : 0;
        for (int i = 2; i < words.length; i++) {
            String[] range = words[i].split("-", -1);
            int last = Integer.parseInt(range[range.length - 1], 16);
            for (int c = Integer.parseInt(range[0], 16); c <= last; c++) {
                differences.merge(c, kind << sign, (a, b) -> a | b);
            }
        }
    }

    /** The kinds of a char that is no surrogate, as a set of bits. */
    int of(char c) {
        return table[c];
    }

    /** The kinds of a code point, as a set of bits. */
    int of(int codePoint) {
        return codePoint < table.length ? table[codePoint] : compute(codePoint);
    }

    /** The kinds of the code point that begins at an index. */
    int at(char[] chars, int index, int to) {
        char c = chars[index];
        if (Character.isHighSurrogate(c) && index + 1 < to) {
            return compute(Character.toCodePoint(c, chars[index + 1]));
        }
        return table[c];
    }

    /** How many chars the code point takes that begins at an index. */
    static int width(char[] chars, int index, int to) {
        return Character.isHighSurrogate(chars[index]) && index + 1 < to ? 2 : 1;
    }

    static int codePoint(char[] chars, int index, int to) {
        char c = chars[index];
        return Character.isHighSurrogate(c) && index + 1 < to ? Character.toCodePoint(c, chars[index + 1]) : c;
    }

    /** Property White_Space; {@link Character#isWhitespace(int)} is another set. */
    static boolean isSpace(int c) {
        return c == ' '
                || (c >= 0x9 && c <= 0xD)
                || c == 0x85
                || c == 0xA0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200A)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202F
                || c == 0x205F
                || c == 0x3000;
    }

    private int compute(int c) {
        int kinds = unicode(c);
        int difference = differences.getOrDefault(c, 0);
        return (kinds & ~(difference >>> 16)) | (difference & 0xFFFF);
    }

    private static int unicode(int c) {
        int kinds = isSpace(c) ? SPACE : 0;
        if (Character.isAlphabetic(c) || c == 0x200C || c == 0x200D) {
            kinds |= WORD;
        }
        kinds |= switch (Character.getType(c)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER -> LETTER;
            case Character.DECIMAL_DIGIT_NUMBER -> NUMBER | WORD;
            case Character.LETTER_NUMBER, Character.OTHER_NUMBER -> NUMBER;
            case Character.NON_SPACING_MARK -> MARK | ACCENT | WORD | NONSPACING;
            case Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK -> MARK | ACCENT | WORD;
            case Character.CONNECTOR_PUNCTUATION -> PUNCTUATION | WORD;
            case Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.OTHER_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION -> PUNCTUATION;
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE -> CONTROL;
            default -> 0;
        };
        if (c > ' ' && c < 0x7F && (kinds & (LETTER | NUMBER)) == 0) {
            kinds |= PUNCTUATION;
        }
        return kinds;
    }
}
