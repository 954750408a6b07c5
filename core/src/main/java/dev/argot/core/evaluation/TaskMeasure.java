package dev.argot.core.evaluation;

import dev.argot.api.ContextLengthException;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.GiveWay;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.api.prompt.TextAnswer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Puts a task's items to a model and judges the answers. Stateless, hence thread-safe. */
public final class TaskMeasure {
    /** Items put to the model at once. */
    private static final int BATCH = 8;

    private TaskMeasure() {}

    /**
     * As many items as asked for, at random, in their order.
     *
     * @param items what there is
     * @param most the most items; at least 1
     * @param seed the same seed chooses the same items
     */
    public static List<Example> chosen(List<Example> items, int most, long seed) {
        if (items.size() <= most) {
            return items;
        }
        var indices = new ArrayList<Integer>();
        for (int i = 0; i < items.size(); i++) {
            indices.add(i);
        }
        Collections.shuffle(indices, new Random(seed));
        return indices.subList(0, most).stream().sorted().map(items::get).toList();
    }

    /**
     * What a model answers.
     *
     * @param prompter asks it; with the task's template and format
     * @param task the task
     * @param items items of the task
     * @param before is told, before each batch, how many items are done; may throw to end the measurement
     * @return one for each item, in order; without answer where the prompt does not fit the context although everything gave way
     */
    public static List<ItemResult> answers(Prompter prompter, Task task, List<Example> items, IntConsumer before) {
        Function<List<Example>, List<ItemResult>> ask =
                switch (task.answer()) {
                    case AnswerFormat.Choice(List<String> labels) ->
                        labels.isEmpty()
                                ? batch -> chosenAmongOwn(prompter, task, batch)
                                : batch -> chosenAmongLabels(prompter, batch);
                    case AnswerFormat.Several(List<String> ignored, String separator) ->
                        batch -> several(prompter, separator, batch);
                    case AnswerFormat.Text ignored -> batch -> written(prompter, batch);
                    case AnswerFormat.Passage ignored -> batch -> written(prompter, batch);
                    case AnswerFormat.Json ignored -> batch -> written(prompter, batch);
                };
        var results = new ArrayList<ItemResult>();
        for (int from = 0; from < items.size(); from += BATCH) {
            before.accept(from);
            results.addAll(fitting(ask, items.subList(from, Math.min(from + BATCH, items.size()))));
        }
        return results;
    }

    /** Asks a batch; where an item is too long, one by one. */
    private static List<ItemResult> fitting(Function<List<Example>, List<ItemResult>> ask, List<Example> batch) {
        try {
            return ask.apply(batch);
        } catch (ContextLengthException e) {
            if (batch.size() == 1) {
                return List.of(new ItemResult(
                        batch.get(0).id(), batch.get(0).answer(), Optional.empty(), 0));
            }
            return batch.stream()
                    .flatMap(item -> fitting(ask, List.of(item)).stream())
                    .toList();
        }
    }

    private static List<ItemResult> chosenAmongLabels(Prompter prompter, List<Example> batch) {
        List<ChoiceAnswer> answers =
                prompter.chooseAll(batch.stream().map(Example::inputs).toList());
        return results(batch, answers, ChoiceAnswer::best, ChoiceAnswer::prompt);
    }

    private static List<ItemResult> chosenAmongOwn(Prompter prompter, Task task, List<Example> batch) {
        List<ChoiceAnswer> answers = batch.stream()
                .map(item -> prompter.choose(item.inputs(), task.options(item)))
                .toList();
        return results(batch, answers, ChoiceAnswer::best, ChoiceAnswer::prompt);
    }

    private static List<ItemResult> several(Prompter prompter, String separator, List<Example> batch) {
        List<SeveralAnswer> answers = batch.stream()
                .map(item -> prompter.chooseSeveral(item.inputs()))
                .toList();
        return results(
                batch,
                answers,
                answer -> answer.labels().stream()
                        .map(ChoiceAnswer.Ranked::label)
                        .collect(Collectors.joining(separator)),
                SeveralAnswer::prompt);
    }

    private static List<ItemResult> written(Prompter prompter, List<Example> batch) {
        List<TextAnswer> answers =
                prompter.answerAll(batch.stream().map(Example::inputs).toList());
        return results(batch, answers, TextAnswer::text, TextAnswer::prompt);
    }

    private static <A> List<ItemResult> results(
            List<Example> batch, List<A> answers, Function<A, String> text, Function<A, RenderedPrompt> prompt) {
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < batch.size(); i++) {
            A answer = answers.get(i);
            int dropped = Math.toIntExact(prompt.apply(answer).dropped().stream()
                    .filter(part -> part.what() == GiveWay.EXEMPLARS)
                    .count());
            results.add(new ItemResult(
                    batch.get(i).id(), batch.get(i).answer(), Optional.of(text.apply(answer)), dropped));
        }
        return results;
    }

    // ---- judging

    /**
     * All metrics of a task, with confidence intervals over items.
     *
     * @param task the task
     * @param repeats the same items in the same order, each time answered anew; what is resampled is items, each with its answers of all
     *     repeats
     * @param seed seeds the resamples
     */
    public static Map<Metric, Estimate> scores(Task task, List<List<ItemResult>> repeats, long seed) {
        Map<Metric, Estimate> scores = new EnumMap<>(Metric.class);
        for (Metric metric : task.answer().metrics()) {
            scores.put(
                    metric,
                    Bootstrap.estimate(repeats.get(0).size(), seed, statistic(task, metric, repeats)));
        }
        return scores;
    }

    /**
     * The difference of a metric between two measurements of the same items, with its confidence interval: the paired bootstrap over
     * items. Each resample judges both with the same items, so that what makes an item hard counts in neither.
     *
     * @param task the task
     * @param metric the metric
     * @param before the items' answers, of each repeat, that are taken away
     * @param after those they are taken from; of any number of repeats
     * @param seed seeds the resamples
     */
    public static Estimate difference(
            Task task, Metric metric, List<List<ItemResult>> before, List<List<ItemResult>> after, long seed) {
        return Bootstrap.difference(
                before.get(0).size(), seed, statistic(task, metric, before), statistic(task, metric, after));
    }

    /**
     * A metric of answers.
     *
     * @param task the task
     * @param metric the metric
     * @param results at least one
     */
    public static double value(Task task, Metric metric, List<ItemResult> results) {
        var all = new int[results.size()];
        Arrays.setAll(all, i -> i);
        return statistic(task, metric, List.of(results)).applyAsDouble(all);
    }

    /** The metric of items drawn, each with its answers of all repeats. */
    private static ToDoubleFunction<int[]> statistic(Task task, Metric metric, List<List<ItemResult>> repeats) {
        int items = repeats.get(0).size();
        ToDoubleFunction<int[]> pooled = Answers.statistic(
                metric, repeats.stream().flatMap(List::stream).toList());
        if (repeats.size() == 1) {
            return pooled;
        }
        return drawn -> {
            var expanded = new int[drawn.length * repeats.size()];
            for (int r = 0; r < repeats.size(); r++) {
                for (int i = 0; i < drawn.length; i++) {
                    expanded[r * drawn.length + i] = r * items + drawn[i];
                }
            }
            return pooled.applyAsDouble(expanded);
        };
    }
}
