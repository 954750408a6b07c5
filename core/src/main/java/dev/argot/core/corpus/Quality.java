package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import dev.argot.spi.TextIndex;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Drops what is hardly running text of the language, by the rules of Gopher (Rae et al. 2021, appendix A.1.1) and one of C4 (Raffel et
 * al. 2020, section 2.2). Those of Gopher, with its thresholds as defaults:
 *
 * <ul>
 *   <li>{@code min-mean-word-length} 3 and {@code max-mean-word-length} 10 characters
 *   <li>{@code max-symbol-ratio} 0.1: hash signs, and ellipses, for each word
 *   <li>{@code max-bullet-lines} 0.9: share of the lines that begin with a bullet
 *   <li>{@code max-ellipsis-lines} 0.3: share of the lines that end with an ellipsis; both shares need two lines
 *   <li>{@code min-letter-words} 0.8: share of the words that have a letter
 *   <li>{@code min-stop-words} 2: how many different ones of {@code stop-words} are there at least. By default those are <i>the, be, to,
 *       of, and, that, have, with</i>; with a list of another language, and 0 for none, text of other languages passes
 * </ul>
 *
 * <p>That of C4: no <i>lorem ipsum</i> ({@code placeholder-text}, {@code true} to let it pass). Our own: {@code max-digit-share} 0.3 and
 * {@code max-punctuation-share} 0.3 of the characters that are not blank.
 */
public final class Quality implements CurationStepProvider {
    private static final int ALL_STOP_WORDS = 62; // bits of a long

    /** For the service loader. */
    public Quality() {}

    @Override
    public String name() {
        return CurationRules.QUALITY;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        List<String> words =
                settings.list("stop-words", List.of("the", "be", "to", "of", "and", "that", "have", "with"));
        if (words.size() > ALL_STOP_WORDS) {
            throw new IllegalArgumentException("curation step '" + name() + "': setting 'stop-words': expected at most "
                    + ALL_STOP_WORDS + " words, found " + words.size());
        }
        Map<Long, Integer> stopWords = new HashMap<>();
        for (String word : words) {
            stopWords.putIfAbsent(TextIndex.hashOf(word), stopWords.size());
        }
        return new Step(
                settings.number("min-mean-word-length", 3, 0, 1000),
                settings.number("max-mean-word-length", 10, 0, 1000),
                settings.share("max-symbol-ratio", 0.1),
                settings.share("max-bullet-lines", 0.9),
                settings.share("max-ellipsis-lines", 0.3),
                settings.share("min-letter-words", 0.8),
                settings.share("max-digit-share", 0.3),
                settings.share("max-punctuation-share", 0.3),
                settings.integer("min-stop-words", 2, 0),
                settings.flag("placeholder-text", false),
                StopWords.of(stopWords));
    }

    /** Stop words by hash, each with a number. */
    private record StopWords(LongTable numbers) {
        static StopWords of(Map<Long, Integer> words) {
            var table = new LongTable();
            words.forEach(table::putIfAbsent);
            return new StopWords(table);
        }

        /** How many different ones are there, counted up to a limit. */
        int count(TextIndex index, int most) {
            long seen = 0;
            for (int i = 0; i < index.words() && Long.bitCount(seen) < most; i++) {
                int number = numbers.get(index.hash(i));
                if (number >= 0) {
                    seen |= 1L << number;
                }
            }
            return Long.bitCount(seen);
        }
    }

    private record Step(
            double minMeanWordLength,
            double maxMeanWordLength,
            double maxSymbolRatio,
            double maxBulletLines,
            double maxEllipsisLines,
            double minLetterWords,
            double maxDigitShare,
            double maxPunctuationShare,
            int minStopWords,
            boolean placeholderText,
            StopWords stopWords)
            implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            String text = document.text();
            TextIndex index = document.index();
            int words = index.words();
            if (words == 0) {
                return new Verdict.Drop("no words", "");
            }
            long wordCharacters = 0;
            int letterWords = 0;
            for (int i = 0; i < words; i++) {
                wordCharacters += index.end(i) - index.start(i);
                letterWords += index.hasLetter(i) ? 1 : 0;
            }
            double meanLength = (double) wordCharacters / words;
            if (meanLength < minMeanWordLength || meanLength > maxMeanWordLength) {
                return drop(
                        "word length",
                        "mean %.1f characters, %.1f to %.1f",
                        meanLength,
                        minMeanWordLength,
                        maxMeanWordLength);
            }
            if (share(letterWords, words) < minLetterWords) {
                return drop(
                        "words without letters",
                        "%.2f of the words have a letter, at least %.2f",
                        share(letterWords, words),
                        minLetterWords);
            }
            int ink = index.length() - index.spaces();
            if (share(index.digits(), ink) > maxDigitShare) {
                return drop("digits", "share %.2f, at most %.2f", share(index.digits(), ink), maxDigitShare);
            }
            int punctuation = ink - index.digits() - index.letters();
            if (share(punctuation, ink) > maxPunctuationShare) {
                return drop("punctuation", "share %.2f, at most %.2f", share(punctuation, ink), maxPunctuationShare);
            }
            int found = stopWords.count(index, minStopWords);
            if (found < minStopWords) {
                return drop("stop words", "%d different ones, at least %d", found, minStopWords);
            }
            double symbols = share(symbols(text), words);
            if (symbols > maxSymbolRatio) {
                return drop("symbols", "%.2f for each word, at most %.2f", symbols, maxSymbolRatio);
            }
            return lines(text, index);
        }

        private Verdict lines(String text, TextIndex index) {
            int lines = 0;
            int bullets = 0;
            int ellipses = 0;
            for (int line = 0; line < index.lines(); line++) {
                int start = index.lineStart(line);
                int end = index.lineEnd(line);
                while (start < end && text.charAt(start) <= ' ') {
                    start++;
                }
                while (end > start && text.charAt(end - 1) <= ' ') {
                    end--;
                }
                if (start < end) {
                    lines++;
                    char first = text.charAt(start);
                    bullets += first == '-' || first == '*' || first == '\u2022' || first == '\u25cf' ? 1 : 0;
                    ellipses += text.charAt(end - 1) == '\u2026' || text.startsWith("...", Math.max(start, end - 3))
                            ? 1
                            : 0;
                }
            }
            if (lines > 1 && share(bullets, lines) > maxBulletLines) {
                return drop("bullet lines", "share %.2f, at most %.2f", share(bullets, lines), maxBulletLines);
            }
            if (lines > 1 && share(ellipses, lines) > maxEllipsisLines) {
                return drop("ellipsis lines", "share %.2f, at most %.2f", share(ellipses, lines), maxEllipsisLines);
            }
            if (!placeholderText && hasPlaceholder(text)) {
                return new Verdict.Drop("placeholder text", "lorem ipsum");
            }
            return Verdict.KEEP;
        }

        /** The more frequent of hash signs and ellipses. */
        private static int symbols(String text) {
            int hashes = 0;
            for (int i = text.indexOf('#'); i >= 0; i = text.indexOf('#', i + 1)) {
                hashes++;
            }
            int ellipses = 0;
            for (int i = text.indexOf("..."); i >= 0; i = text.indexOf("...", i + 3)) {
                ellipses++;
            }
            for (int i = text.indexOf('\u2026'); i >= 0; i = text.indexOf('\u2026', i + 1)) {
                ellipses++;
            }
            return Math.max(hashes, ellipses);
        }

        private static boolean hasPlaceholder(String text) {
            for (int i = text.indexOf("ipsum"); i >= 0; i = text.indexOf("ipsum", i + 1)) {
                if (i >= 6 && text.regionMatches(true, i - 6, "lorem ", 0, 6)) {
                    return true;
                }
            }
            return false;
        }

        private static double share(long part, long whole) {
            return whole == 0 ? 0 : (double) part / whole;
        }

        private static Verdict drop(String reason, String detail, Object... values) {
            return new Verdict.Drop(reason, String.format(Locale.ROOT, detail, values));
        }
    }
}
