package dev.argot.tokenizers.huggingface;

import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Changes text before it is split into words. Immutable and thread-safe. */
sealed interface TextNormalizer {
    AlignedText normalize(AlignedText text);

    /** Several, one after the other. */
    record Sequence(List<TextNormalizer> normalizers) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            AlignedText result = text;
            for (TextNormalizer normalizer : normalizers) {
                result = normalizer.normalize(result);
            }
            return result;
        }
    }

    /** NFC, NFD, NFKC or NFKD. */
    record Unicode(CanonicalForm form) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            return form.normalize(text);
        }
    }

    /** Lower case, character by character, without regard to language or context. */
    record Lowercase() implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            AlignedText.Builder out = new AlignedText.Builder(text);
            int width;
            for (int i = 0; i < text.length; i += width) {
                width = Characters.width(text.chars, i, text.length);
                int c = Characters.codePoint(text.chars, i, text.length);
                if (c == 0x130) {
                    out.replace('i');
                    out.insert(0x307);
                } else {
                    out.replace(Character.toLowerCase(c));
                }
            }
            return out.build();
        }
    }

    /** Takes white space off the ends. */
    record Strip(boolean left, boolean right) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            int from = 0;
            int to = text.length;
            while (left && from < to && Characters.isSpace(text.chars[from])) {
                from++;
            }
            while (right && from < to && Characters.isSpace(text.chars[to - 1])) {
                to--;
            }
            if (from == 0 && to == text.length) {
                return text;
            }
            AlignedText.Builder out = new AlignedText.Builder(text);
            out.dropTo(from);
            out.copyTo(to);
            return out.build();
        }
    }

    /** Drops combining marks. */
    record StripAccents(Characters characters) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            return keep(text, characters, Characters.ACCENT);
        }
    }

    /** Puts a text in the place of what matches. */
    record Replace(TextPattern pattern, String content) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            AlignedText.Builder out = new AlignedText.Builder(text);
            boolean[] changed = {false};
            pattern.find(text.chars, 0, text.length, (from, to, match) -> {
                if (match) {
                    changed[0] = true;
                    out.dropTo(to);
                    content.codePoints().forEach(out::insert);
                } else {
                    out.copyTo(to);
                }
            });
            return changed[0] ? out.build() : text;
        }
    }

    /** Puts a text before the first character. */
    record Prepend(String content) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            return text.length == 0 ? text : prepend(text, content);
        }
    }

    /** Rules compiled by SentencePiece, on grapheme clusters of up to five bytes, else on characters. */
    record Precompiled(PrecompiledCharsMap map) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            Changes changes = new Changes(map, text);
            int at = 0;
            while (at < text.length) {
                int end = at;
                while (end < text.length && isAlone(text, end)) {
                    end++;
                }
                changes.characters(at, end);
                at = end;
                while (end < text.length && !isAlone(text, end)) {
                    end++;
                }
                clusters(changes, text, at, end);
                at = end;
            }
            return changes.apply();
        }

        /** Whether a cluster begins and ends with this char, without looking further than the next one. */
        private static boolean isAlone(AlignedText text, int at) {
            char c = text.chars[at];
            return c < 0x80
                    && (at + 1 == text.length || text.chars[at + 1] < 0x80)
                    && !(c == '\r' && at + 1 < text.length && text.chars[at + 1] == '\n')
                    && !(c == '\n' && at > 0 && text.chars[at - 1] == '\r');
        }

        private static void clusters(Changes changes, AlignedText text, int from, int to) {
            if (from == to) {
                return;
            }
            BreakIterator iterator = BreakIterator.getCharacterInstance(Locale.ROOT);
            iterator.setText(new String(text.chars, from, to - from));
            int start = from;
            for (int end = iterator.next(); end != BreakIterator.DONE; end = iterator.next()) {
                if (!changes.cluster(start, from + end)) {
                    changes.characters(start, from + end);
                }
                start = from + end;
            }
        }

        /** New characters, and how each changes the text: as {@link AlignedText.Builder} replaces (0), drops more (below) or inserts (above). */
        private static final class Changes {
            private final PrecompiledCharsMap map;
            private final AlignedText text;
            private int[] codePoints;
            private int[] changes;
            private int size;
            private boolean changed;

            Changes(PrecompiledCharsMap map, AlignedText text) {
                this.map = map;
                this.text = text;
                codePoints = new int[text.length + 16];
                changes = new int[text.length + 16];
            }

            boolean cluster(int from, int to) {
                if (to - from > 5) {
                    return false;
                }
                String cluster = new String(text.chars, from, to - from);
                return cluster.getBytes(StandardCharsets.UTF_8).length <= 5 && replace(cluster);
            }

            void characters(int from, int to) {
                int width;
                for (int i = from; i < to; i += width) {
                    width = Characters.width(text.chars, i, to);
                    if (!replace(new String(text.chars, i, width))) {
                        add(Characters.codePoint(text.chars, i, to), 0);
                    }
                }
            }

            private boolean replace(String part) {
                String replacement = map.replacement(part);
                if (replacement == null) {
                    return false;
                }
                changed = true;
                int missing = part.codePointCount(0, part.length());
                int width;
                for (int i = 0; i < replacement.length(); i += width) {
                    int codePoint = replacement.codePointAt(i);
                    width = Character.charCount(codePoint);
                    add(codePoint, missing > 0 ? 0 : 1);
                    missing--;
                }
                if (missing > 0 && size > 0) {
                    changes[size - 1] -= missing;
                }
                return true;
            }

            private void add(int codePoint, int change) {
                if (size == codePoints.length) {
                    codePoints = Arrays.copyOf(codePoints, size * 2);
                    changes = Arrays.copyOf(changes, size * 2);
                }
                codePoints[size] = codePoint;
                changes[size++] = change;
            }

            AlignedText apply() {
                if (!changed) {
                    return text;
                }
                AlignedText.Builder out = new AlignedText.Builder(text);
                for (int i = 0; i < size; i++) {
                    if (changes[i] > 0) {
                        out.insert(codePoints[i]);
                    } else {
                        out.replace(codePoints[i], -changes[i]);
                    }
                }
                return out.build();
            }
        }
    }

    /** BERT's: drops control characters, sets Chinese characters apart, strips accents, lowers case; each if asked. */
    record Bert(
            boolean cleanText,
            boolean handleChineseChars,
            boolean stripAccents,
            boolean lowercase,
            CanonicalForm decomposition,
            Characters characters)
            implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            AlignedText result = text;
            if (cleanText) {
                result = clean(result);
            }
            if (handleChineseChars) {
                result = separateChinese(result);
            }
            if (stripAccents) {
                result = keep(decomposition.normalize(result), characters, Characters.NONSPACING);
            }
            return lowercase ? new Lowercase().normalize(result) : result;
        }

        private AlignedText clean(AlignedText text) {
            AlignedText.Builder out = new AlignedText.Builder(text);
            int width;
            for (int i = 0; i < text.length; i += width) {
                width = Characters.width(text.chars, i, text.length);
                int c = Characters.codePoint(text.chars, i, text.length);
                boolean space = Characters.isSpace(c);
                boolean line = c == '\t' || c == '\n' || c == '\r';
                if (c == 0 || c == 0xFFFD || (!line && (characters.of(c) & Characters.CONTROL) != 0)) {
                    out.drop();
                } else {
                    out.replace(space ? ' ' : c);
                }
            }
            return out.build();
        }

        private static AlignedText separateChinese(AlignedText text) {
            AlignedText.Builder out = new AlignedText.Builder(text);
            int width;
            for (int i = 0; i < text.length; i += width) {
                width = Characters.width(text.chars, i, text.length);
                int c = Characters.codePoint(text.chars, i, text.length);
                if (isChinese(c)) {
                    out.replace(' ');
                    out.insert(c);
                    out.insert(' ');
                } else {
                    out.replace(c);
                }
            }
            return out.build();
        }

        private static boolean isChinese(int c) {
            return (c >= 0x4E00 && c <= 0x9FFF)
                    || (c >= 0x3400 && c <= 0x4DBF)
                    || (c >= 0x20000 && c <= 0x2A6DF)
                    || (c >= 0x2A700 && c <= 0x2B73F)
                    || (c >= 0x2B740 && c <= 0x2B81F)
                    || (c >= 0x2B920 && c <= 0x2CEAF)
                    || (c >= 0xF900 && c <= 0xFAFF)
                    || (c >= 0x2F800 && c <= 0x2FA1F);
        }
    }

    /** The rules of machine translation corpora: some control characters vanish, special spaces become spaces. */
    record Nmt() implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            AlignedText.Builder out = new AlignedText.Builder(text);
            int width;
            for (int i = 0; i < text.length; i += width) {
                width = Characters.width(text.chars, i, text.length);
                int c = Characters.codePoint(text.chars, i, text.length);
                if (vanishes(c)) {
                    out.drop();
                } else {
                    out.replace(isSpace(c) ? ' ' : c);
                }
            }
            return out.build();
        }

        private static boolean vanishes(int c) {
            return (c >= 0x1 && c <= 0x8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
        }

        private static boolean isSpace(int c) {
            return c == 0x9
                    || c == 0xA
                    || c == 0xC
                    || c == 0xD
                    || c == 0x1680
                    || (c >= 0x200B && c <= 0x200F)
                    || c == 0x2028
                    || c == 0x2029
                    || c == 0x2581
                    || c == 0xFEFF
                    || c == 0xFFFD;
        }
    }

    /** Spells the text's bytes in {@link ByteAlphabet}. */
    record Bytes(ByteAlphabet alphabet) implements TextNormalizer {
        @Override
        public AlignedText normalize(AlignedText text) {
            return spellBytes(text, 0, text.length, alphabet);
        }
    }

    /** A range of a text, its bytes spelt in {@link ByteAlphabet}. */
    static AlignedText spellBytes(AlignedText text, int from, int to, ByteAlphabet alphabet) {
        AlignedText part = text.slice(from, to);
        AlignedText.Builder out = new AlignedText.Builder(part);
        int width;
        for (int i = 0; i < part.length; i += width) {
            width = Characters.width(part.chars, i, part.length);
            int c = Characters.codePoint(part.chars, i, part.length);
            if (c < 0x80) {
                out.replace(alphabet.character(c));
            } else {
                int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
                int lead = more == 1 ? 0xC0 : more == 2 ? 0xE0 : 0xF0;
                out.replace(alphabet.character(lead | (c >> (6 * more))));
                for (int k = more - 1; k >= 0; k--) {
                    out.insert(alphabet.character(0x80 | ((c >> (6 * k)) & 0x3F)));
                }
            }
        }
        return out.build();
    }

    /** The text with more characters at its start, which stand for what its first character stands for. */
    static AlignedText prepend(AlignedText text, String content) {
        AlignedText.Builder out = new AlignedText.Builder(text);
        int width = Characters.width(text.chars, 0, text.length);
        int start = text.start(0);
        int end = text.end(width - 1);
        content.codePoints().forEach(c -> out.append(c, start, end));
        out.copyTo(text.length);
        return out.build();
    }

    private static AlignedText keep(AlignedText text, Characters characters, int unwanted) {
        AlignedText.Builder out = new AlignedText.Builder(text);
        int width;
        boolean changed = false;
        for (int i = 0; i < text.length; i += width) {
            width = Characters.width(text.chars, i, text.length);
            int c = Characters.codePoint(text.chars, i, text.length);
            if ((characters.of(c) & unwanted) != 0) {
                out.drop();
                changed = true;
            } else {
                out.replace(c);
            }
        }
        return changed ? out.build() : text;
    }

    /** Applies a normalizer if there is one. */
    static AlignedText apply(@Nullable TextNormalizer normalizer, AlignedText text) {
        return normalizer == null ? text : normalizer.normalize(text);
    }
}
