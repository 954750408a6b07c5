package dev.argot.core.retrieval;

import dev.argot.api.ArgotException;
import dev.argot.api.Document;
import dev.argot.api.Embedder;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import dev.argot.api.retrieval.RetrieverSpec.Method;
import dev.argot.core.prompt.Searches;
import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndex.Hit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Finds passages of documents: by BM25, by embeddings, or by both, joined by reciprocal rank fusion (Cormack et al. 2009): a passage's score is
 * the sum of 1 / (60 + rank) over both lists, ranks from 1. Passages that differ in blanks and case alone are there once, where they come
 * first. Thread-safe.
 */
public final class CoreRetriever implements Retriever {
    /** k of Cormack et al. */
    private static final double RANK_OFFSET = 60;

    /** The least length of lists that are joined. */
    private static final int JOINED = 100;

    private static final Pattern BLANKS = Pattern.compile("\\s+");

    private final List<Passage> passages;
    private final Method method;
    private final SearchIndex index;

    /**
     * Cuts and indexes the documents, and embeds the passages where the method is by embeddings.
     *
     * @param spec documents and how they are searched
     * @param searches makes the index
     * @throws ArgotException if two documents have the same id, or a passage's embedding has no direction
     */
    public CoreRetriever(RetrieverSpec spec, Searches searches) {
        this.passages = passages(spec.documents(), spec.passageWords());
        this.method = spec.method();
        List<String> texts = passages.stream().map(Passage::text).toList();
        List<float[]> vectors =
                switch (method) {
                    case Method.Words() -> List.of();
                    case Method.Embeddings(Embedder embedder) -> embed(embedder, texts);
                    case Method.Both(Embedder embedder) -> embed(embedder, texts);
                };
        this.index = searches.open(spec.domain(), texts, vectors);
    }

    private List<float[]> embed(Embedder embedder, List<String> texts) {
        return Searches.embed(
                embedder, texts, i -> "passage '" + passages.get(i).id() + "'");
    }

    private static List<Passage> passages(List<Document> documents, int words) {
        var passages = new ArrayList<Passage>();
        var ids = new HashSet<String>();
        var known = new HashSet<String>();
        for (Document document : documents) {
            if (!ids.add(document.id())) {
                throw new ArgotException(
                        "expected documents with ids of their own, by which passages are cited; found '" + document.id()
                                + "' twice");
            }
            for (PassageCutter.Span span : PassageCutter.cut(document.text(), words)) {
                String text = document.text().substring(span.start(), span.end());
                if (known.add(BLANKS.matcher(text).replaceAll(" ").toLowerCase(Locale.ROOT))) {
                    passages.add(new Passage(document.id(), document.source(), span.start(), span.end(), text, 0));
                }
            }
        }
        return List.copyOf(passages);
    }

    @Override
    public List<Passage> retrieve(String query, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count must be at least 1: " + count);
        }
        if (query.isBlank() || passages.isEmpty()) {
            return List.of();
        }
        List<Hit> hits =
                switch (method) {
                    case Method.Words() -> index.search(query, count);
                    case Method.Embeddings(Embedder embedder) -> nearest(embedder, query, count);
                    case Method.Both(Embedder embedder) -> {
                        int most = Math.max(count, JOINED);
                        yield joined(List.of(index.search(query, most), nearest(embedder, query, most)), count);
                    }
                };
        return hits.stream()
                .map(hit -> scored(passages.get(hit.entry()), hit.score()))
                .toList();
    }

    private List<Hit> nearest(Embedder embedder, String query, int count) {
        return index.nearest(
                Searches.embed(embedder, List.of(query), i -> "the query").get(0), count);
    }

    private static List<Hit> joined(List<List<Hit>> lists, int count) {
        Map<Integer, Double> scores = new HashMap<>();
        for (List<Hit> list : lists) {
            for (int rank = 1; rank <= list.size(); rank++) {
                scores.merge(list.get(rank - 1).entry(), 1 / (RANK_OFFSET + rank), Double::sum);
            }
        }
        return scores.entrySet().stream()
                .map(entry -> new Hit(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparingDouble((Hit hit) -> -hit.score()).thenComparingInt(Hit::entry))
                .limit(count)
                .toList();
    }

    private static Passage scored(Passage passage, double score) {
        return new Passage(passage.document(), passage.source(), passage.start(), passage.end(), passage.text(), score);
    }

    @Override
    public void close() {
        index.close();
    }
}
