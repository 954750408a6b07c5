package dev.argot.core.retrieval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.Document;
import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import dev.argot.api.retrieval.RetrieverSpec.Method;
import dev.argot.core.prompt.SlowSearch;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class CoreRetrieverTest {
    private static final List<Document> DOCUMENTS = List.of(
            document(
                    "a",
                    "The court denied the motion. The plaintiff filed an appeal on the next day, and lost it too."),
            document("b", "A bank raises its rate. Every loan becomes dearer for all of its many customers at once."),
            document(
                    "c",
                    "the COURT denied\nthe motion. The plaintiff filed an appeal on the next day, and lost it too."));

    private final SlowSearch search = new SlowSearch();

    @Test
    void retrieve_byWords_citesThePlace() {
        List<Passage> found = retrieve(new Method.Words(), "loan rate", 5);
        assertThat(found).hasSize(2).allSatisfy(passage -> {
            assertThat(passage.document()).isEqualTo("b");
            assertThat(passage.source()).isEqualTo("source-b");
            assertThat(passage.id()).isEqualTo("b:" + passage.start() + "-" + passage.end());
            assertThat(DOCUMENTS.get(1).text().substring(passage.start(), passage.end()))
                    .isEqualTo(passage.text());
            assertThat(passage.score()).isPositive();
        });
    }

    @Test
    void retrieve_passageThatIsThereTwice_comesOnce() {
        assertThat(retrieve(new Method.Words(), "court appeal", 5))
                .extracting(Passage::document)
                .containsOnly("a");
    }

    @Test
    void retrieve_byEmbeddings_ranksByCosine() {
        List<Passage> found = retrieve(new Method.Embeddings(new Letters()), "rate rate", 9);
        assertThat(found).extracting(Passage::document).contains("a", "b").doesNotContain("c");
        assertThat(found).extracting(Passage::score).isSortedAccordingTo((x, y) -> Double.compare(y, x));
        assertThat(found.get(0).score()).isBetween(0.0, 1.0);
    }

    @Test
    void retrieve_byBoth_addsReciprocalRanks() {
        var words = retrieve(new Method.Words(), "rate of a bank", 9);
        var near = retrieve(new Method.Embeddings(new Letters()), "rate of a bank", 9);
        var both = retrieve(new Method.Both(new Letters()), "rate of a bank", 9);
        assertThat(both).hasSize(near.size());
        for (Passage passage : both) {
            assertThat(passage.score())
                    .isCloseTo(reciprocal(words, passage) + reciprocal(near, passage), within(1e-12));
        }
        assertThat(both).extracting(Passage::score).isSortedAccordingTo((x, y) -> Double.compare(y, x));
        assertThat(retrieve(new Method.Both(new Letters()), "rate of a bank", 1))
                .isEqualTo(both.subList(0, 1));
    }

    private static double reciprocal(List<Passage> list, Passage passage) {
        for (int i = 0; i < list.size(); i++) {
            if (list.get(i).id().equals(passage.id())) {
                return 1.0 / (61 + i);
            }
        }
        return 0;
    }

    @Test
    void retrieve_ofBlankQuery_findsNothing() {
        assertThat(retrieve(new Method.Words(), " ", 3)).isEmpty();
        assertThat(retrieve(new Method.Both(new Letters()), "\n", 3)).isEmpty();
        assertThatThrownBy(() -> retrieve(new Method.Words(), "x", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void retrieve_inDocumentsWithoutWords_findsNothing() {
        var spec = RetrieverSpec.of(List.of(document("a", "***"))).withMethod(new Method.Both(new Letters()));
        try (Retriever retriever = new CoreRetriever(spec, search.searches())) {
            assertThat(retriever.retrieve("court", 3)).isEmpty();
        }
    }

    @Test
    void open_withTheSameIdTwice_isRefused() {
        var spec = RetrieverSpec.of(List.of(document("a", "one"), document("a", "two")));
        assertThatThrownBy(() -> new CoreRetriever(spec, search.searches()))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("'a' twice");
        assertThat(search.open()).isZero();
    }

    @Test
    void open_withUnfitEmbedding_isRefusedByPlace() {
        var spec = RetrieverSpec.of(List.of(document("a", "Fine words."), document("b", "42")))
                .withMethod(new Method.Embeddings(new Letters()));
        assertThatThrownBy(() -> new CoreRetriever(spec, search.searches()))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("passage 'b:0-2'");
    }

    private List<Passage> retrieve(Method method, String query, int count) {
        var spec = RetrieverSpec.of(DOCUMENTS).withPassageWords(10).withMethod(method);
        try (Retriever retriever = new CoreRetriever(spec, search.searches())) {
            return retriever.retrieve(query, count);
        } finally {
            assertThat(search.open()).isZero();
        }
    }

    private static Document document(String id, String text) {
        return new Document(id, text, "source-" + id, "");
    }

    /** How often each letter is there. */
    private static final class Letters implements Embedder {
        @Override
        public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
            return texts.stream().map(Letters::counts).toList();
        }

        private static float[] counts(String text) {
            var counts = new float[26];
            text.toLowerCase(Locale.ROOT)
                    .chars()
                    .filter(c -> c >= 'a' && c <= 'z')
                    .forEach(c -> counts[c - 'a']++);
            return counts;
        }

        @Override
        public int embeddingSize() {
            return 26;
        }
    }
}
