package dev.argot.core.evaluation;

import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Metric;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.regex.Pattern;

/** Judges answers by the metrics. Stateless, hence thread-safe. */
final class Answers {
    private static final Pattern ARTICLES = Pattern.compile("\\b(a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);
    /** All of ASCII's punctuation, symbols included, and that of other scripts. */
    private static final Pattern PUNCTUATION = Pattern.compile("[\\p{Punct}\\p{IsPunctuation}]");

    private static final Pattern BLANKS = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);

    private Answers() {}

    /**
     * A metric as a function of the indices of the items looked at, each as often as it is named.
     *
     * @param metric the metric
     * @param items at least one
     */
    static ToDoubleFunction<int[]> statistic(Metric metric, List<ItemResult> items) {
        return switch (metric) {
            case ACCURACY -> mean(items, Answers::right);
            case MACRO_F1 -> macroF1(items);
            case EXACT_MATCH -> mean(items, Answers::exactMatch);
            case TOKEN_F1 -> mean(items, Answers::tokenF1);
            case ROUGE_L,
                    ENTITY_F1,
                    ENTITY_PRECISION,
                    ENTITY_RECALL,
                    MICRO_F1,
                    MATTHEWS,
                    PEARSON,
                    SPEARMAN,
                    R_SQUARED -> throw new IllegalArgumentException(metric + " is none of answers to prompts");
        };
    }

    /**
     * The mean of a value of single items as such a function.
     *
     * @param items the items
     * @param value the value of each
     */
    static <T> ToDoubleFunction<int[]> mean(List<T> items, ToDoubleFunction<T> value) {
        double[] values = items.stream().mapToDouble(value).toArray();
        return drawn -> Arrays.stream(drawn).mapToDouble(i -> values[i]).sum() / drawn.length;
    }

    private static double right(ItemResult item) {
        return item.answer().isPresent() && item.answer().get().equals(item.expected()) ? 1 : 0;
    }

    private static double exactMatch(ItemResult item) {
        return item.answer().isPresent()
                ? exactMatch(item.expected(), item.answer().get())
                : 0;
    }

    /** 1 where two answers are the same but for case, punctuation, articles and blanks, else 0. */
    static double exactMatch(String expected, String answer) {
        return normalise(answer).equals(normalise(expected)) ? 1 : 0;
    }

    private static double tokenF1(ItemResult item) {
        return item.answer().isPresent()
                ? tokenF1(item.expected(), item.answer().get())
                : 0;
    }

    /** F1 of the words two answers share, counting each as often as both have it; 1 where neither has any (Rajpurkar et al. 2016). */
    static double tokenF1(String right, String answer) {
        List<String> expected = words(right);
        List<String> answered = words(answer);
        if (expected.isEmpty() || answered.isEmpty()) {
            return expected.equals(answered) ? 1 : 0;
        }
        Map<String, Integer> left = new HashMap<>();
        expected.forEach(word -> left.merge(word, 1, Integer::sum));
        int common = 0;
        for (String word : answered) {
            if (left.merge(word, -1, Integer::sum) >= 0) {
                common++;
            }
        }
        // 2·p·r / (p + r) with precision common/answered and recall common/expected
        return 2.0 * common / (expected.size() + answered.size());
    }

    private static ToDoubleFunction<int[]> macroF1(List<ItemResult> items) {
        Map<String, Integer> labels = new HashMap<>();
        int[] expected = new int[items.size()];
        int[] answered = new int[items.size()]; // -1: none
        for (int i = 0; i < expected.length; i++) {
            expected[i] = number(labels, items.get(i).expected());
            answered[i] =
                    items.get(i).answer().map(answer -> number(labels, answer)).orElse(-1);
        }
        return drawn -> {
            int[] hits = new int[labels.size()];
            int[] counted = new int[labels.size()]; // times expected and times answered
            for (int i : drawn) {
                counted[expected[i]]++;
                if (answered[i] >= 0) {
                    counted[answered[i]]++;
                    hits[expected[i]] += answered[i] == expected[i] ? 1 : 0;
                }
            }
            double sum = 0;
            int seen = 0;
            for (int label = 0; label < hits.length; label++) {
                if (counted[label] > 0) {
                    sum += 2.0 * hits[label] / counted[label];
                    seen++;
                }
            }
            return sum / seen;
        };
    }

    private static int number(Map<String, Integer> labels, String label) {
        return labels.computeIfAbsent(label, ignored -> labels.size());
    }

    /** An answer in lower case without punctuation and articles, blanks made one, as the evaluation script of SQuAD does. */
    static String normalise(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String bare =
                ARTICLES.matcher(PUNCTUATION.matcher(lower).replaceAll("")).replaceAll(" ");
        return BLANKS.matcher(bare).replaceAll(" ").strip();
    }

    private static List<String> words(String text) {
        String bare = normalise(text);
        return bare.isEmpty() ? List.of() : Arrays.asList(bare.split(" ", -1));
    }
}
