package dev.argot.core.evaluation;

import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Metric;
import java.util.ArrayList;
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
            case ROUGE_L -> mean(items, Answers::rougeL);
            case MICRO_F1 -> microF1(items);
            case ENTITY_F1, ENTITY_PRECISION, ENTITY_RECALL, MATTHEWS, PEARSON, SPEARMAN, R_SQUARED ->
                throw new IllegalArgumentException(metric + " is none of answers to prompts");
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
        if (item.parts().isPresent()) {
            return right(item);
        }
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

    private static double rougeL(ItemResult item) {
        return item.answer().isPresent() ? rougeL(item.expected(), item.answer().get()) : 0;
    }

    /** F1 of the longest common subsequence of words; 1 where neither has any (Lin 2004, eq. 2 to 4 with beta 1). */
    static double rougeL(String right, String answer) {
        List<String> expected = words(right);
        List<String> answered = words(answer);
        if (expected.isEmpty() || answered.isEmpty()) {
            return expected.equals(answered) ? 1 : 0;
        }
        // longest[j]: of the words so far of the one and the first j of the other
        int[] longest = new int[answered.size() + 1];
        for (String word : expected) {
            int diagonal = 0;
            for (int j = 1; j < longest.length; j++) {
                int above = longest[j];
                longest[j] = word.equals(answered.get(j - 1)) ? diagonal + 1 : Math.max(above, longest[j - 1]);
                diagonal = above;
            }
        }
        return 2.0 * longest[answered.size()] / (expected.size() + answered.size());
    }

    private static List<String> expectedParts(ItemResult item) {
        return item.parts().map(Evaluation.Parts::expected).orElseGet(() -> List.of(item.expected()));
    }

    private static List<String> answeredParts(ItemResult item) {
        return item.parts().map(Evaluation.Parts::answered).orElseGet(() -> item.answer().stream()
                .toList());
    }

    private static ToDoubleFunction<int[]> macroF1(List<ItemResult> items) {
        Map<String, Integer> labels = new HashMap<>();
        List<int[]> counted = new ArrayList<>(); // what each item expects and answers
        List<int[]> hit = new ArrayList<>();
        for (ItemResult item : items) {
            List<String> right = new ArrayList<>(expectedParts(item));
            List<String> both = new ArrayList<>(right);
            both.addAll(answeredParts(item));
            List<String> hits =
                    answeredParts(item).stream().filter(right::remove).toList();
            counted.add(numbers(labels, both));
            hit.add(numbers(labels, hits));
        }
        return drawn -> {
            int[] hits = new int[labels.size()];
            int[] times = new int[labels.size()];
            for (int i : drawn) {
                for (int label : counted.get(i)) {
                    times[label]++;
                }
                for (int label : hit.get(i)) {
                    hits[label]++;
                }
            }
            double sum = 0;
            int seen = 0;
            for (int label = 0; label < hits.length; label++) {
                if (times[label] > 0) {
                    sum += 2.0 * hits[label] / times[label];
                    seen++;
                }
            }
            return seen == 0 ? 1 : sum / seen; // nothing expected, nothing answered
        };
    }

    private static int[] numbers(Map<String, Integer> labels, List<String> texts) {
        return texts.stream()
                .mapToInt(label -> labels.computeIfAbsent(label, ignored -> labels.size()))
                .toArray();
    }

    /** The F1 of all parts of all items; 1 where nothing is expected and nothing answered. */
    private static ToDoubleFunction<int[]> microF1(List<ItemResult> items) {
        int[] hits = new int[items.size()];
        int[] counted = new int[items.size()]; // expected and answered
        for (int i = 0; i < hits.length; i++) {
            Map<String, Integer> left = new HashMap<>();
            expectedParts(items.get(i)).forEach(part -> left.merge(part, 1, Integer::sum));
            for (String part : answeredParts(items.get(i))) {
                hits[i] += left.merge(part, -1, Integer::sum) >= 0 ? 1 : 0;
            }
            counted[i] = expectedParts(items.get(i)).size()
                    + answeredParts(items.get(i)).size();
        }
        return drawn -> {
            long all = Arrays.stream(drawn).mapToLong(i -> counted[i]).sum();
            return all == 0
                    ? 1
                    : 2.0 * Arrays.stream(drawn).mapToLong(i -> hits[i]).sum() / all;
        };
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
