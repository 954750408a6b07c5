package dev.argot.core.prompt;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class LabelEntropyOrderTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.of("Text: {{text}}\nLabel: {{answer}}");

    @RepeatedTest(30)
    void of_scriptedPredictions_hasTheGreatestEntropy(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        List<Example> exemplars = exemplars(2 + random.nextInt(5));
        Map<List<Example>, List<String>> predicted = new HashMap<>();
        int probes = 1 + random.nextInt(6);
        List<Example> best = new LabelEntropyOrder(
                        TEMPLATE,
                        permutations -> IntStream.range(0, permutations.size())
                                .mapToObj(i -> "Text: probe " + i % probes + "\nLabel: whatever")
                                .toList(),
                        (permutation, items) -> {
                            List<String> labels = items.stream()
                                    .map(item -> "label" + random.nextInt(3))
                                    .toList();
                            predicted.put(permutation, labels);
                            return labels;
                        })
                .of(exemplars);
        assertThat(best).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(exemplars);
        double most = predicted.values().stream()
                .mapToDouble(LabelEntropyOrderTest::slowEntropy)
                .max()
                .orElseThrow();
        assertThat(slowEntropy(requireNonNull(predicted.get(best))))
                .as("seed %d", seed)
                .isCloseTo(most, within(1e-9));
        int asked = Math.min(probes, predicted.size());
        assertThat(predicted.values()).as("seed %d", seed).allSatisfy(labels -> assertThat(labels)
                .hasSize(asked));
    }

    /** log n − Σ c log c / n: the same in another form. */
    private static double slowEntropy(List<String> labels) {
        double sum = new HashSet<>(labels)
                .stream()
                        .mapToInt(label -> Collections.frequency(labels, label))
                        .mapToDouble(count -> count * Math.log(count))
                        .sum();
        return Math.log(labels.size()) - sum / labels.size();
    }

    @Test
    void of_noReadableProbe_staysAsItIs() {
        List<Example> exemplars = exemplars(4);
        var order = new LabelEntropyOrder(
                TEMPLATE,
                permutations -> List.of("", "nonsense", "Text: text 1\nLabel: a copy", "Text: \nLabel: blank"),
                (permutation, items) -> {
                    throw new AssertionError("nothing to predict: " + items);
                });
        assertThat(order.of(exemplars)).isEqualTo(exemplars);
    }

    @Test
    void of_equalEntropies_staysAsItIs() {
        List<Example> exemplars = exemplars(6);
        var order = new LabelEntropyOrder(
                TEMPLATE, permutations -> List.of("Text: new\nLabel: x"), (permutation, items) -> List.of("x"));
        assertThat(order.of(exemplars)).isEqualTo(exemplars);
    }

    @Test
    void of_oneExemplar_asksNothing() {
        var order = new LabelEntropyOrder(
                TEMPLATE,
                permutations -> {
                    throw new AssertionError();
                },
                (permutation, items) -> List.of());
        assertThat(order.of(exemplars(1))).hasSize(1);
        assertThat(order.of(List.of())).isEmpty();
    }

    @Test
    void permutations_areAllOrTwentyFour() {
        int[] expected = {1, 1, 2, 6, 24, 24, 24, 24};
        for (int size = 0; size < expected.length; size++) {
            List<Integer> list = IntStream.range(0, size).boxed().toList();
            List<List<Integer>> permutations = LabelEntropyOrder.permutations(list);
            assertThat(permutations).hasSize(expected[size]).doesNotHaveDuplicates();
            assertThat(permutations.get(0)).isEqualTo(list);
            assertThat(permutations).allSatisfy(p -> assertThat(p).containsExactlyInAnyOrderElementsOf(list));
            assertThat(LabelEntropyOrder.permutations(list)).isEqualTo(permutations);
        }
    }

    private static List<Example> exemplars(int count) {
        var exemplars = new ArrayList<Example>();
        for (int i = 0; i < count; i++) {
            exemplars.add(new Example("e" + i, Map.of("text", "text " + i), "label" + i % 2));
        }
        return exemplars;
    }
}
