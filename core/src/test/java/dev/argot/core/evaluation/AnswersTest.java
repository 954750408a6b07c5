package dev.argot.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswersTest {
    // Recorded with scikit-learn: accuracy_score, and f1_score(average="macro", zero_division=0).
    private static final String EXPECTED =
            "crime labor health tax tax tax crime tax labor tax tax health health tax labor tax health tax tax"
                    + " labor tax health tax labor tax labor crime health labor tax crime labor tax labor crime tax tax tax labor health";
    private static final String ANSWERED =
            "health health health tax tax labor crime tax labor tax tax tax health tax labor health health"
                    + " zoning tax crime tax health tax tax crime labor tax crime health tax crime tax crime labor crime tax labor health labor tax";

    @Test
    void statistic_labels_equalsTheReference() {
        List<ItemResult> items = items(EXPECTED.split(" "), ANSWERED.split(" "));
        assertThat(value(Metric.ACCURACY, items)).isEqualTo(0.575);
        assertThat(value(Metric.MACRO_F1, items)).isCloseTo(0.4470588235294118, within(1e-15));
    }

    @Test
    void statistic_labelsByHand_equalsThem() {
        // GIVEN a: 2 of 3 found, one b too many; b: none of 1; c: answered once, never right
        List<ItemResult> items = items(new String[] {"a", "a", "a", "b"}, new String[] {"a", "a", "c", "a"});
        // THEN a: p 2/3, r 2/3, F1 2/3; b: 0; c: 0
        assertThat(value(Metric.MACRO_F1, items)).isCloseTo(2.0 / 9, within(1e-15));
        assertThat(value(Metric.ACCURACY, items)).isEqualTo(0.5);
    }

    @Test
    void statistic_itemWithoutAnswer_isWrong() {
        var items =
                List.of(new ItemResult("1", "a", Optional.of("a"), 0), new ItemResult("2", "a", Optional.empty(), 0));
        assertThat(value(Metric.ACCURACY, items)).isEqualTo(0.5);
        assertThat(value(Metric.MACRO_F1, items)).isCloseTo(2.0 / 3, within(1e-15)); // p 1, r 1/2
        assertThat(value(Metric.EXACT_MATCH, items)).isEqualTo(0.5);
        assertThat(value(Metric.TOKEN_F1, items)).isEqualTo(0.5);
    }

    @RepeatedTest(50)
    void macroF1_randomLabels_equalsTheDefinition(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        int size = 1 + random.nextInt(30);
        String[] expected = new String[size];
        String[] answered = new String[size];
        for (int i = 0; i < size; i++) {
            expected[i] = "" + random.nextInt(4);
            answered[i] = "" + random.nextInt(5);
        }
        // WHEN
        double found = value(Metric.MACRO_F1, items(expected, answered));
        // THEN
        var labels = new LinkedHashSet<>(List.of(expected));
        labels.addAll(List.of(answered));
        double sum = 0;
        for (String label : labels) {
            double hits = 0;
            double wrong = 0;
            double missed = 0;
            for (int i = 0; i < size; i++) {
                boolean is = expected[i].equals(label);
                boolean said = answered[i].equals(label);
                hits += is && said ? 1 : 0;
                wrong += !is && said ? 1 : 0;
                missed += is && !said ? 1 : 0;
            }
            double precision = hits == 0 ? 0 : hits / (hits + wrong);
            double recall = hits == 0 ? 0 : hits / (hits + missed);
            sum += hits == 0 ? 0 : 2 * precision * recall / (precision + recall);
        }
        assertThat(found).as("seed %d", seed).isCloseTo(sum / labels.size(), within(1e-12));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            the Supreme Court    | Supreme Court.          | 1 | 1
            A motion to dismiss  | motion                  | 0 | 0.5
            1 tablet by mouth    | 1 tablet by mouth daily | 0 | 0.888888888888889
            to be or not to be   | to be                   | 0 | 0.5
            habeas corpus        | res judicata            | 0 | 0
            the                  | an                      | 1 | 1
            yes                  | the                     | 0 | 0
            $1,000               | 1000                    | 1 | 1
            """)
    void statistic_writtenAnswers_equalsWhatIsComputedByHand(
            String expected, String answered, double exact, double f1) {
        List<ItemResult> items = items(new String[] {expected}, new String[] {answered});
        assertThat(value(Metric.EXACT_MATCH, items)).isEqualTo(exact);
        assertThat(value(Metric.TOKEN_F1, items)).isCloseTo(f1, within(1e-12));
    }

    @Test
    void normalise_caseArticlesPunctuationBlanks_areAside() {
        assertThat(Answers.normalise("  The  Court's “Ruling”, an\n A to Z. ")).isEqualTo("courts ruling to z");
        assertThat(Answers.normalise("Theory")).isEqualTo("theory");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            police killed the gunman | police kill the gunman       | 0.666666666666667
            police killed the gunman | the gunman kill police       | 0.333333333333333
            one two three four       | four three two one           | 0.25
            one two three            | one x two y three            | 0.75
            the                      | an                           | 1
            yes                      | the                          | 0
            """)
    void rougeL_equalsWhatIsComputedByHand(String expected, String answered, double f1) {
        assertThat(value(Metric.ROUGE_L, items(new String[] {expected}, new String[] {answered})))
                .isCloseTo(f1, within(1e-12));
    }

    @RepeatedTest(100)
    void rougeL_randomWords_equalsTheLongestOfAllCommonSubsequences(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        List<String> expected = letters(random);
        List<String> answered = letters(random);
        // WHEN
        double found = Answers.rougeL(String.join(" ", expected), String.join(" ", answered));
        // THEN all subsequences of the one are tried on the other
        int longest = 0;
        for (int chosen = 0; chosen < 1 << expected.size(); chosen++) {
            var left = new ArrayList<>(answered);
            boolean common = true;
            for (int i = 0; i < expected.size() && common; i++) {
                if ((chosen >> i & 1) == 1) {
                    int at = left.indexOf(expected.get(i));
                    common = at >= 0;
                    left.subList(0, at + 1).clear();
                }
            }
            longest = common ? Math.max(longest, Integer.bitCount(chosen)) : longest;
        }
        double precision = (double) longest / answered.size();
        double recall = (double) longest / expected.size();
        assertThat(found)
                .as("seed %d", seed)
                .isCloseTo(longest == 0 ? 0 : 2 * precision * recall / (precision + recall), within(1e-12));
    }

    private static List<String> letters(Random random) {
        return random.ints(1 + random.nextInt(9), 'b', 'f')
                .mapToObj(c -> String.valueOf((char) c))
                .toList();
    }

    @RepeatedTest(50)
    void severalLabels_random_equalTheDefinitions(RepetitionInfo info) {
        // GIVEN sets of labels, as scikit-learn's multilabel indicators
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        int size = 1 + random.nextInt(12);
        boolean[][] expected = new boolean[size][4];
        boolean[][] answered = new boolean[size][4];
        var items = new ArrayList<ItemResult>();
        for (int i = 0; i < size; i++) {
            items.add(several("" + i, drawn(random, expected[i]), drawn(random, answered[i])));
        }
        // THEN
        double[] hits = new double[4];
        double[] counted = new double[4];
        int same = 0;
        for (int i = 0; i < size; i++) {
            for (int label = 0; label < 4; label++) {
                hits[label] += expected[i][label] && answered[i][label] ? 1 : 0;
                counted[label] += (expected[i][label] ? 1 : 0) + (answered[i][label] ? 1 : 0);
            }
            same += Arrays.equals(expected[i], answered[i]) ? 1 : 0;
        }
        double all = Arrays.stream(counted).sum();
        assertThat(value(Metric.MICRO_F1, items))
                .as("seed %d", seed)
                .isCloseTo(all == 0 ? 1 : 2 * Arrays.stream(hits).sum() / all, within(1e-12));
        assertThat(value(Metric.MACRO_F1, items))
                .as("seed %d", seed)
                .isCloseTo(
                        IntStream.range(0, 4)
                                .filter(label -> counted[label] > 0)
                                .mapToDouble(label -> 2 * hits[label] / counted[label])
                                .average()
                                .orElse(1),
                        within(1e-12));
        assertThat(value(Metric.EXACT_MATCH, items)).as("seed %d", seed).isCloseTo((double) same / size, within(1e-12));
    }

    /** Some labels, in any order. */
    private static String drawn(Random random, boolean[] labels) {
        var found = new ArrayList<String>();
        for (int label = 0; label < labels.length; label++) {
            labels[label] = random.nextBoolean();
            if (labels[label]) {
                found.add("label " + label);
            }
        }
        Collections.shuffle(found, random);
        return String.join("; ", found);
    }

    private static ItemResult several(String id, String expected, String answered) {
        AnswerParts.Apart right = AnswerParts.labels(expected, "; ");
        AnswerParts.Apart answer = AnswerParts.labels(answered, "; ");
        return new ItemResult(
                id,
                right.canonical(),
                Optional.of(answer.canonical()),
                0,
                Optional.of(new Evaluation.Parts(right.parts(), answer.parts())));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            {"a":1,"b":"x"}               | { "b" : "x", "a" : 1.0 }                  | 1 | 1
            {"a":[1,2]}                   | {"a":[2,1]}                               | 0 | 1
            {"a":[1,1,2]}                 | {"a":[1,2]}                               | 0 | 0.8
            {"a":{"b":"x"}}               | {"a":{"c":"x"}}                           | 0 | 0
            {"n":[{"t":"x"},{"t":"y"}]}   | {"n":[{"t":"y"},{"t":"z"}]}               | 0 | 0.5
            {"a":"1"}                     | {"a":1}                                   | 0 | 0
            {"a":null}                    | {"a":null}                                | 1 | 1
            {"a/b":1}                     | {"a":{"b":1}}                             | 0 | 0
            {"n":[]}                      | {"n":[]}                                  | 1 | 1
            {"a":-1}                      | {"a":1}                                   | 0 | 0
            {"a":1}                       | {"a":1                                    | 0 | 0
            {"a":100}                     | {"a":1e2}                                 | 1 | 1
            """)
    void json_equalsWhatIsComputedByHand(String expected, String answered, double exact, double f1) {
        AnswerParts.Apart right = AnswerParts.json(expected);
        AnswerParts.Apart answer = AnswerParts.json(answered);
        var items = List.of(new ItemResult(
                "1",
                right.canonical(),
                Optional.of(answer.canonical()),
                0,
                Optional.of(new Evaluation.Parts(right.parts(), answer.parts()))));
        assertThat(value(Metric.EXACT_MATCH, items)).isEqualTo(exact);
        assertThat(value(Metric.MICRO_F1, items)).isCloseTo(f1, within(1e-12));
    }

    private static double value(Metric metric, List<ItemResult> items) {
        return Answers.statistic(metric, items)
                .applyAsDouble(IntStream.range(0, items.size()).toArray());
    }

    private static List<ItemResult> items(String[] expected, String[] answered) {
        assertThat(answered).hasSameSizeAs(expected);
        var items = new ArrayList<ItemResult>();
        for (int i = 0; i < expected.length; i++) {
            items.add(new ItemResult("" + i, expected[i], Optional.of(answered[i]), 0));
        }
        return items;
    }
}
