package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import dev.argot.spi.TextIndex;
import java.util.BitSet;
import java.util.Locale;

/**
 * Drops what repeats itself, by the rules of Gopher (Rae et al. 2021, appendix A.1.1, table A1), its thresholds as defaults:
 *
 * <ul>
 *   <li>{@code max-duplicate-lines} 0.3 and {@code max-duplicate-line-characters} 0.2: lines that were there before in the document
 *   <li>{@code max-duplicate-paragraphs} 0.3 and {@code max-duplicate-paragraph-characters} 0.2: the same of paragraphs
 *   <li>{@code max-top-2-grams} 0.2, {@code -3-} 0.18, {@code -4-} 0.16: share of the characters in all occurrences of the run of so many
 *       words that takes up most
 *   <li>{@code max-duplicate-5-grams} 0.15, {@code -6-} 0.14, {@code -7-} 0.13, {@code -8-} 0.12, {@code -9-} 0.11, {@code -10-} 0.1:
 *       share of the characters in runs of so many words that were there before, each counted once
 *   <li>{@code phrase-tolerance} 1: multiplies the thresholds of runs of words, at most to 1. The prose of a trade repeats its phrases more
 *       than the web does: with 3, nearly all of a code of law passes
 * </ul>
 *
 * Lines, paragraphs and runs are the same if their words are, apart from case.
 */
public final class Repetition implements CurationStepProvider {
    private static final double[] TOP = {0.2, 0.18, 0.16};
    private static final double[] DUPLICATE = {0.15, 0.14, 0.13, 0.12, 0.11, 0.1};
    private static final int SMALLEST_TOP = 2;
    private static final int SMALLEST_DUPLICATE = 5;
    private static final int LARGEST = 10;

    /** For the service loader. */
    public Repetition() {}

    @Override
    public String name() {
        return CurationRules.REPETITION;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        double[] ngrams = new double[LARGEST + 1];
        double lines = settings.share("max-duplicate-lines", 0.3);
        double lineCharacters = settings.share("max-duplicate-line-characters", 0.2);
        double paragraphs = settings.share("max-duplicate-paragraphs", 0.3);
        double paragraphCharacters = settings.share("max-duplicate-paragraph-characters", 0.2);
        double tolerance = settings.number("phrase-tolerance", 1, 0, 1000);
        for (int n = SMALLEST_TOP; n <= LARGEST; n++) {
            double most = n < SMALLEST_DUPLICATE
                    ? settings.share("max-top-" + n + "-grams", TOP[n - SMALLEST_TOP])
                    : settings.share("max-duplicate-" + n + "-grams", DUPLICATE[n - SMALLEST_DUPLICATE]);
            ngrams[n] = Math.min(1, tolerance * most);
        }
        return new Step(lines, lineCharacters, paragraphs, paragraphCharacters, ngrams);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Step(
            double maxLines,
            double maxLineCharacters,
            double maxParagraphs,
            double maxParagraphCharacters,
            double[] ngrams)
            implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            TextIndex index = document.index();
            if (index.words() == 0) {
                return Verdict.KEEP;
            }
            var table = new LongTable();
            Verdict verdict = lines(index, table);
            return verdict instanceof Verdict.Drop ? verdict : ngrams(index, table);
        }

        /** Lines first, then paragraphs: lines between those without words. */
        private Verdict lines(TextIndex index, LongTable table) {
            table.clear(index.lines());
            var lines = new Repeats();
            var paragraphs = new Repeats();
            var paragraphTable = new LongTable();
            int word = 0;
            long paragraph = 0;
            int paragraphStart = -1;
            int paragraphEnd = 0;
            for (int line = 0; line < index.lines(); line++) {
                int end = index.lineEnd(line);
                long hash = 0;
                int first = word;
                while (word < index.words() && index.start(word) < end) {
                    hash = hash * Hashing.BASE + index.hash(word++);
                }
                if (word > first) {
                    lines.add(table, hash, end - index.lineStart(line));
                    paragraphStart = paragraphStart < 0 ? index.lineStart(line) : paragraphStart;
                    paragraphEnd = end;
                    paragraph = paragraph * Hashing.BASE + hash;
                }
                if (paragraphStart >= 0 && (word == first || line == index.lines() - 1)) {
                    paragraphs.add(paragraphTable, paragraph, paragraphEnd - paragraphStart);
                    paragraphStart = -1;
                    paragraph = 0;
                }
            }
            if (lines.share() > maxLines) {
                return drop("repeated lines", lines.share(), maxLines, "lines");
            }
            if (lines.characterShare(index) > maxLineCharacters) {
                return drop("repeated lines", lines.characterShare(index), maxLineCharacters, "characters");
            }
            if (paragraphs.share() > maxParagraphs) {
                return drop("repeated paragraphs", paragraphs.share(), maxParagraphs, "paragraphs");
            }
            if (paragraphs.characterShare(index) > maxParagraphCharacters) {
                return drop(
                        "repeated paragraphs", paragraphs.characterShare(index), maxParagraphCharacters, "characters");
            }
            return Verdict.KEEP;
        }

        /**
         * A run of n words occurs twice only where its first and its last n − 1 words do. So each length is looked up only where the
         * length before was found twice, which in most texts leaves little after two words.
         */
        private Verdict ngrams(TextIndex index, LongTable table) {
            int words = index.words();
            double characters = index.length();
            long[] runs = new long[words];
            int[] counts = new int[words]; // by the place of the first occurrence
            for (int i = 0; i < words; i++) {
                runs[i] = index.hash(i);
            }
            var candidates = new BitSet(words);
            candidates.set(0, words);
            int left = words;
            for (int n = 2; n <= LARGEST && left > 1; n++) {
                table.clear(left);
                var repeated = new BitSet(words);
                long top = 0;
                long covered = 0;
                int coveredTo = 0;
                left = 0;
                for (int i = candidates.nextSetBit(0); i >= 0 && i + n <= words; i = candidates.nextSetBit(i + 1)) {
                    if (!candidates.get(i + 1)) {
                        continue;
                    }
                    runs[i] = Hashing.mix(runs[i] * Hashing.BASE + index.hash(i + n - 1));
                    int first = table.putIfAbsent(runs[i], i);
                    if (first < 0) {
                        counts[i] = 1;
                        continue;
                    }
                    if (++counts[first] == 2) {
                        repeated.set(first);
                        left++;
                    }
                    repeated.set(i);
                    left++;
                    int start = index.start(i);
                    int end = index.end(i + n - 1);
                    top = Math.max(top, (long) counts[first] * (end - start));
                    covered += Math.max(0, end - Math.max(start, coveredTo));
                    coveredTo = end;
                }
                double share = (n < SMALLEST_DUPLICATE ? top : covered) / characters;
                if (share > ngrams[n]) {
                    return drop(
                            n < SMALLEST_DUPLICATE ? "a frequent phrase" : "repeated phrases",
                            share,
                            ngrams[n],
                            "characters, by runs of " + n + " words");
                }
                candidates = repeated;
            }
            return Verdict.KEEP;
        }

        private static Verdict drop(String reason, double share, double most, String of) {
            return new Verdict.Drop(
                    reason, String.format(Locale.ROOT, "share %.2f of the %s, at most %.2f", share, of, most));
        }
    }

    /** Counts what was there before. */
    private static final class Repeats {
        private int all;
        private int repeated;
        private long characters;

        void add(LongTable table, long hash, int length) {
            all++;
            if (!table.add(Hashing.mix(hash))) {
                repeated++;
                characters += length;
            }
        }

        double share() {
            return all == 0 ? 0 : (double) repeated / all;
        }

        double characterShare(TextIndex index) {
            return (double) characters / index.length();
        }
    }
}
