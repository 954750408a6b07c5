package dev.argot.core.prompt;

import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextRules;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/** Searches by the formulas, over words parted by blanks; counts what is open. */
public final class SlowSearch implements SearchIndexProvider {
    private int open;
    private int opened;

    /** Searches with these, for any domain without rules. */
    public Searches searches() {
        return new Searches(() -> this, domain -> TextRules.NONE);
    }

    /** Indexes not closed. */
    public int open() {
        return open;
    }

    /** Indexes there were. */
    public int opened() {
        return opened;
    }

    @Override
    public String name() {
        return "slow";
    }

    @Override
    public SearchIndex open(TextRules rules, List<String> texts, List<float[]> vectors) {
        open++;
        opened++;
        List<List<String>> documents = texts.stream().map(SlowSearch::words).toList();
        return new SearchIndex() {
            @Override
            public List<Hit> search(String text, int count) {
                return ranked(texts.size(), i -> bm25(documents, i, words(text)), 0, count);
            }

            @Override
            public List<Hit> nearest(float[] vector, int count) {
                return ranked(texts.size(), i -> cosine(vectors.get(i), vector), -2, count);
            }

            @Override
            public void close() {
                open--;
            }
        };
    }

    private static List<String> words(String text) {
        return List.of(text.toLowerCase(Locale.ROOT).strip().split("[\\s?.]+"));
    }

    private static List<SearchIndex.Hit> ranked(int size, IntToDoubleFunction score, double above, int count) {
        var hits = new ArrayList<SearchIndex.Hit>();
        IntStream.range(0, size).forEach(i -> hits.add(new SearchIndex.Hit(i, score.applyAsDouble(i))));
        hits.removeIf(hit -> hit.score() <= above);
        hits.sort(Comparator.comparingDouble(hit -> -hit.score()));
        return List.copyOf(hits.subList(0, Math.min(count, hits.size())));
    }

    private static double bm25(List<List<String>> documents, int document, List<String> query) {
        double average = documents.stream().mapToInt(List::size).average().orElse(0);
        double score = 0;
        for (String word : query) {
            long containing = documents.stream().filter(d -> d.contains(word)).count();
            double frequency = Collections.frequency(documents.get(document), word);
            score += Math.log(1 + (documents.size() - containing + 0.5) / (containing + 0.5))
                    * frequency
                    / (frequency + 1.2 * (0.25 + 0.75 * documents.get(document).size() / average));
        }
        return score;
    }

    private static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += a[i] * b[i];
            aa += a[i] * a[i];
            bb += b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }
}
