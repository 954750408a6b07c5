package dev.argot.core.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.ExemplarSelection.Balanced;
import dev.argot.api.prompt.ExemplarSelection.Diverse;
import dev.argot.api.prompt.ExemplarSelection.Fixed;
import dev.argot.api.prompt.ExemplarSelection.Nearest;
import dev.argot.api.prompt.ExemplarSelection.Random;
import dev.argot.api.prompt.ExemplarSelection.Similar;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ExemplarSelectorsTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.of("Message: {{message}}\nIntent: {{answer}}");
    private static final List<Example> CARDS = List.of(
            example("lost", "I lost my card", "lost"),
            example("stolen", "my card was stolen in town", "lost"),
            example("late", "my new card has not come", "late"),
            example("rate", "what is the exchange rate", "rate"),
            example("fee", "why is there a fee", "fee"),
            example("come", "when will my card come", "late"));

    private final SlowSearch search = new SlowSearch();
    private final Directions embedder = new Directions();

    @Test
    void fixed_takesTheFirst() {
        assertThat(select(new Fixed(), CARDS, "anything", 3)).containsExactly("lost", "stolen", "late");
    }

    @Test
    void random_ofMoreShots_extendsThatOfFewer() {
        for (long seed = 0; seed < 50; seed++) {
            List<String> all = select(new Random(seed), CARDS, "anything", 6);
            assertThat(new HashSet<>(all)).as("seed %d", seed).hasSize(6);
            for (int count = 0; count < 6; count++) {
                assertThat(select(new Random(seed), CARDS, "something else", count))
                        .as("seed %d", seed)
                        .isEqualTo(all.subList(0, count));
                assertThat(select(new Balanced(new Random(seed)), CARDS, "something else", count))
                        .as("seed %d", seed)
                        .isEqualTo(select(new Balanced(new Random(seed)), CARDS, "anything", 6)
                                .subList(0, count));
            }
        }
    }

    @Test
    void random_overSeeds_drawsEachAsOften() {
        var first = new int[CARDS.size()];
        for (long seed = 0; seed < 600; seed++) {
            String id = select(new Random(seed), CARDS, "anything", 1).get(0);
            first[
                    IntStream.range(0, 6)
                            .filter(i -> CARDS.get(i).id().equals(id))
                            .findFirst()
                            .orElseThrow()]++;
        }
        // 100 each, with a standard deviation of 9.1
        assertThat(first)
                .satisfies(counts ->
                        assertThat(Arrays.stream(counts).min().orElse(0)).isGreaterThan(60));
    }

    @Test
    void similar_showsTheMostSimilarLast() {
        assertThat(select(new Similar(), CARDS, "someone has stolen my card", 3))
                .endsWith("stolen");
        assertThat(select(new Similar(), CARDS, "exchange rate", 2)).containsExactly("lost", "rate");
    }

    @Test
    void similar_withoutWordsInCommon_takesTheFirst() {
        assertThat(select(new Similar(), CARDS, "", 3)).containsExactly("late", "stolen", "lost");
        assertThat(select(new Similar(), CARDS, "xyzzy", 9)).hasSize(6);
    }

    @Test
    void nearest_showsTheNearestLast() {
        assertThat(select(new Nearest(embedder), CARDS, "stolen stolen town", 2))
                .endsWith("stolen");
        assertThat(select(new Nearest(embedder), CARDS, " ", 2)).containsExactly("stolen", "lost");
    }

    @Test
    void nearest_embedsThePoolOnceAndEachItemOnce() {
        try (ExemplarSelector selector = ExemplarSelectors.of(
                spec(new Balanced(new Nearest(embedder)), ExemplarOrder.AS_SELECTED, CARDS, 4), search.searches())) {
            assertThat(embedder.calls).containsExactly(6);
            selector.select(Map.of("message", "lost it"), 4);
            selector.select(Map.of("message", "a fee"), 4);
            assertThat(embedder.calls).containsExactly(6, 1, 1);
        }
    }

    @Test
    void nearest_unfitEmbedding_isRefusedByName() {
        embedder.broken = "my new card has not come";
        assertThatThrownBy(() -> select(new Nearest(embedder), CARDS, "lost", 2))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("exemplar 'late'");
        embedder.broken = "lost";
        assertThatThrownBy(() -> select(new Nearest(embedder), CARDS, "lost", 2))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("the item");
    }

    @Test
    void nearest_withBlankExemplars_leavesThemForLast() {
        List<Example> pool =
                List.of(example("blank", " ", "x"), example("a", "card lost", "x"), example("b", "exchange rate", "x"));
        assertThat(select(new Nearest(embedder), pool, "rate", 3)).containsExactly("blank", "a", "b");
        assertThat(select(new Diverse(new Nearest(embedder)), pool, "rate", 3))
                .last()
                .isEqualTo("b");
        assertThat(select(new Nearest(embedder), pool.subList(0, 1), "rate", 3)).containsExactly("blank");
    }

    @Test
    void none_ofNoShots_indexesNothing() {
        try (ExemplarSelector selector = ExemplarSelectors.of(
                spec(new Nearest(embedder), ExemplarOrder.AS_SELECTED, CARDS, 0), search.searches())) {
            assertThat(selector.select(Map.of("message", "x"), 5)).isEmpty();
        }
        assertThat(search.opened()).isZero();
        assertThat(embedder.calls).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("selections")
    void select_any_isReversedByTheOrder(ExemplarSelection selection) {
        for (int count = 0; count <= 7; count++) {
            var reversed = new ArrayList<>(select(selection, CARDS, "where is my new card", count));
            Collections.reverse(reversed);
            assertThat(select(selection, ExemplarOrder.REVERSED, CARDS, "where is my new card", count))
                    .isEqualTo(reversed)
                    .hasSize(Math.min(6, count))
                    .doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @MethodSource("selections")
    void select_any_leavesTheItemOut(ExemplarSelection selection) {
        assertThat(select(selection, CARDS, "  i LOST... my, card!", 6))
                .hasSize(5)
                .doesNotContain("lost");
    }

    @ParameterizedTest
    @MethodSource("selections")
    void select_fromSeveralThreads_isTheSame(ExemplarSelection selection) {
        try (ExemplarSelector selector =
                ExemplarSelectors.of(spec(selection, ExemplarOrder.AS_SELECTED, CARDS, 3), search.searches())) {
            List<List<Example>> once = messages()
                    .map(message -> selector.select(Map.of("message", message), 3))
                    .toList();
            List<List<Example>> again = messages()
                    .parallel()
                    .map(message -> selector.select(Map.of("message", message), 3))
                    .toList();
            assertThat(again).isEqualTo(once);
        }
        assertThat(search.open()).isZero();
    }

    private static Stream<String> messages() {
        return Stream.of("card", "I lost my card", "rate of exchange", "", "a fee is there", "why?");
    }

    static Stream<ExemplarSelection> selections() {
        var embedder = new Directions();
        return Stream.of(new Fixed(), new Random(3), new Similar(), new Nearest(embedder))
                .flatMap(base -> base instanceof Similar || base instanceof Nearest
                        ? Stream.of(base, new Diverse(base), new Balanced(base), new Balanced(new Diverse(base)))
                        : Stream.of(base, new Balanced(base)));
    }

    @RepeatedTest(30)
    void diverse_ofRandomVectors_isMaximalMarginalRelevance(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new java.util.Random(seed);
        int size = 2 + random.nextInt(12);
        int count = 1 + random.nextInt(size);
        double lambda = random.nextInt(5) / 4.0;
        var vectors = new ArrayList<double[]>();
        var pool = new ArrayList<Example>();
        for (int i = 0; i <= size; i++) {
            vectors.add(IntStream.range(0, 4)
                    .mapToDouble(j -> random.nextGaussian())
                    .toArray());
            pool.add(example("e" + i, "number " + i, "x"));
        }
        Embedder numbered = new Directions() {
            @Override
            float[] direction(String text) {
                double[] vector = vectors.get(Integer.parseInt(text.substring(7)));
                var floats = new float[vector.length];
                IntStream.range(0, 4).forEach(i -> floats[i] = (float) vector[i]);
                return floats;
            }
        };
        // The formula, the whole of it for each choice.
        var chosen = new ArrayList<Integer>();
        while (chosen.size() < count) {
            int best = -1;
            double bestWorth = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < size; i++) {
                int candidate = i;
                double redundancy = chosen.stream()
                        .mapToDouble(c -> cosine(vectors.get(candidate), vectors.get(c)))
                        .max()
                        .orElse(0);
                double relevance = cosine(vectors.get(candidate), vectors.get(size));
                // without any weight of its own, relevance still decides what comes first
                double worth = lambda * relevance - (1 - lambda) * redundancy + (chosen.isEmpty() ? relevance : 0);
                if (!chosen.contains(candidate) && worth > bestWorth) {
                    best = candidate;
                    bestWorth = worth;
                }
            }
            chosen.add(best);
        }
        List<String> expected = chosen.stream()
                .sorted((a, b) -> Double.compare(
                        cosine(vectors.get(a), vectors.get(size)), cosine(vectors.get(b), vectors.get(size))))
                .map(i -> "e" + i)
                .toList();
        assertThat(select(new Diverse(new Nearest(numbered), lambda), pool.subList(0, size), "number " + size, count))
                .as("seed %d, lambda %s, %d of %d", seed, lambda, count, size)
                .isEqualTo(expected);
    }

    @Test
    void diverse_ofWords_passesOverNearCopies() {
        List<Example> pool = List.of(
                example("a", "lost card abroad", "x"),
                example("b", "lost card abroad again", "x"),
                example("c", "fee abroad", "x"),
                example("d", "exchange rate", "x"));
        assertThat(select(new Similar(), pool, "lost lost card abroad fee", 2)).containsExactly("b", "a");
        assertThat(select(new Diverse(new Similar(), 0.5), pool, "lost lost card abroad fee", 2))
                .containsExactly("c", "a");
        assertThat(select(new Diverse(new Similar(), 1), pool, "lost lost card abroad fee", 3))
                .isEqualTo(select(new Similar(), pool, "lost lost card abroad fee", 3));
    }

    @Test
    void balanced_ofFixed_letsAnswersTakeTurns() {
        assertThat(select(new Balanced(new Fixed()), CARDS, "anything", 6))
                .containsExactly("lost", "late", "rate", "fee", "stolen", "come");
    }

    @Test
    void balanced_ofSimilar_takesTheMostSimilarOfEachAnswer() {
        assertThat(select(new Balanced(new Similar()), CARDS, "my card was stolen, when will it come", 2))
                .containsExactlyInAnyOrder("stolen", "come");
    }

    @RepeatedTest(20)
    void balanced_ofRandomPools_isAsEvenAsThePoolAllows(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new java.util.Random(seed);
        List<Example> pool = IntStream.range(0, 1 + random.nextInt(30))
                .mapToObj(i -> example("e" + i, "w" + i % 7 + " v" + i, "answer" + random.nextInt(5)))
                .toList();
        int count = 1 + random.nextInt(35);
        for (ExemplarSelection base :
                List.of(new Fixed(), new Random(seed), new Similar(), new Diverse(new Nearest(new Directions())))) {
            List<String> ids = select(new Balanced(base), pool, "w1 w2 w3", count);
            assertThat(ids)
                    .as("seed %d", seed)
                    .hasSize(Math.min(count, pool.size()))
                    .doesNotHaveDuplicates();
            List<String> answers = ids.stream()
                    .map(id -> pool.get(Integer.parseInt(id.substring(1))).answer())
                    .toList();
            int most = answers.stream()
                    .mapToInt(a -> Collections.frequency(answers, a))
                    .max()
                    .orElse(0);
            pool.stream().map(Example::answer).distinct().forEach(answer -> {
                long there =
                        pool.stream().filter(e -> e.answer().equals(answer)).count();
                assertThat((long) Collections.frequency(answers, answer))
                        .as("seed %d, %s of %s", seed, answer, base)
                        .isGreaterThanOrEqualTo(Math.min(there, most - 1));
            });
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            I lost my card                                       | i LOST my card!!         | true
            I lost my card                                       | I  lost\u00a0my-card           | true
            I lost my card                                       | I lost my card yesterday | false
            ﬁve tablets                                          | five tablets             | true
            my card was swallowed by the machine in the old town | Hello. My card was swallowed by the machine in the old town, please help | true
            Hello. My card was swallowed by the machine in the old town | my card was swallowed by the machine in the old town | true
            ?!                                                   | ...                      | false
            ?!                                                   | ?!                       | true
            2 + 2                                                | 2 2                      | false
            """)
    void sameItem_whateverItsForm_isFound(String exemplar, String item, boolean same) {
        var items = new SameItems(List.of("message"), List.of(example("e", exemplar, "x")));
        assertThat(items.of(Map.of("message", item)).get(0)).isEqualTo(same);
    }

    @Test
    void sameItem_ofAnotherQuestion_isAnother() {
        String passage = "Revenue was 12 million in 2019 and 14 million in 2020, as the table shows.";
        var pool = List.of(new Example("e", Map.of("passage", passage, "question", "What was revenue in 2019?"), "12"));
        var items = new SameItems(List.of("passage", "question"), pool);
        assertThat(items.of(Map.of("passage", passage, "question", "And in 2020?"))
                        .isEmpty())
                .isTrue();
        assertThat(items.of(Map.of("passage", passage + " See note 4.", "question", "what was revenue in 2019"))
                        .get(0))
                .isTrue();
    }

    private List<String> select(ExemplarSelection selection, List<Example> pool, String message, int count) {
        return select(selection, ExemplarOrder.AS_SELECTED, pool, message, count);
    }

    private List<String> select(
            ExemplarSelection selection, ExemplarOrder order, List<Example> pool, String message, int count) {
        try (ExemplarSelector selector =
                ExemplarSelectors.of(spec(selection, order, pool, Math.max(1, count)), search.searches())) {
            return selector.select(Map.of("message", message), count).stream()
                    .map(Example::id)
                    .toList();
        }
    }

    private static PromptSpec spec(ExemplarSelection selection, ExemplarOrder order, List<Example> pool, int shots) {
        return PromptSpec.builder(TEMPLATE)
                .exemplars(pool)
                .shots(shots)
                .settings(PromptSettings.DEFAULT.withSelection(selection).withOrder(order))
                .build();
    }

    private static Example example(String id, String message, String answer) {
        return new Example(id, Map.of("message", message), answer);
    }

    private static double cosine(double[] a, double[] b) {
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

    /** Counts words by their hash. */
    private static class Directions implements Embedder {
        private final List<Integer> calls = Collections.synchronizedList(new ArrayList<>());
        private String broken = "none";

        @Override
        public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
            calls.add(texts.size());
            return texts.stream()
                    .map(text -> text.equals(broken) ? new float[embeddingSize()] : direction(text))
                    .toList();
        }

        float[] direction(String text) {
            var vector = new float[embeddingSize()];
            vector[0] = 0.01f;
            for (String word : text.split("\\s+", -1)) {
                vector[Math.floorMod(word.hashCode(), vector.length)]++;
            }
            return vector;
        }

        @Override
        public int embeddingSize() {
            return 101;
        }
    }
}
