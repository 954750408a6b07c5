package dev.argot.tokenizers.lucene;

import dev.argot.spi.SearchIndex;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.store.ByteBuffersDirectory;

/**
 * An index of Lucene whose document numbers are the entries' numbers: documents are added by one thread, only adjacent segments are
 * merged, and none is deleted.
 *
 * <p>BM25 has k1 = 1.2 and b = 0.75, and idf = ln(1 + (N − n + 0.5) / (n + 0.5)); the factor k1 + 1, which is the same for all, is left
 * out. Lucene keeps the lengths of texts over 40 words in one byte, rounded down by up to an eighth.
 */
final class LuceneSearchIndex implements SearchIndex {
    /** So many vectors are compared one by one; a graph costs more to build than it saves. */
    static final int EXACT_VECTORS = 10_000;

    /** The least candidates kept on the way through a graph; fewer would miss near ones. */
    private static final int GRAPH_CANDIDATES = 200;

    private static final float K1 = 1.2f;
    private static final float B = 0.75f;
    private static final String TEXT = "text";
    private static final String VECTOR = "vector";
    private static final FieldType TEXT_TYPE = textType();

    private final LuceneTextAnalysis analysis;
    private final ByteBuffersDirectory directory;
    private final DirectoryReader reader;
    private final IndexSearcher searcher;
    private final int vectorLength; // 0: none

    private LuceneSearchIndex(
            LuceneTextAnalysis analysis, ByteBuffersDirectory directory, DirectoryReader reader, int vectorLength) {
        this.analysis = analysis;
        this.directory = directory;
        this.reader = reader;
        this.vectorLength = vectorLength;
        searcher = new IndexSearcher(reader);
        searcher.setSimilarity(new BM25Similarity(K1, B));
        searcher.setQueryCache(null); // holds queries of all indexes, and no query comes twice
    }

    private static FieldType textType() {
        var type = new FieldType();
        type.setTokenized(true);
        type.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
        type.freeze();
        return type;
    }

    static LuceneSearchIndex of(LuceneTextAnalysis analysis, List<String> texts, List<float[]> vectors) {
        if (!vectors.isEmpty() && vectors.size() != texts.size()) {
            throw new IllegalArgumentException(
                    "expected a vector for each of the " + texts.size() + " texts, found " + vectors.size());
        }
        int vectorLength = vectors.isEmpty() ? 0 : vectors.get(0).length;
        var directory = new ByteBuffersDirectory();
        try {
            var config = new IndexWriterConfig()
                    .setSimilarity(new BM25Similarity(K1, B))
                    .setMergePolicy(new LogDocMergePolicy())
                    .setMergeScheduler(new SerialMergeScheduler())
                    .setUseCompoundFile(false)
                    .setCodec(new VectorCodec(vectors.size() > EXACT_VECTORS));
            try (var writer = new IndexWriter(directory, config)) {
                for (int i = 0; i < texts.size(); i++) {
                    var document = new Document();
                    document.add(new Field(TEXT, new TermStream(analysis.terms(texts.get(i))), TEXT_TYPE));
                    if (!vectors.isEmpty()) {
                        document.add(new KnnFloatVectorField(
                                VECTOR,
                                unit("vector " + i, vectors.get(i), vectorLength),
                                VectorSimilarityFunction.DOT_PRODUCT));
                    }
                    writer.addDocument(document);
                }
                writer.forceMerge(1);
            }
            return new LuceneSearchIndex(analysis, directory, DirectoryReader.open(directory), vectorLength);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<Hit> search(String text, int count) {
        requirePositive(count);
        var frequencies = new LinkedHashMap<String, Integer>();
        for (String term : analysis.terms(text)) {
            frequencies.merge(term, 1, Integer::sum);
        }
        return reading(() -> {
            var clauses = new ArrayList<Query>();
            for (Map.Entry<String, Integer> term : frequencies.entrySet()) {
                var key = new Term(TEXT, term.getKey());
                if (reader.docFreq(key) > 0) {
                    var query = new TermQuery(key);
                    clauses.add(term.getValue() == 1 ? query : new BoostQuery(query, term.getValue()));
                }
            }
            int most = Math.min(count, Math.max(1, reader.maxDoc()));
            int limit = IndexSearcher.getMaxClauseCount();
            if (clauses.isEmpty()) {
                return List.of();
            }
            if (clauses.size() <= limit) {
                return hits(searcher.search(either(clauses), most).scoreDocs);
            }
            return best(sums(clauses, limit), most);
        });
    }

    private static Query either(List<Query> clauses) {
        var query = new BooleanQuery.Builder();
        clauses.forEach(clause -> query.add(clause, BooleanClause.Occur.SHOULD));
        return query.build();
    }

    /** The score of each entry, summed up over queries of as many clauses as a query may have. */
    private double[] sums(List<Query> clauses, int limit) throws IOException {
        double[] sums = new double[reader.maxDoc()];
        for (int from = 0; from < clauses.size(); from += limit) {
            Query part = either(clauses.subList(from, Math.min(clauses.size(), from + limit)));
            for (ScoreDoc found : searcher.search(part, sums.length).scoreDocs) {
                sums[found.doc] += found.score;
            }
        }
        return sums;
    }

    /** The entries with the greatest scores above 0. */
    private static List<Hit> best(double[] scores, int most) {
        var kept = new PriorityQueue<Hit>((a, b) -> -compare(a, b)); // the worst first
        for (int i = 0; i < scores.length; i++) {
            if (scores[i] > 0) {
                kept.add(new Hit(i, scores[i]));
                if (kept.size() > most) {
                    kept.remove();
                }
            }
        }
        return kept.stream().sorted(LuceneSearchIndex::compare).toList();
    }

    private static int compare(Hit a, Hit b) {
        int byScore = Double.compare(b.score(), a.score());
        return byScore != 0 ? byScore : Integer.compare(a.entry(), b.entry());
    }

    private static List<Hit> hits(ScoreDoc[] found) {
        return Arrays.stream(found).map(doc -> new Hit(doc.doc, doc.score)).toList();
    }

    @Override
    public List<Hit> nearest(float[] vector, int count) {
        requirePositive(count);
        if (vectorLength == 0) {
            throw new IllegalStateException("this index has no vectors");
        }
        float[] unit = unit("the vector", vector, vectorLength);
        return reading(() -> {
            int candidates = Math.min(Math.max(count, GRAPH_CANDIDATES), reader.maxDoc());
            return Arrays.stream(
                            searcher.search(new KnnFloatVectorQuery(VECTOR, unit, candidates), candidates).scoreDocs)
                    .limit(count)
                    .map(found -> new Hit(found.doc, 2.0 * found.score - 1)) // Lucene's score is (1 + cosine) / 2
                    .toList();
        });
    }

    private static float[] unit(String name, float[] vector, int length) {
        if (vector.length != length || length == 0) {
            throw new IllegalArgumentException(
                    name + ": expected " + Math.max(1, length) + " numbers, found " + vector.length);
        }
        double sum = 0;
        for (float x : vector) {
            sum += (double) x * x;
        }
        if (!(sum > 0) || !Double.isFinite(sum)) {
            throw new IllegalArgumentException(
                    name + ": expected finite numbers that are not all zero, found the length " + Math.sqrt(sum));
        }
        double norm = Math.sqrt(sum);
        float[] unit = new float[length];
        for (int i = 0; i < length; i++) {
            unit[i] = (float) (vector[i] / norm);
        }
        return unit;
    }

    private static void requirePositive(int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count must be at least 1: " + count);
        }
    }

    /** Keeps the index open until a search that has begun is done. */
    private List<Hit> reading(Search search) {
        if (!reader.tryIncRef()) {
            throw new IllegalStateException("this index is closed");
        }
        try {
            return search.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            release();
        }
    }

    private void release() {
        try {
            reader.decRef();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            reader.close();
            directory.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private interface Search {
        List<Hit> run() throws IOException;
    }
}
