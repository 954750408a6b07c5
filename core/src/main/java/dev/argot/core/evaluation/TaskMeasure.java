package dev.argot.core.evaluation;

import dev.argot.api.ContextLengthException;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.Evaluation.Parts;
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
import dev.argot.core.evaluation.AnswerParts.Apart;
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
        int batch = task.answer() instanceof AnswerFormat.Several ? 1 : BATCH; // several labels are chosen item by item
        var results = new ArrayList<ItemResult>();
        for (int from = 0; from < items.size(); from += batch) {
            before.accept(from);
            results.addAll(answers(prompter, task, items.subList(from, Math.min(from + batch, items.size()))));
        }
        return results;
    }

    /** Answers to several items at once, but those that do not fit. */
    private static List<ItemResult> answers(Prompter prompter, Task task, List<Example> items) {
        try {
            return items.isEmpty() ? List.of() : answer(prompter, task, items);
        } catch (ContextLengthException e) {
            if (items.size() == 1) {
                return List.of(result(task, items.get(0), Optional.empty(), 0));
            }
            if (e.item()
                    .isEmpty()) { // it fits, but not together with its answer: the tokens of both are more than of each
                return items.stream()
                        .flatMap(item -> answers(prompter, task, List.of(item)).stream())
                        .toList();
            }
            int unfit = e.item().getAsInt();
            var others = new ArrayList<>(items);
            others.remove(unfit);
            var results = new ArrayList<>(answers(prompter, task, others));
            results.add(unfit, result(task, items.get(unfit), Optional.empty(), 0));
            return results;
        }
    }

    private static List<ItemResult> answer(Prompter prompter, Task task, List<Example> items) {
        List<Map<String, String>> inputs = items.stream().map(Example::inputs).toList();
        return switch (task.answer()) {
            case AnswerFormat.Choice(List<String> labels) ->
                results(
                        task,
                        items,
                        labels.isEmpty()
                                ? prompter.chooseAll(
                                        inputs,
                                        items.stream().map(task::options).toList())
                                : prompter.chooseAll(inputs),
                        ChoiceAnswer::best,
                        ChoiceAnswer::prompt);
            case AnswerFormat.Several(List<String> ignored, String separator) ->
                results(
                        task,
                        items,
                        inputs.stream().map(prompter::chooseSeveral).toList(),
                        answer -> answer.labels().stream()
                                .map(ChoiceAnswer.Ranked::label)
                                .collect(Collectors.joining(separator)),
                        SeveralAnswer::prompt);
            case AnswerFormat.Text ignored -> written(prompter, task, items, inputs);
            case AnswerFormat.Passage ignored -> written(prompter, task, items, inputs);
            case AnswerFormat.Json ignored -> written(prompter, task, items, inputs);
        };
    }

    private static List<ItemResult> written(
            Prompter prompter, Task task, List<Example> items, List<Map<String, String>> inputs) {
        return results(task, items, prompter.answerAll(inputs), TextAnswer::text, TextAnswer::prompt);
    }

    private static <A> List<ItemResult> results(
            Task task,
            List<Example> items,
            List<A> answers,
            Function<A, String> text,
            Function<A, RenderedPrompt> prompt) {
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < items.size(); i++) {
            A answer = answers.get(i);
            long dropped = prompt.apply(answer).dropped().stream()
                    .filter(left -> left.what() == GiveWay.EXEMPLARS)
                    .count();
            results.add(result(task, items.get(i), Optional.of(text.apply(answer)), Math.toIntExact(dropped)));
        }
        return results;
    }

    private static ItemResult result(Task task, Example item, Optional<String> answer, int dropped) {
        return switch (task.answer()) {
            case AnswerFormat.Several(List<String> ignored, String separator) ->
                apart(item, answer, dropped, text -> AnswerParts.labels(text, separator));
            case AnswerFormat.Json ignored -> apart(item, answer, dropped, AnswerParts::json);
            case AnswerFormat.Choice ignored -> new ItemResult(item.id(), item.answer(), answer, dropped);
            case AnswerFormat.Text ignored -> new ItemResult(item.id(), item.answer(), answer, dropped);
            case AnswerFormat.Passage ignored -> new ItemResult(item.id(), item.answer(), answer, dropped);
        };
    }

    private static ItemResult apart(Example item, Optional<String> answer, int dropped, Function<String, Apart> taken) {
        Apart expected = taken.apply(item.answer());
        Optional<Apart> answered = answer.map(taken);
        var parts = new Parts(expected.parts(), answered.map(Apart::parts).orElse(List.of()));
        return new ItemResult(
                item.id(), expected.canonical(), answered.map(Apart::canonical), dropped, Optional.of(parts));
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
            scores.put(metric, Bootstrap.estimate(repeats.get(0).size(), seed, statistic(metric, repeats)));
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
        return Bootstrap.difference(before.get(0).size(), seed, statistic(metric, before), statistic(metric, after));
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
        return statistic(metric, List.of(results)).applyAsDouble(all);
    }

    /** The metric of items drawn, each with its answers of all repeats. */
    private static ToDoubleFunction<int[]> statistic(Metric metric, List<List<ItemResult>> repeats) {
        int items = repeats.get(0).size();
        ToDoubleFunction<int[]> pooled =
                Answers.statistic(metric, repeats.stream().flatMap(List::stream).toList());
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
