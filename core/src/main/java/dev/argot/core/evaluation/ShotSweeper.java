package dev.argot.core.evaluation;

import dev.argot.api.CancellationToken;
import dev.argot.api.GenerativeModel;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation.ItemResult;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationProgress;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.ShotSweep;
import dev.argot.api.prompt.ShotSweepSpec;
import dev.argot.core.prompt.EmbeddingMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Finds how many exemplars a task wants. One object sweeps once.
 *
 * <p>One number of shots beats another if the confidence interval of the difference of the metric, by the paired bootstrap over items, lies
 * wholly above zero. Two intervals that overlap say little; a difference on the same items, drawn together, says more, since it leaves out what
 * makes an item hard for both.
 */
public final class ShotSweeper {
    /** A difference of equal values, computed in another order. */
    private static final double ROUNDING = 1e-9;

    private final GenerativeModel model;
    private final ShotSweepSpec spec;
    private final Function<PromptSpec, Prompter> prompters;
    private final EvaluationListener listener;
    private final CancellationToken cancellation;

    private final Task task;
    private final Metric metric;
    private final List<Example> pool;
    private final List<Example> items;

    /**
     * A sweep to be made.
     *
     * @param model answers
     * @param spec what is measured
     * @param prompters makes a prompter of the model, which is closed here
     * @param listener is told how far it is
     * @param cancellation looked at before each batch of items
     */
    public ShotSweeper(
            GenerativeModel model,
            ShotSweepSpec spec,
            Function<PromptSpec, Prompter> prompters,
            EvaluationListener listener,
            CancellationToken cancellation) {
        this.model = model;
        this.spec = spec.withSettings(EmbeddingMemory.of(spec.settings()));
        this.prompters = prompters;
        this.listener = listener;
        this.cancellation = cancellation;
        this.task = spec.task();
        this.metric = task.answer().metrics().get(0);
        this.pool = task.exemplars().size() >= spec.shots().getLast()
                ? task.exemplars()
                : Stream.concat(task.exemplars().stream(), task.training().stream())
                        .toList();
        this.items = TaskMeasure.chosen(task.items(), spec.items(), spec.seed());
    }

    /** A number of shots and the answers of each repeat. */
    private record Measured(int shots, List<List<ItemResult>> repeats) {
        private Stream<ItemResult> results() {
            return repeats.stream().flatMap(List::stream);
        }

        /** Whether no item's prompt has room for another exemplar. */
        boolean isFull() {
            return results()
                    .allMatch(
                            item -> item.droppedExemplars() > 0 || item.answer().isEmpty());
        }
    }

    /**
     * Measures.
     *
     * @throws CancellationException if it was cancelled
     */
    public ShotSweep run() {
        var numbers = new TreeSet<Integer>();
        spec.shots().forEach(shots -> numbers.add(Math.min(shots, pool.size())));
        var measured = new ArrayList<Measured>();
        String stopped = pool.size() < spec.shots().getLast()
                ? "there are no more than " + exemplars(pool.size()) + " to show"
                : "all numbers of shots were measured";
        for (int shots : numbers) {
            measured.add(measure(shots));
            int best = best(measured);
            int behind = measured.size() - 1 - best;
            if (shots < numbers.last()) {
                if (measured.getLast().isFull()) {
                    stopped = "no prompt has room for " + exemplars(shots);
                    break;
                }
                if (behind >= spec.patience()) {
                    stopped = "beyond " + exemplars(measured.get(best).shots())
                            + (behind == 1 ? " one larger number" : " " + behind + " larger numbers")
                            + " brought no gain that is more than chance";
                    break;
                }
            }
        }
        Measured best = measured.get(best(measured));
        return new ShotSweep(
                model.description().name(),
                model.engine(),
                task.name(),
                task.title(),
                metric,
                items.size(),
                measured.stream().map(one -> point(one, best)).toList(),
                best.shots(),
                stopped,
                spec.seed());
    }

    private static String exemplars(int count) {
        return count + (count == 1 ? " exemplar" : " exemplars");
    }

    /** The first that none after it beats. */
    private int best(List<Measured> measured) {
        for (int i = 0; i < measured.size(); i++) {
            Measured one = measured.get(i);
            if (measured.subList(i + 1, measured.size()).stream()
                    .noneMatch(larger -> difference(one, larger).low() > ROUNDING)) {
                return i;
            }
        }
        throw new IllegalStateException("nothing comes after the last");
    }

    private Estimate difference(Measured before, Measured after) {
        return TaskMeasure.difference(task, metric, before.repeats(), after.repeats(), spec.seed());
    }

    private ShotSweep.Point point(Measured measured, Measured best) {
        return new ShotSweep.Point(
                measured.shots(),
                TaskMeasure.scores(task, measured.repeats(), spec.seed()),
                difference(best, measured),
                measured.repeats().stream()
                        .map(results -> TaskMeasure.value(task, metric, results))
                        .toList(),
                measured.results().mapToInt(ItemResult::droppedExemplars).sum(),
                Math.toIntExact(measured.results()
                        .filter(item -> item.answer().isEmpty())
                        .count()));
    }

    private Measured measure(int shots) {
        var repeats = new ArrayList<List<ItemResult>>();
        int count = shots > 0 && isRandom(spec.settings().selection()) ? spec.repeats() : 1;
        String part = task.name() + ", " + shots + (shots == 1 ? " shot" : " shots");
        int total = count * items.size();
        for (int repeat = 0; repeat < count; repeat++) {
            PromptSettings settings = spec.settings();
            PromptSpec asked = PromptSpec.builder(task.template())
                    .format(task.answer())
                    .exemplars(pool)
                    .shots(shots)
                    .settings(settings.withSelection(redrawn(settings.selection(), repeat)))
                    .build();
            int before = repeat * items.size();
            try (Prompter prompter = prompters.apply(asked)) {
                repeats.add(TaskMeasure.answers(prompter, task, items, done -> proceed(part, before + done, total)));
            }
        }
        listener.progress(new EvaluationProgress(part, total, total));
        return new Measured(shots, repeats);
    }

    private static boolean isRandom(ExemplarSelection selection) {
        return !redrawn(selection, 0).equals(redrawn(selection, 1));
    }

    /** The selection with the draw of a repeat; itself where it does not draw. */
    private static ExemplarSelection redrawn(ExemplarSelection selection, int repeat) {
        return switch (selection) {
            case ExemplarSelection.Random(long seed) -> new ExemplarSelection.Random(seed + repeat);
            case ExemplarSelection.Balanced(ExemplarSelection base) ->
                new ExemplarSelection.Balanced(redrawn(base, repeat));
            case ExemplarSelection.Fixed fixed -> fixed;
            case ExemplarSelection.Similar similar -> similar;
            case ExemplarSelection.Nearest nearest -> nearest;
            case ExemplarSelection.Diverse diverse -> diverse;
        };
    }

    private void proceed(String part, int done, int total) {
        if (cancellation.isCancellationRequested()) {
            throw new CancellationException("the sweep was cancelled at " + part + ", " + done + " of " + total);
        }
        listener.progress(new EvaluationProgress(part, done, total));
    }
}
