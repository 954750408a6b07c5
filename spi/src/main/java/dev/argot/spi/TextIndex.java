package dev.argot.spi;

import java.util.Arrays;

/**
 * Where the words and lines of a text are, found in one pass, so that steps that look at both need not do it again. It is made for
 * counting and comparing; for linguistic words there is {@link TextAnalysis}.
 *
 * <p>A word is a run of letters, marks and digits; an apostrophe between letters and a point or comma between digits belong to it. A line ends at a line feed; a carriage
 * return before it is not part of the line. Immutable and thread-safe.
 */
public final class TextIndex {
    private static final byte OTHER = 0;
    private static final byte SPACE = 1;
    private static final byte DIGIT = 2;
    private static final byte LETTER = 3;
    private static final long HASH_START = 0xcbf29ce484222325L;
    private static final long HASH_FACTOR = 0x100000001b3L;

    /** ASCII letters in lower case and digits; 0 for others. */
    private static final byte[] FOLDED = folded();

    private final int length;
    private final int words;
    private final int[] wordStarts;
    private final int[] wordEnds;
    private final long[] hashes; // lowest bit: has a letter
    private final int lines;
    private final int[] lineStarts;
    private final int[] lineEnds;
    private final int digits;
    private final int letters;
    private final int spaces;

    private TextIndex(Builder b) {
        length = b.length;
        words = b.words;
        wordStarts = b.wordStarts;
        wordEnds = b.wordEnds;
        hashes = b.hashes;
        lines = b.lines;
        lineStarts = b.lineStarts;
        lineEnds = b.lineEnds;
        digits = b.digits;
        letters = b.letters;
        spaces = b.spaces;
    }

    private static byte[] folded() {
        byte[] table = new byte[128];
        for (char c = '0'; c <= '9'; c++) {
            table[c] = (byte) c;
        }
        for (char c = 'a'; c <= 'z'; c++) {
            table[c] = (byte) c;
            table[c - 32] = (byte) c;
        }
        return table;
    }

    /**
     * Indexes a text.
     *
     * @param text any text
     */
    public static TextIndex of(String text) {
        return new TextIndex(new Builder(text));
    }

    /**
     * The hash of a word, as {@link #hash} gives it.
     *
     * @param word a word, in any case
     */
    public static long hashOf(String word) {
        TextIndex index = of(word);
        if (index.words != 1) {
            throw new IllegalArgumentException("expected one word, found '" + word + "'");
        }
        return index.hashes[0];
    }

    /** Length of the text in chars. */
    public int length() {
        return length;
    }

    /** Number of words. */
    public int words() {
        return words;
    }

    /**
     * Where a word starts, in chars.
     *
     * @param word number of the word, from 0
     */
    public int start(int word) {
        return wordStarts[word];
    }

    /**
     * Where a word ends, in chars, exclusive.
     *
     * @param word number of the word, from 0
     */
    public int end(int word) {
        return wordEnds[word];
    }

    /**
     * A hash of 64 bits of a word in lower case: equal words have equal hashes, on every machine, and different ones hardly ever do.
     *
     * @param word number of the word, from 0
     */
    public long hash(int word) {
        return hashes[word];
    }

    /**
     * Whether a word has a letter in it.
     *
     * @param word number of the word, from 0
     */
    public boolean hasLetter(int word) {
        return (hashes[word] & 1) != 0;
    }

    /** Number of lines; a text that does not end with a line feed has one more than it has line feeds. */
    public int lines() {
        return lines;
    }

    /**
     * Where a line starts, in chars.
     *
     * @param line number of the line, from 0
     */
    public int lineStart(int line) {
        return lineStarts[line];
    }

    /**
     * Where a line ends, in chars, before its line end.
     *
     * @param line number of the line, from 0
     */
    public int lineEnd(int line) {
        return lineEnds[line];
    }

    /** Number of chars that are digits. */
    public int digits() {
        return digits;
    }

    /** Number of chars that are letters or marks on them. */
    public int letters() {
        return letters;
    }

    /** Number of chars that are blanks or line ends. */
    public int spaces() {
        return spaces;
    }

    /** Does the pass. */
    private static final class Builder {
        private final int length;
        private int words;
        private int[] wordStarts;
        private int[] wordEnds;
        private long[] hashes;
        private int lines;
        private int[] lineStarts = new int[8];
        private int[] lineEnds = new int[8];
        private int digits;
        private int letters;
        private int spaces;

        Builder(String text) {
            char[] chars = text.toCharArray();
            length = chars.length;
            int guess = length / 5 + 4;
            wordStarts = new int[guess];
            wordEnds = new int[guess];
            hashes = new long[guess];
            scan(chars);
        }

        private void scan(char[] chars) {
            int lineStart = 0;
            int i = 0;
            while (i < length) {
                char c = chars[i];
                byte kind = kind(chars, i);
                if (kind >= DIGIT) {
                    i = word(chars, i);
                    continue;
                }
                if (kind == SPACE) {
                    spaces++;
                    if (c == '\n') {
                        line(lineStart, i > lineStart && chars[i - 1] == '\r' ? i - 1 : i);
                        lineStart = i + 1;
                    }
                }
                i++;
            }
            if (lineStart < length || lines == 0) {
                line(lineStart, length);
            }
        }

        private int word(char[] chars, int start) {
            long hash = HASH_START;
            int found = 0; // letters
            int i = start;
            while (i < length) {
                char c = chars[i];
                if (c < 128) {
                    int folded = FOLDED[c];
                    if (folded == 0) {
                        if (!(c == '\'' && isApostrophe(chars, i))
                                && !((c == '.' || c == ',') && isInNumber(chars, i))) {
                            break;
                        }
                        hash = (hash ^ c) * HASH_FACTOR;
                    } else {
                        hash = (hash ^ folded) * HASH_FACTOR;
                        if (folded <= '9') {
                            digits++;
                        } else {
                            found++;
                        }
                    }
                    i++;
                } else if (c == '\u2019') {
                    if (!isApostrophe(chars, i)) {
                        break;
                    }
                    hash = (hash ^ '\'') * HASH_FACTOR;
                    i++;
                } else {
                    byte kind = kind(chars, i);
                    if (kind < DIGIT) {
                        break;
                    }
                    int point = Character.codePointAt(chars, i);
                    int size = Character.charCount(point);
                    hash = (hash ^ Character.toLowerCase(point)) * HASH_FACTOR;
                    if (kind == DIGIT) {
                        digits += size;
                    } else {
                        found += size;
                    }
                    i += size;
                }
            }
            letters += found;
            if (words == hashes.length) {
                int larger = words + (words >> 1) + 4;
                wordStarts = Arrays.copyOf(wordStarts, larger);
                wordEnds = Arrays.copyOf(wordEnds, larger);
                hashes = Arrays.copyOf(hashes, larger);
            }
            wordStarts[words] = start;
            wordEnds[words] = i;
            hashes[words] = (mix(hash) & ~1L) | (found > 0 ? 1 : 0);
            words++;
            return i;
        }

        private void line(int start, int end) {
            if (lines == lineStarts.length) {
                lineStarts = Arrays.copyOf(lineStarts, lines * 2);
                lineEnds = Arrays.copyOf(lineEnds, lines * 2);
            }
            lineStarts[lines] = start;
            lineEnds[lines] = end;
            lines++;
        }

        private static boolean isApostrophe(char[] chars, int i) {
            return i > 0
                    && i + 1 < chars.length
                    && Character.isLetter(Character.codePointBefore(chars, i))
                    && Character.isLetter(Character.codePointAt(chars, i + 1));
        }

        private static boolean isInNumber(char[] chars, int i) {
            return i > 0 && i + 1 < chars.length && isDigit(chars[i - 1]) && isDigit(chars[i + 1]);
        }

        private static boolean isDigit(char c) {
            return c >= '0' && c <= '9';
        }

        private static byte kind(char[] chars, int i) {
            char c = chars[i];
            if (c < 128) {
                return FOLDED[c] == 0
                        ? c == ' ' || (c >= '\t' && c <= '\r') ? SPACE : OTHER
                        : c <= '9' ? DIGIT : LETTER;
            }
            int type = Character.getType(Character.isSurrogate(c) ? Character.codePointAt(chars, i) : c);
            return switch (type) {
                case Character.UPPERCASE_LETTER,
                        Character.LOWERCASE_LETTER,
                        Character.TITLECASE_LETTER,
                        Character.MODIFIER_LETTER,
                        Character.OTHER_LETTER,
                        Character.NON_SPACING_MARK,
                        Character.COMBINING_SPACING_MARK,
                        Character.ENCLOSING_MARK -> LETTER;
                case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER -> DIGIT;
                case Character.SPACE_SEPARATOR, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> SPACE;
                default -> OTHER;
            };
        }

        // The finaliser of MurmurHash3 (Appleby).
        private static long mix(long x) {
            long z = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
            z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
            return z ^ (z >>> 33);
        }
    }
}
