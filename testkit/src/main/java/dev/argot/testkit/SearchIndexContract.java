package dev.argot.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Abbreviation;
import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndex.Hit;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextRules;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link SearchIndexProvider} promises. */
public abstract class SearchIndexContract {
    private static final TextRules RULES = new TextRules(
            List.of("res judicata", "myocardial infarction"),
            List.of(
                    new Abbreviation("MI", List.of("myocardial infarction"), true, false, "test"),
                    new Abbreviation("qid", List.of("four times a day"), false, false, "test")));

    /** For subclasses. */
    protected SearchIndexContract() {}

    /** The provider to be tested. */
    protected abstract SearchIndexProvider provider();

    @Test
    void name_isLowerCase() {
        assertThat(provider().name()).matches("[a-z][a-z0-9-]*");
    }

    @Test
    void provider_isFoundByServiceLoader() {
        assertThat(ServiceLoader.load(SearchIndexProvider.class).stream().map(ServiceLoader.Provider::type))
                .extracting(Class::getName)
                .contains(provider().getClass().getName());
    }

    @RepeatedTest(30)
    void search_ofRandomTexts_ranksByTheFormula(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        List<String> texts = Stream.generate(() -> words(random, 20))
                .limit(1 + random.nextInt(80))
                .toList();
        try (SearchIndex index = provider().open(TextRules.NONE, texts, List.of())) {
            for (int i = 0; i < 10; i++) {
                String query = words(random, 8);
                double[] expected = bm25(texts, query);
                int count = 1 + random.nextInt(texts.size() + 3);
                assertRanked(info.getCurrentRepetition(), index.search(query, count), expected, count, 0);
            }
        }
    }

    @Test
    void search_wordRepeatedInTheQuery_countsAsOften() {
        try (SearchIndex index = provider().open(TextRules.NONE, List.of("a x", "b y", "c z"), List.of())) {
            double once = index.search("a", 1).get(0).score();
            assertThat(index.search("a b a a", 1)).containsExactly(new Hit(0, (float) (3 * once)));
        }
    }

    @Test
    void search_equalEntries_comeByTheirNumbers() {
        try (SearchIndex index =
                provider().open(TextRules.NONE, Collections.nCopies(2_000, "the same words"), List.of())) {
            assertThat(index.search("same words", 3)).extracting(Hit::entry).containsExactly(0, 1, 2);
        }
    }

    @Test
    void search_moreWordsThanAQueryMayHave_countsThemAll() {
        String half = IntStream.range(0, 3_000).mapToObj(i -> "w" + i).reduce("", (a, b) -> a + " " + b);
        List<String> texts = List.of("w2999", "w1 w2998 w2997", "w0", "other");
        try (SearchIndex index = provider().open(TextRules.NONE, append(texts, half), List.of())) {
            assertThat(index.search(half, 5)).extracting(Hit::entry).containsExactly(4, 1, 0, 2);
            assertThat(index.search(half, 2)).extracting(Hit::entry).containsExactly(4, 1);
            assertThat(index.search("w2998 w2997", 9)).extracting(Hit::entry).containsExactly(1, 4);
        }
    }

    private static List<String> append(List<String> texts, String last) {
        var all = new ArrayList<>(texts);
        all.add(last);
        return all;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", " \n", "?!", "\0", "\ud800", "***", "-", "(", "nowhere", "\"", "text: x AND NOT [", "x~2^"})
    void search_withoutAWordInCommon_findsNothing(String query) {
        try (SearchIndex index = provider().open(TextRules.NONE, List.of("court order", "plea"), List.of())) {
            assertThat(index.search(query, 10)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"+court -order", "COURT*", "text: court", "(court", "court\" OR", "court~2", "court^9 AND"})
    void search_ofQuerySyntax_readsWords(String query) {
        try (SearchIndex index = provider().open(TextRules.NONE, List.of("court order", "plea"), List.of())) {
            assertThat(index.search(query, 10)).extracting(Hit::entry).containsExactly(0);
        }
    }

    @RepeatedTest(30)
    void search_ofOddTexts_neverFails(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        List<String> texts = IntStream.range(0, 20)
                .mapToObj(i -> RandomText.withSeed(seed * 100 + i))
                .toList();
        try (SearchIndex index = provider().open(RULES, texts, List.of())) {
            for (String text : texts) {
                assertThat(index.search(text, 5)).as("seed %d", seed).hasSizeLessThanOrEqualTo(5);
            }
        }
    }

    @Test
    void search_withRules_knowsTermsAndAbbreviations() {
        List<String> texts = List.of(
                "acute MI", "mi casa", "a myocardial bridge and an infarction", "one four times a day", "res judicata");
        try (SearchIndex index = provider().open(RULES, texts, List.of())) {
            assertThat(index.search("myocardial infarction", 9))
                    .extracting(Hit::entry)
                    .containsExactly(0);
            assertThat(index.search("QID", 1)).extracting(Hit::entry).containsExactly(3);
            assertThat(index.search("RES JUDICATA", 9)).extracting(Hit::entry).containsExactly(4);
            assertThat(index.search("res", 9)).isEmpty();
        }
    }

    @RepeatedTest(20)
    void nearest_ofRandomVectors_ranksByCosine(RepetitionInfo info) {
        var random = new Random(info.getCurrentRepetition());
        int length = 1 + random.nextInt(40);
        List<float[]> vectors = Stream.generate(() -> vector(random, length))
                .limit(1 + random.nextInt(1_500))
                .toList();
        try (SearchIndex index = provider().open(TextRules.NONE, texts(vectors.size()), vectors)) {
            for (int i = 0; i < 5; i++) {
                float[] query = vector(random, length);
                double[] expected =
                        vectors.stream().mapToDouble(v -> cosine(v, query)).toArray();
                int count = 1 + random.nextInt(vectors.size() + 3);
                assertRanked(info.getCurrentRepetition(), index.nearest(query, count), expected, count, -2);
            }
        }
    }

    @Test
    void nearest_ofLongVectors_isFound() {
        var random = new Random(1);
        List<float[]> vectors =
                Stream.generate(() -> vector(random, 4_096)).limit(20).toList();
        try (SearchIndex index = provider().open(TextRules.NONE, texts(20), vectors)) {
            assertThat(index.nearest(vectors.get(7), 1)).singleElement().satisfies(hit -> {
                assertThat(hit.entry()).isEqualTo(7);
                assertThat(hit.score()).isCloseTo(1, within(1e-5));
            });
        }
    }

    @Test
    void nearest_equalVectors_comeByTheirNumbers() {
        List<float[]> vectors = new ArrayList<>(Collections.nCopies(300, new float[] {1, 2}));
        vectors.add(0, new float[] {-1, 5});
        try (SearchIndex index = provider().open(TextRules.NONE, texts(301), vectors)) {
            assertThat(index.nearest(new float[] {2, 4}, 3))
                    .extracting(Hit::entry)
                    .containsExactly(1, 2, 3);
        }
    }

    @Test
    void open_withUnfitVectors_isRefusedByNumber() {
        assertThatThrownBy(() -> open(new float[] {1, 0}, new float[] {0, 0}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vector 1");
        assertThatThrownBy(() -> open(new float[] {Float.NaN, 0}, new float[] {0, 1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vector 0");
        assertThatThrownBy(() -> open(new float[] {1, 0}, new float[] {1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vector 1")
                .hasMessageContaining("expected 2")
                .hasMessageContaining("found 1");
        assertThatThrownBy(() -> open(new float[] {1, 0}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 texts, found 1");
    }

    private void open(float[]... vectors) {
        provider()
                .open(TextRules.NONE, List.of("one", "two"), Arrays.asList(vectors))
                .close();
    }

    @Test
    void nearest_ofUnfitVector_isRefused() {
        try (SearchIndex index = provider().open(TextRules.NONE, List.of("one"), List.of(new float[] {1, 0}))) {
            assertThatThrownBy(() -> index.nearest(new float[2], 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> index.nearest(new float[] {1}, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> index.nearest(new float[] {1, 1}, 0)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> index.search("one", 0)).isInstanceOf(IllegalArgumentException.class);
        }
        try (SearchIndex index = provider().open(TextRules.NONE, List.of("one"), List.of())) {
            assertThatThrownBy(() -> index.nearest(new float[] {1, 0}, 1)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void open_withoutTexts_findsNothing() {
        try (SearchIndex index = provider().open(TextRules.NONE, List.of(), List.of())) {
            assertThat(index.search("word", 3)).isEmpty();
        }
    }

    @Test
    void search_afterClose_isRefused() {
        SearchIndex index = provider().open(TextRules.NONE, List.of("one"), List.of(new float[] {1}));
        index.close();
        index.close();
        assertThatThrownBy(() -> index.search("one", 1))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> index.nearest(new float[] {1}, 1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void search_fromManyThreads_findsTheSame() throws Exception {
        var random = new Random(3);
        List<String> texts = Stream.generate(() -> words(random, 20)).limit(200).toList();
        List<float[]> vectors =
                Stream.generate(() -> vector(random, 8)).limit(200).toList();
        try (SearchIndex index = provider().open(TextRules.NONE, texts, vectors);
                ExecutorService pool = Executors.newFixedThreadPool(4)) {
            Callable<List<List<Hit>>> task = () -> IntStream.range(0, 200)
                    .mapToObj(i -> Stream.concat(
                                    index.search(texts.get(i), 5).stream(), index.nearest(vectors.get(i), 5).stream())
                            .toList())
                    .toList();
            List<List<Hit>> expected = task.call();
            for (Future<List<List<Hit>>> result : pool.invokeAll(List.of(task, task, task, task))) {
                assertThat(result.get()).isEqualTo(expected);
            }
        }
    }

    /**
     * Compares what was found with the scores it should have, within rounding; where scores are closer than that, either may come first.
     *
     * @param seed for messages
     * @param found what was found
     * @param expected the score of each entry
     * @param count how many were asked for
     * @param least entries with this score or less are not to be found
     */
    protected static void assertRanked(long seed, List<Hit> found, double[] expected, int count, double least) {
        List<Integer> order = IntStream.range(0, expected.length)
                .boxed()
                .filter(i -> expected[i] > least)
                .sorted(Comparator.comparingDouble(i -> -expected[i]))
                .limit(count)
                .toList();
        assertThat(found).as("seed %d", seed).hasSize(order.size());
        assertThat(found).as("seed %d", seed).extracting(Hit::entry).doesNotHaveDuplicates();
        for (int i = 0; i < found.size(); i++) {
            Hit hit = found.get(i);
            assertThat(hit.score())
                    .as("seed %d, rank %d", seed, i)
                    .isCloseTo(expected[hit.entry()], within(2e-6 * Math.max(1, Math.abs(hit.score()))))
                    .isCloseTo(expected[order.get(i)], within(2e-6 * Math.max(1, Math.abs(hit.score()))));
            if (i > 0 && hit.score() == found.get(i - 1).score()) {
                assertThat(hit.entry())
                        .as("seed %d, rank %d", seed, i)
                        .isGreaterThan(found.get(i - 1).entry());
            }
        }
    }

    /**
     * BM25 with k1 = 1.2, b = 0.75 and without the factor k1 + 1, from its formula.
     *
     * @param texts words parted by blanks
     * @param query words parted by blanks
     */
    protected static double[] bm25(List<String> texts, String query) {
        List<List<String>> documents =
                texts.stream().map(text -> List.of(text.split(" ", -1))).toList();
        double average = documents.stream().mapToInt(List::size).average().orElse(0);
        return documents.stream()
                .mapToDouble(document -> {
                    double score = 0;
                    for (String word : query.split(" ", -1)) {
                        long n =
                                documents.stream().filter(d -> d.contains(word)).count();
                        double frequency = Collections.frequency(document, word);
                        double length = 1.2 * (1 - 0.75 + 0.75 * document.size() / average);
                        score += Math.log(1 + (documents.size() - n + 0.5) / (n + 0.5))
                                * frequency
                                / (frequency + length);
                    }
                    return score;
                })
                .toArray();
    }

    /**
     * From 1 to so many random words.
     *
     * @param random what is drawn from
     * @param most the most words
     */
    protected static String words(Random random, int most) {
        return String.join(
                " ",
                Stream.generate(() -> "w" + random.nextInt(1 + random.nextInt(40)))
                        .limit(1 + random.nextInt(most))
                        .toList());
    }

    /**
     * A random vector.
     *
     * @param random what is drawn from
     * @param length its numbers
     */
    protected static float[] vector(Random random, int length) {
        float[] vector = new float[length];
        for (int i = 0; i < length; i++) {
            vector[i] = (float) random.nextGaussian();
        }
        return vector;
    }

    /**
     * The cosine of two vectors.
     *
     * @param a not zero
     * @param b not zero
     */
    protected static double cosine(float[] a, float[] b) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) a[i] * b[i];
            aa += (double) a[i] * a[i];
            bb += (double) b[i] * b[i];
        }
        return ab / Math.sqrt(aa * bb);
    }

    private static List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(i -> "text " + i).toList();
    }
}
