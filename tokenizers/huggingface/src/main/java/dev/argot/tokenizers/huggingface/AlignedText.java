package dev.argot.tokenizers.huggingface;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Text on its way to tokens: characters (UTF-16, without lone surrogates), and for each the range of the original text it stands for.
 * Both halves of a surrogate pair stand for the same range. Immutable by convention.
 */
final class AlignedText {
    final char[] chars;
    final int length;
    /** Where the text begins in the original. */
    final int base;

    private final int @Nullable [] starts;
    private final int @Nullable [] ends;

    private AlignedText(char[] chars, int length, int base, int @Nullable [] starts, int @Nullable [] ends) {
        this.chars = chars;
        this.length = length;
        this.base = base;
        this.starts = starts;
        this.ends = ends;
    }

    /** The original text, lone surrogates replaced by U+FFFD. */
    static AlignedText of(String text) {
        char[] chars = text.toCharArray();
        for (int i = 0; i < chars.length; i++) {
            char c = chars[i];
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c) && i + 1 < chars.length && Character.isLowSurrogate(chars[i + 1])) {
                    i++;
                } else {
                    chars[i] = '\uFFFD';
                }
            }
        }
        return new AlignedText(chars, chars.length, 0, null, null);
    }

    /** Where in the original text the character at an index begins; the index is that of a whole code point's first char. */
    int start(int index) {
        return starts == null ? base + index : starts[index];
    }

    /** Where in the original text the character ends whose last char has the index. */
    int end(int index) {
        return ends == null ? base + index + 1 : ends[index];
    }

    /** The part from {@code from} to {@code to} as a text of its own. */
    AlignedText slice(int from, int to) {
        if (from == 0 && to == length) {
            return this;
        }
        char[] part = Arrays.copyOfRange(chars, from, to);
        if (starts == null || ends == null) {
            return new AlignedText(part, to - from, base + from, null, null);
        }
        int[] partStarts = Arrays.copyOfRange(starts, from, to);
        int begin = partStarts.length == 0 ? base : partStarts[0];
        return new AlignedText(part, to - from, begin, partStarts, Arrays.copyOfRange(ends, from, to));
    }

    boolean startsWith(int from, int to, char c) {
        return from < to && chars[from] == c;
    }

    @Override
    public String toString() {
        return new String(chars, 0, length);
    }

    /** Writes a new text from an old one, character by character. */
    static final class Builder {
        private final AlignedText source;
        private char[] chars;
        private int[] starts;
        private int[] ends;
        private int length;
        /** The next character of the source to be replaced. */
        private int position;

        Builder(AlignedText source) {
            this.source = source;
            int capacity = Math.max(16, source.length + (source.length >> 3));
            chars = new char[capacity];
            starts = new int[capacity];
            ends = new int[capacity];
        }

        /** Puts a character in the place of the next one of the source. */
        void replace(int codePoint) {
            replace(codePoint, 0);
        }

        /** Puts a character in the place of the next one of the source and drops {@code more} after that. */
        void replace(int codePoint, int more) {
            if (position >= source.length) {
                insert(codePoint);
                return;
            }
            int from = position;
            int to = next();
            append(codePoint, source.start(from), source.end(to - 1));
            for (int i = 0; i < more && position < source.length; i++) {
                next();
            }
        }

        /** Adds a character; it stands for the same range as the source's character before it. */
        void insert(int codePoint) {
            if (position == 0) {
                append(codePoint, source.base, source.base);
            } else {
                int before = position - 1;
                int first = before > 0 && Character.isLowSurrogate(source.chars[before]) ? before - 1 : before;
                append(codePoint, source.start(first), source.end(before));
            }
        }

        /** Leaves out the next character of the source. */
        void drop() {
            next();
        }

        /** Leaves out the source's characters up to an index. */
        void dropTo(int index) {
            position = index;
        }

        /** Copies the source's characters up to an index. */
        void copyTo(int index) {
            int count = index - position;
            grow(count);
            System.arraycopy(source.chars, position, chars, length, count);
            if (source.starts == null || source.ends == null) {
                for (int i = 0; i < count; i++) {
                    char c = source.chars[position + i];
                    int at = source.base + position + i;
                    starts[length + i] = Character.isLowSurrogate(c) ? at - 1 : at;
                    ends[length + i] = Character.isHighSurrogate(c) ? at + 2 : at + 1;
                }
            } else {
                System.arraycopy(source.starts, position, starts, length, count);
                System.arraycopy(source.ends, position, ends, length, count);
            }
            length += count;
            position = index;
        }

        /** Adds a character that stands for a given range. */
        void append(int codePoint, int start, int end) {
            grow(2);
            int count = Character.toChars(codePoint, chars, length);
            for (int i = 0; i < count; i++) {
                starts[length] = start;
                ends[length] = end;
                length++;
            }
        }

        AlignedText build() {
            return new AlignedText(chars, length, source.base, starts, ends);
        }

        private int next() {
            int at = position++;
            if (Character.isHighSurrogate(source.chars[at]) && position < source.length) {
                position++;
            }
            return position;
        }

        private void grow(int count) {
            if (length + count > chars.length) {
                int capacity = Math.max(length + count, chars.length + (chars.length >> 1));
                chars = Arrays.copyOf(chars, capacity);
                starts = Arrays.copyOf(starts, capacity);
                ends = Arrays.copyOf(ends, capacity);
            }
        }
    }
}
