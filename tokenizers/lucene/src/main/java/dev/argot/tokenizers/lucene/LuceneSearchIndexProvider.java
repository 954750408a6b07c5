package dev.argot.tokenizers.lucene;

import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextRules;
import java.util.List;

/**
 * Search with Apache Lucene, in memory: BM25 over the words of {@link LuceneTextAnalysisProvider}, and nearest vectors. Up to 10,000
 * vectors are compared one by one, so that what is found is exact; more are found through a graph (HNSW, Malkov and Yashunin 2018),
 * approximately.
 */
public final class LuceneSearchIndexProvider implements SearchIndexProvider {
    /** Called by {@link java.util.ServiceLoader}. */
    public LuceneSearchIndexProvider() {}

    @Override
    public String name() {
        return "lucene";
    }

    @Override
    public SearchIndex open(TextRules rules, List<String> texts, List<float[]> vectors) {
        return LuceneSearchIndex.of(new LuceneTextAnalysis(rules), texts, vectors);
    }
}
