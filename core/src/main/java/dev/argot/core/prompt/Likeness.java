package dev.argot.core.prompt;

import dev.argot.api.Embedder;
import dev.argot.api.prompt.Example;
import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndex.Hit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** How like a text exemplars are: by their words or by their embeddings. Exemplars without text are like none. Thread-safe. */
abstract sealed class Likeness implements AutoCloseable {
    private final int size;

    Likeness(int size) {
        this.size = size;
    }

    /** Number of exemplars. */
    final int size() {
        return size;
    }

    /**
     * Looks at a text.
     *
     * @param text any text
     * @return gives so many exemplars like it, best first; fewer where fewer are
     */
    abstract IntFunction<List<Hit>> like(String text);

    /**
     * How like a text each exemplar is, on a scale on which 1 is the most.
     *
     * @param text any text
     */
    abstract double[] toText(String text);

    /**
     * How like an exemplar each one is, on the same scale; 1 for itself.
     *
     * @param exemplar its number
     */
    abstract double[] toExemplar(int exemplar);

    @Override
    public abstract void close();

    final double[] scores(List<Hit> hits) {
        double[] scores = new double[size];
        hits.forEach(hit -> scores[hit.entry()] = hit.score());
        return scores;
    }

    /** BM25. To be comparable, scores are divided by the best: for an item the best there is, for an exemplar its own. */
    static final class Words extends Likeness {
        private final List<String> texts;
        private final SearchIndex index;

        Words(Searches searches, Optional<String> domain, List<String> texts) {
            super(texts.size());
            this.texts = texts;
            this.index = searches.open(domain, texts, List.of());
        }

        @Override
        IntFunction<List<Hit>> like(String text) {
            return count -> index.search(text, count);
        }

        @Override
        double[] toText(String text) {
            double[] scores = scores(index.search(text, size()));
            return divided(scores, Arrays.stream(scores).max().orElse(0));
        }

        @Override
        double[] toExemplar(int exemplar) {
            double[] scores = scores(index.search(texts.get(exemplar), size()));
            return divided(scores, scores[exemplar]);
        }

        private static double[] divided(double[] scores, double whole) {
            return Arrays.stream(scores)
                    .map(score -> whole > 0 ? Math.min(1, score / whole) : 0)
                    .toArray();
        }

        @Override
        public void close() {
            index.close();
        }
    }

    /** The cosine of embeddings. */
    static final class Embeddings extends Likeness {
        private final Embedder embedder;
        private final int[] embedded; // numbers of the exemplars that have a text
        private final List<float[]> vectors;
        private final SearchIndex index;

        Embeddings(Searches searches, Embedder embedder, List<Example> exemplars, List<String> texts) {
            super(texts.size());
            this.embedder = embedder;
            this.embedded = IntStream.range(0, texts.size())
                    .filter(i -> !texts.get(i).isBlank())
                    .toArray();
            List<String> embeddable =
                    Arrays.stream(embedded).mapToObj(texts::get).toList();
            this.vectors = Searches.embed(
                    embedder,
                    embeddable,
                    i -> "exemplar '" + exemplars.get(embedded[i]).id() + "'");
            this.index = searches.open(Optional.empty(), Collections.nCopies(vectors.size(), ""), vectors);
        }

        @Override
        IntFunction<List<Hit>> like(String text) {
            if (text.isBlank() || vectors.isEmpty()) {
                return count -> List.of();
            }
            float[] vector =
                    Searches.embed(embedder, List.of(text), i -> "the item").get(0);
            return count -> nearest(vector, count);
        }

        @Override
        double[] toText(String text) {
            return scores(like(text).apply(size()));
        }

        @Override
        double[] toExemplar(int exemplar) {
            int entry = Arrays.binarySearch(embedded, exemplar);
            return entry < 0 ? new double[size()] : scores(nearest(vectors.get(entry), size()));
        }

        private List<Hit> nearest(float[] vector, int count) {
            var hits = new ArrayList<Hit>();
            index.nearest(vector, count).forEach(hit -> hits.add(new Hit(embedded[hit.entry()], hit.score())));
            return hits;
        }

        @Override
        public void close() {
            index.close();
        }
    }
}
