package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import dev.argot.spi.TextIndex;
import java.util.BitSet;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Takes out what the evaluation sets have, too, as GPT-3 did (Brown et al. 2020, appendix C): around each run of words that both have, 200
 * characters on either side are cut out; pieces of less than 200 characters that this leaves go with it, and a document that falls into
 * more than ten pieces, or of which none is left, is dropped. Words are compared without case and punctuation.
 *
 * <ul>
 *   <li>{@code words} 13: length of a run. An evaluation text that is shorter counts as a whole, if it has at least {@code min-words} 8
 *   <li>{@code margin} 200: characters cut out on either side; pieces shorter than this go as well
 *   <li>{@code max-pieces} 10: the most pieces a document may fall into
 *   <li>{@code drop}: {@code true} to drop every document that has a run in common, rather than to cut; default {@code false}
 * </ul>
 */
public final class Decontamination implements CurationStepProvider {
    private static final String REASON = "part of an evaluation set";

    /** For the service loader. */
    public Decontamination() {}

    @Override
    public String name() {
        return CurationRules.DECONTAMINATION;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        int longest = settings.integer("words", 13, 1);
        int shortest = Math.min(longest, settings.integer("min-words", 8, 1));
        int margin = settings.integer("margin", 200, 0);
        int maxPieces = settings.integer("max-pieces", 10, 1);
        boolean drop = settings.flag("drop", false);
        var runs = new LongTable();
        var lengths = new BitSet();
        long texts = 0;
        try (Stream<String> evaluation = context.evaluationTexts().get()) {
            for (Iterator<String> i = evaluation.iterator(); i.hasNext(); ) {
                TextIndex index = TextIndex.of(i.next());
                int length = Math.min(longest, index.words());
                if (length >= shortest) {
                    texts++;
                    lengths.set(length);
                    var hashes = new Runs(index);
                    for (int word = 0; word + length <= index.words(); word++) {
                        runs.add(hashes.of(word, length));
                    }
                }
            }
        }
        int[] used = lengths.stream().toArray();
        if (used.length == 0) {
            return document -> CurationStep.Verdict.KEEP;
        }
        return new Step(runs, used, margin, maxPieces, drop, texts);
    }

    /** Hashes of runs of words, each in constant time (Rabin and Karp 1987). */
    private static final class Runs {
        private final long[] prefixes;
        private final long[] powers;

        Runs(TextIndex index) {
            prefixes = new long[index.words() + 1];
            powers = new long[index.words() + 1];
            powers[0] = 1;
            for (int i = 0; i < index.words(); i++) {
                prefixes[i + 1] = prefixes[i] * Hashing.BASE + index.hash(i);
                powers[i + 1] = powers[i] * Hashing.BASE;
            }
        }

        long of(int start, int length) {
            return Hashing.mix(prefixes[start + length] - prefixes[start] * powers[length] + length);
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Step(LongTable runs, int[] lengths, int margin, int maxPieces, boolean drop, long texts)
            implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            TextIndex index = document.index();
            String text = document.text();
            var hashes = new Runs(index);
            var rest = new StringBuilder();
            int from = 0; // end of what was cut out last
            int cutEnd = 0;
            int pieces = 0;
            long common = 0;
            for (int word = 0; word < index.words(); word++) {
                int end = endOfRun(index, hashes, word);
                if (end == 0) {
                    continue;
                }
                common++;
                int start = Math.max(0, index.start(word) - margin);
                if (common == 1 || start > cutEnd) {
                    pieces += append(rest, text, from, start) ? 1 : 0;
                }
                cutEnd = Math.max(cutEnd, Math.min(text.length(), end + margin));
                from = cutEnd;
            }
            if (common == 0) {
                return Verdict.KEEP;
            }
            pieces += append(rest, text, from, text.length()) ? 1 : 0;
            if (drop || pieces == 0 || pieces > maxPieces) {
                return new Verdict.Drop(
                        REASON, common + " runs of words in common" + (drop ? "" : ", " + pieces + " pieces left"));
            }
            return new Verdict.Change(rest.toString(), Map.of("runs of words in common", common));
        }

        /** Where, in chars, the longest run ends that begins at a word and is in an evaluation set; 0 where none does. */
        private int endOfRun(TextIndex index, Runs hashes, int word) {
            for (int i = lengths.length - 1; i >= 0; i--) {
                if (word + lengths[i] <= index.words() && runs.get(hashes.of(word, lengths[i])) >= 0) {
                    return index.end(word + lengths[i] - 1);
                }
            }
            return 0;
        }

        /** Adds a piece, if it is long enough; at whole words. */
        private boolean append(StringBuilder rest, String text, int from, int to) {
            int start = from;
            int end = to;
            if (from > 0) {
                while (start < end && !Character.isWhitespace(text.charAt(start))) {
                    start++;
                }
            }
            if (to < text.length()) {
                while (end > start && !Character.isWhitespace(text.charAt(end - 1))) {
                    end--;
                }
            }
            String piece = text.substring(start, end).strip();
            if (piece.isEmpty() || piece.length() < margin) {
                return false;
            }
            rest.append(rest.isEmpty() ? "" : "\n\n").append(piece);
            return true;
        }

        @Override
        public String note() {
            return "compared with " + texts + " evaluation texts";
        }
    }
}
