package dev.argot.tokenizers.huggingface;

import java.util.List;

/** Splits text into words. Immutable and thread-safe. */
sealed interface PreTokenizer {
    /** Takes the words of a text; they aren't empty. */
    @FunctionalInterface
    interface Words {
        void accept(AlignedText text, int from, int to);
    }

    /** Splits the range {@code from} to {@code to}, which isn't empty, of a text. */
    void split(AlignedText text, int from, int to, Words out);

    /** Several, each splitting the words of the one before. */
    record Sequence(List<PreTokenizer> steps) implements PreTokenizer {
        @Override
        public void split(AlignedText text, int from, int to, Words out) {
            step(0, text, from, to, out);
        }

        private void step(int index, AlignedText text, int from, int to, Words out) {
            if (index == steps.size()) {
                out.accept(text, from, to);
            } else if (index == steps.size() - 1) {
                steps.get(index).split(text, from, to, out);
            } else {
                steps.get(index).split(text, from, to, (part, start, end) -> step(index + 1, part, start, end, out));
            }
        }
    }

    /** Splits at a pattern. */
    record Split(TextPattern pattern, TextPattern.Behavior behavior, boolean invert) implements PreTokenizer {
        @Override
        public void split(AlignedText text, int from, int to, Words out) {
            pattern.split(text.chars, from, to, behavior, invert, (start, end) -> {
                if (start < end) {
                    out.accept(text, start, end);
                }
            });
        }
    }

    /**
     * Puts a space first if asked, splits at a pattern, and spells bytes.
     *
     * @param addPrefixSpace whether a text without a space at its start gets one
     * @param words the pattern, which takes in every character; or one that matches nothing
     * @param spell whether the bytes are spelt here; if not, the model does it
     * @param alphabet how they are spelt
     */
    record Bytes(boolean addPrefixSpace, TextPattern words, boolean spell, ByteAlphabet alphabet)
            implements PreTokenizer {
        @Override
        public void split(AlignedText text, int from, int to, Words out) {
            AlignedText source = text;
            int start = from;
            int end = to;
            if (addPrefixSpace && text.chars[from] != ' ') {
                source = TextNormalizer.prepend(text.slice(from, to), " ");
                start = 0;
                end = source.length;
            }
            AlignedText prefixed = source;
            words.find(source.chars, start, end, (a, b, match) -> {
                if (a == b) {
                    return;
                }
                if (spell) {
                    AlignedText spelt = TextNormalizer.spellBytes(prefixed, a, b, alphabet);
                    out.accept(spelt, 0, spelt.length);
                } else {
                    out.accept(prefixed, a, b);
                }
            });
        }
    }

    /**
     * Makes spaces visible, as SentencePiece does, and splits before them.
     *
     * @param replacement what stands for a space
     * @param scheme where a text that doesn't begin with one gets one
     * @param split whether to split
     */
    record Metaspace(String replacement, Scheme scheme, boolean split) implements PreTokenizer {
        /** Where a space is put first. */
        enum Scheme {
            /** At the start of the whole text only. */
            FIRST,
            /** Nowhere. */
            NEVER,
            /** At the start of every piece between added tokens. */
            ALWAYS
        }

        @Override
        public void split(AlignedText text, int from, int to, Words out) {
            AlignedText part = new TextNormalizer.Replace(new TextPattern.Literal(" "), replacement)
                    .normalize(text.slice(from, to));
            boolean wanted =
                    switch (scheme) {
                        case ALWAYS -> true;
                        case FIRST -> part.base == 0;
                        case NEVER -> false;
                    };
            TextPattern.Literal pattern = new TextPattern.Literal(replacement);
            if (wanted && !part.toString().startsWith(replacement)) {
                part = TextNormalizer.prepend(part, replacement);
            }
            if (split) {
                new Split(pattern, TextPattern.Behavior.MERGED_WITH_NEXT, false).split(part, 0, part.length, out);
            } else {
                out.accept(part, 0, part.length);
            }
        }
    }

    /** Words and runs of other characters that are no space: {@code \w+|[^\w\s]+}. */
    record Whitespace(Characters characters) implements PreTokenizer {
        @Override
        public void split(AlignedText text, int from, int to, Words out) {
            int i = from;
            while (i < to) {
                int start = i;
                int kind = characters.at(text.chars, i, to) & (Characters.WORD | Characters.SPACE);
                do {
                    i += Characters.width(text.chars, i, to);
                } while (i < to && (characters.at(text.chars, i, to) & (Characters.WORD | Characters.SPACE)) == kind);
                if ((kind & Characters.SPACE) == 0) {
                    out.accept(text, start, i);
                }
            }
        }
    }

    /** Pieces of a fixed number of characters. */
    record FixedLength(int length) implements PreTokenizer {
        @Override
        public void split(AlignedText text, int from, int to, Words out) {
            int start = from;
            int count = 0;
            int width;
            for (int i = from; i < to; i += width) {
                width = Characters.width(text.chars, i, to);
                if (count == length) {
                    out.accept(text, start, i);
                    start = i;
                    count = 0;
                }
                count++;
            }
            out.accept(text, start, to);
        }
    }

    /** Splits where the script changes; Hiragana and Katakana count as Han, as in SentencePiece. Spaces at the start are dropped. */
    record UnicodeScripts() implements PreTokenizer {
        @Override
        public void split(AlignedText text, int from, int to, Words out) {
            int start = -1;
            Character.UnicodeScript last = Character.UnicodeScript.UNKNOWN;
            int width;
            for (int i = from; i < to; i += width) {
                width = Characters.width(text.chars, i, to);
                Character.UnicodeScript script = script(Characters.codePoint(text.chars, i, to));
                if (script == Character.UnicodeScript.UNKNOWN) {
                    continue;
                }
                if (script != last) {
                    if (start >= 0) {
                        out.accept(text, start, i);
                    }
                    start = i;
                    last = script;
                }
            }
            if (start >= 0) {
                out.accept(text, start, to);
            }
        }

        private static Character.UnicodeScript script(int codePoint) {
            if (codePoint == ' ') {
                return Character.UnicodeScript.UNKNOWN;
            }
            if (codePoint == 0x30FC) {
                return Character.UnicodeScript.HAN;
            }
            Character.UnicodeScript script = Character.UnicodeScript.of(codePoint);
            return script == Character.UnicodeScript.HIRAGANA || script == Character.UnicodeScript.KATAKANA
                    ? Character.UnicodeScript.HAN
                    : script;
        }
    }
}
