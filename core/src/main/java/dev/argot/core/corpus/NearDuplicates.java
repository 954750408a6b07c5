package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.MinHash;
import dev.argot.spi.Settings;
import dev.argot.spi.TextAnalysis;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Drops all but the first of documents that have most of their shingles in common: MinHash with banding finds candidates ({@link
 * MinHash}), and the similarity estimated from their signatures decides. Of a signature the low eight bits of each value are kept (Li
 * and König 2010, <i>b-bit minwise hashing</i>, with its correction for values that agree by chance). Remembers about 700 bytes and the
 * id of each document that is kept.
 *
 * <ul>
 *   <li>{@code bands} 14, {@code rows} 8, {@code shingle} 5 words: see {@link MinHash#DEFAULT}
 *   <li>{@code min-similarity} 0.7: the estimated Jaccard similarity from which on a candidate is dropped
 * </ul>
 */
public final class NearDuplicates implements CurationStepProvider {
    private static final double CHANCE = 1.0 / 256;

    /** For the service loader. */
    public NearDuplicates() {}

    @Override
    public String name() {
        return CurationRules.NEAR_DUPLICATES;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        var parameters = new MinHash(
                settings.integer("bands", MinHash.DEFAULT.bands(), 1),
                settings.integer("rows", MinHash.DEFAULT.rows(), 1),
                settings.integer("shingle", MinHash.DEFAULT.shingle(), 1),
                context.seed());
        double similarity = settings.share("min-similarity", 0.7);
        return new Step(parameters, similarity, context.analysis().get(), new LongTable(), new ArrayList<>());
    }

    /** A document that is kept. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Seen(String id, byte[] signature) {}

    private record Step(
            MinHash parameters, double minSimilarity, TextAnalysis analysis, LongTable bands, List<Seen> seen)
            implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            int[] signature = analysis.signature(document.text(), parameters);
            boolean empty = true;
            byte[] small = new byte[signature.length];
            for (int i = 0; i < signature.length; i++) {
                empty &= signature[i] == Integer.MAX_VALUE;
                small[i] = (byte) signature[i];
            }
            if (empty) {
                return Verdict.KEEP; // no words
            }
            long[] keys = parameters.bandKeys(signature);
            String id = document.document().id();
            return new Verdict.InOrder(() -> decide(keys, small, id));
        }

        private Verdict decide(long[] keys, byte[] signature, String id) {
            int last = -1;
            for (long key : keys) {
                int candidate = bands.get(key);
                if (candidate >= 0 && candidate != last) {
                    last = candidate;
                    double similarity = similarity(seen.get(candidate).signature(), signature);
                    if (similarity >= minSimilarity) {
                        return new Verdict.Drop(
                                "near-duplicate",
                                String.format(
                                        Locale.ROOT,
                                        "of %s, similarity about %.2f, at least %.2f",
                                        seen.get(candidate).id(),
                                        similarity,
                                        minSimilarity));
                    }
                }
            }
            for (long key : keys) {
                bands.putIfAbsent(key, seen.size());
            }
            seen.add(new Seen(id, signature));
            return Verdict.KEEP;
        }

        private static double similarity(byte[] a, byte[] b) {
            int equal = 0;
            for (int i = 0; i < a.length; i++) {
                equal += a[i] == b[i] ? 1 : 0;
            }
            return Math.max(0, ((double) equal / a.length - CHANCE) / (1 - CHANCE));
        }

        @Override
        public String note() {
            return String.format(
                    Locale.ROOT,
                    "candidates from a Jaccard similarity of about %.2f on, (1/%d)^(1/%d), by runs of %d words; dropped from %.2f on",
                    parameters.threshold(),
                    parameters.bands(),
                    parameters.rows(),
                    parameters.shingle(),
                    minSimilarity);
        }
    }
}
