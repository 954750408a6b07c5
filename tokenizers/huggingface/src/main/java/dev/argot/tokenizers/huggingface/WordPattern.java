package dev.argot.tokenizers.huggingface;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The regular expressions by which well-known byte-level models split text into words, matched by hand in linear time: GPT-2's
 * {@code 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+} and the family of {@code cl100k}, Llama 3 and Qwen,
 * {@code (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+}. Every
 * character is part of a match.
 *
 * @param characters kinds of characters
 * @param newer whether it is of the newer family
 * @param contractions how {@code 's} and the like are read
 * @param letters the kinds that make up words
 * @param digits most digits of a number
 */
record WordPattern(Characters characters, boolean newer, Contractions contractions, int letters, int digits)
        implements TextPattern {
    /** GPT-2's expression. */
    static final String GPT_2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

    /** How {@code 's}, {@code 't}, {@code 're}, {@code 've}, {@code 'm}, {@code 'll}, {@code 'd} are read. */
    enum Contractions {
        /** Not at all. */
        NONE,
        /** In lower case. */
        LOWER,
        /** In upper and lower case of ASCII. */
        ASCII,
        /** In any case; U+017F is an s. */
        ANY
    }

    private record Part<T>(String expression, T value) {}

    private static List<Part<Contractions>> contractionParts() {
        return List.of(
                new Part<>("(?i:'s|'t|'re|'ve|'m|'ll|'d)|", Contractions.ANY),
                new Part<>("'(?i:[sdmt]|ll|ve|re)|", Contractions.ANY),
                new Part<>("(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|", Contractions.ASCII),
                new Part<>("", Contractions.NONE));
    }

    private static List<Part<Integer>> letterParts() {
        return List.of(
                new Part<>("[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|", Characters.LETTER),
                new Part<>("[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|", Characters.LETTER),
                new Part<>("[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|", Characters.LETTER | Characters.MARK));
    }

    private static List<Part<Integer>> digitParts() {
        return List.of(
                new Part<>("\\p{N}{1,3}|", 3),
                new Part<>("\\p{N}|", 1),
                new Part<>("\\p{N}{1}|", 1),
                new Part<>("\\p{N}+|", Integer.MAX_VALUE));
    }

    private static List<String> otherParts(int letters) {
        return letters == Characters.LETTER
                ? List.of(" ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|", " ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|")
                : List.of(" ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|");
    }

    /** The pattern of an expression, or null if it is none of these. */
    static @Nullable WordPattern of(String expression, Characters characters) {
        String pattern = expression.replace("\r", "\\r").replace("\n", "\\n");
        if (pattern.equals(GPT_2)) {
            return gpt2(characters);
        }
        for (Part<Contractions> contractions : contractionParts()) {
            for (Part<Integer> letters : letterParts()) {
                String words = contractions.expression + letters.expression;
                if (!pattern.startsWith(words)) {
                    continue;
                }
                for (Part<Integer> digits : digitParts()) {
                    for (String others : otherParts(letters.value)) {
                        String head = words + digits.expression + others;
                        if (pattern.equals(head + "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")
                                || pattern.equals(head + "\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")) {
                            return new WordPattern(characters, true, contractions.value, letters.value, digits.value);
                        }
                    }
                }
            }
        }
        return null;
    }

    /** GPT-2's pattern. */
    static WordPattern gpt2(Characters characters) {
        return new WordPattern(characters, false, Contractions.LOWER, Characters.LETTER, Integer.MAX_VALUE);
    }

    @Override
    public void find(char[] chars, int from, int to, Sink sink) {
        int at = from;
        while (at < to) {
            int end = newer ? newer(chars, at, to) : older(chars, at, to);
            sink.accept(at, end, true);
            at = end;
        }
    }

    private int older(char[] chars, int at, int to) {
        char c = chars[at];
        if (c == '\'') {
            int end = contraction(chars, at, to);
            if (end > 0) {
                return end;
            }
        }
        int word = c == ' ' && at + 1 < to ? at + 1 : at;
        int kinds = characters.at(chars, word, to);
        if ((kinds & Characters.LETTER) != 0) {
            return run(chars, word, to, Characters.LETTER);
        }
        if ((kinds & Characters.NUMBER) != 0) {
            return run(chars, word, to, Characters.NUMBER);
        }
        if ((kinds & Characters.SPACE) == 0) {
            return others(chars, word, to);
        }
        return space(chars, at, to);
    }

    private int newer(char[] chars, int at, int to) {
        char c = chars[at];
        if (c == '\'') {
            int end = contraction(chars, at, to);
            if (end > 0) {
                return end;
            }
        }
        int kinds = characters.at(chars, at, to);
        if ((kinds & letters) != 0) {
            return run(chars, at, to, letters);
        }
        if ((kinds & Characters.NUMBER) != 0) {
            return number(chars, at, to);
        }
        int next = at + Characters.width(chars, at, to);
        int nextKinds = next < to ? characters.at(chars, next, to) : 0;
        if ((nextKinds & letters) != 0 && c != '\r' && c != '\n') {
            return run(chars, next, to, letters);
        }
        int other = c == ' ' ? next : at;
        if (other < to && ((c == ' ' ? nextKinds : kinds) & (Characters.SPACE | Characters.NUMBER | letters)) == 0) {
            int end = others(chars, other, to);
            while (end < to && (chars[end] == '\r' || chars[end] == '\n')) {
                end++;
            }
            return end;
        }
        int end = run(chars, at, to, Characters.SPACE);
        for (int i = end; i > at; i--) {
            if (chars[i - 1] == '\r' || chars[i - 1] == '\n') {
                return i;
            }
        }
        return end == to || end == at + 1 ? end : end - 1;
    }

    private int run(char[] chars, int at, int to, int kinds) {
        int end = at;
        while (end < to) {
            char c = chars[end];
            if (Character.isHighSurrogate(c)) {
                if ((characters.at(chars, end, to) & kinds) == 0) {
                    break;
                }
                end += Characters.width(chars, end, to);
            } else if ((characters.of(c) & kinds) != 0) {
                end++;
            } else {
                break;
            }
        }
        return end;
    }

    private int number(char[] chars, int at, int to) {
        int end = at;
        for (int i = 0; i < digits && end < to && (characters.at(chars, end, to) & Characters.NUMBER) != 0; i++) {
            end += Characters.width(chars, end, to);
        }
        return end;
    }

    private int others(char[] chars, int at, int to) {
        int end = at;
        while (end < to && (characters.at(chars, end, to) & (Characters.SPACE | Characters.NUMBER | letters)) == 0) {
            end += Characters.width(chars, end, to);
        }
        return end;
    }

    /** Spaces, of which the last belongs to the word that follows. */
    private int space(char[] chars, int at, int to) {
        int end = run(chars, at, to, Characters.SPACE);
        return end == to || end == at + 1 ? end : end - 1;
    }

    /** The end of the contraction that begins with the apostrophe at an index, or 0. */
    private int contraction(char[] chars, int at, int to) {
        if (contractions == Contractions.NONE || at + 1 >= to) {
            return 0;
        }
        char second = lower(chars[at + 1]);
        if (second == 's' || second == 't' || second == 'm' || second == 'd') {
            return at + 2;
        }
        if (at + 2 < to) {
            char third = lower(chars[at + 2]);
            if (((second == 'r' || second == 'v') && third == 'e') || (second == 'l' && third == 'l')) {
                return at + 3;
            }
        }
        return 0;
    }

    private char lower(char c) {
        return switch (contractions) {
            case NONE, LOWER -> c;
            case ASCII -> c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
            case ANY -> c >= 'A' && c <= 'Z' ? (char) (c + 32) : c == '\u017F' ? 's' : c;
        };
    }
}
