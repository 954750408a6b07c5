package dev.argot.tokenizers.lucene;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextRules;
import dev.argot.testkit.SearchIndexContract;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LuceneSearchIndexTest extends SearchIndexContract {
    @Override
    protected SearchIndexProvider provider() {
        return new LuceneSearchIndexProvider();
    }

    @Test
    void nearest_throughAGraph_findsNearlyAll() {
        var random = new Random(5);
        int size = LuceneSearchIndex.EXACT_VECTORS + 1;
        List<float[]> vectors =
                Stream.generate(() -> vector(random, 8)).limit(size).toList();
        int found = 0;
        try (SearchIndex index = provider().open(TextRules.NONE, Collections.nCopies(size, ""), vectors)) {
            for (int query = 0; query < 50; query++) {
                float[] vector = vector(random, 8);
                double[] cosines =
                        vectors.stream().mapToDouble(v -> cosine(v, vector)).toArray();
                Set<Integer> nearest = new HashSet<>(IntStream.range(0, size)
                        .boxed()
                        .sorted((a, b) -> Double.compare(cosines[b], cosines[a]))
                        .limit(10)
                        .toList());
                found += (int) index.nearest(vector, 10).stream()
                        .filter(hit -> nearest.contains(hit.entry()))
                        .count();
            }
        }
        assertThat(found).isGreaterThan(495).isLessThanOrEqualTo(500);
    }
}
