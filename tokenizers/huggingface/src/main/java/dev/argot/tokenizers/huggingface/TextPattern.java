package dev.argot.tokenizers.huggingface;

import dev.argot.api.ArgotException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds parts of a text. Immutable and thread-safe. */
sealed interface TextPattern permits WordPattern, TextPattern.Literal, TextPattern.OneOf, TextPattern.Expression {
    /** Hands on the text part by part, without gaps, and says of each whether it matches. A match may be empty. */
    void find(char[] chars, int from, int to, Sink sink);

    /** Takes the parts of a text. */
    @FunctionalInterface
    interface Sink {
        void accept(int from, int to, boolean match);
    }

    /** What happens to matches when a text is split at them. */
    enum Behavior {
        /** They are dropped. */
        REMOVED,
        /** Each is a piece of its own. */
        ISOLATED,
        /** Each is part of the piece before. */
        MERGED_WITH_PREVIOUS,
        /** Each is part of the piece after. */
        MERGED_WITH_NEXT,
        /** Neighbouring matches are one piece. */
        CONTIGUOUS
    }

    /** Takes the pieces of a text. */
    @FunctionalInterface
    interface Pieces {
        void accept(int from, int to);
    }

    /** Splits a text at the matches. Pieces may be empty. */
    default void split(char[] chars, int from, int to, Behavior behavior, boolean invert, Pieces out) {
        switch (behavior) {
            case ISOLATED -> find(chars, from, to, (start, end, match) -> out.accept(start, end));
            case REMOVED ->
                find(chars, from, to, (start, end, match) -> {
                    if (match == invert) {
                        out.accept(start, end);
                    }
                });
            case MERGED_WITH_PREVIOUS, MERGED_WITH_NEXT, CONTIGUOUS -> {
                Merger merger = new Merger(behavior, out, from);
                find(chars, from, to, (start, end, match) -> merger.accept(start, end, match != invert));
                merger.finish();
            }
        }
    }

    /** Joins neighbouring parts. */
    final class Merger implements Sink {
        private final Behavior behavior;
        private final Pieces out;
        private int start;
        private int end;
        private boolean last;

        private Merger(Behavior behavior, Pieces out, int from) {
            this.behavior = behavior;
            this.out = out;
            this.start = from;
            this.end = from;
        }

        @Override
        public void accept(int from, int to, boolean match) {
            boolean joins =
                    switch (behavior) {
                        case CONTIGUOUS -> match == last;
                        case MERGED_WITH_PREVIOUS -> match && !last;
                        case MERGED_WITH_NEXT -> last && !match;
                        case REMOVED, ISOLATED -> false;
                    };
            if (!joins) {
                finish();
                start = from;
            }
            end = to;
            last = match;
        }

        private void finish() {
            out.accept(start, end);
        }
    }

    /** A fixed string. */
    record Literal(String text) implements TextPattern {
        @Override
        public void find(char[] chars, int from, int to, Sink sink) {
            int length = text.length();
            int done = from;
            if (length > 0) {
                char first = text.charAt(0);
                for (int i = from; i + length <= to; i++) {
                    if (chars[i] == first && matches(chars, i)) {
                        if (done < i) {
                            sink.accept(done, i, false);
                        }
                        done = i + length;
                        sink.accept(i, done, true);
                        i = done - 1;
                    }
                }
            }
            if (done < to) {
                sink.accept(done, to, false);
            }
        }

        private boolean matches(char[] chars, int at) {
            for (int k = 1; k < text.length(); k++) {
                if (chars[at + k] != text.charAt(k)) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Up to {@code most} characters of some kinds. */
    record OneOf(Characters characters, int kinds, int most) implements TextPattern {
        @Override
        public void find(char[] chars, int from, int to, Sink sink) {
            int done = from;
            int i = from;
            while (i < to) {
                int end = i;
                int count = 0;
                while (end < to && count < most && (characters.at(chars, end, to) & kinds) != 0) {
                    end += Characters.width(chars, end, to);
                    count++;
                }
                if (count == 0) {
                    i += Characters.width(chars, i, to);
                    continue;
                }
                if (done < i) {
                    sink.accept(done, i, false);
                }
                sink.accept(i, end, true);
                done = end;
                i = end;
            }
            if (done < to) {
                sink.accept(done, to, false);
            }
        }
    }

    /** A regular expression, run by the JDK. */
    record Expression(Pattern pattern) implements TextPattern {
        @Override
        public void find(char[] chars, int from, int to, Sink sink) {
            Matcher matcher = pattern.matcher(new Region(chars, from, to - from, pattern.pattern()));
            int done = from;
            try {
                while (matcher.find()) {
                    int start = from + matcher.start();
                    int end = from + matcher.end();
                    if (done < start) {
                        sink.accept(done, start, false);
                    }
                    sink.accept(start, end, true);
                    done = end;
                }
            } catch (StackOverflowError e) {
                throw new ArgotException(
                        "the tokenizer's regular expression " + pattern.pattern()
                                + " is too deeply recursive for this text",
                        e);
            }
            if (done < to) {
                sink.accept(done, to, false);
            }
        }
    }

    /** The text an expression reads; counts the reads, so that an expression that backtracks without end is stopped. */
    final class Region implements CharSequence {
        private static final long READS_PER_CHAR = 2_000;

        private final char[] chars;
        private final int offset;
        private final int length;
        private final String expression;
        private long reads;

        Region(char[] chars, int offset, int length, String expression) {
            this.chars = chars;
            this.offset = offset;
            this.length = length;
            this.expression = expression;
            this.reads = (length + 100L) * READS_PER_CHAR;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public char charAt(int index) {
            if (--reads < 0) {
                throw new ArgotException("the tokenizer's regular expression " + expression + " takes more than "
                        + READS_PER_CHAR + " steps a character on this text");
            }
            return chars[offset + index];
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new String(chars, offset + start, end - start);
        }

        @Override
        public String toString() {
            return new String(chars, offset, length);
        }
    }
}
