package dev.argot.api.prompt;

import dev.argot.api.evaluation.Task;
import java.util.List;
import java.util.TreeSet;

/**
 * How many exemplars a task wants: what is measured.
 *
 * @param task the task, with items and exemplars
 * @param shots numbers of exemplars, ascending; default 0, 1, 2, 4, 8, 16, as far as the task has exemplars
 * @param repeats how often each number is measured, each time with other exemplars drawn at random; at least 1; default 3. Selections that are
 *     not random are measured once
 * @param items the most items; where the task has more, so many are chosen at random; default 50
 * @param patience after how many numbers of shots without a gain beyond the confidence interval the sweep stops; default 2
 * @param settings how exemplars are chosen (default at random), prompts laid out and labels compared
 * @param seed seeds draws and confidence intervals; default 0
 */
public record ShotSweepSpec(
        Task task, List<Integer> shots, int repeats, int items, int patience, PromptSettings settings, long seed) {
    /** Sorts the shots and checks the numbers. */
    public ShotSweepSpec {
        shots = List.copyOf(new TreeSet<>(shots));
        if (shots.isEmpty() || shots.get(0) < 0 || repeats < 1 || items < 1 || patience < 1) {
            throw new IllegalArgumentException(
                    "expected numbers of shots from 0 on, and repeats, items and patience of at least 1; found " + shots
                            + ", " + repeats + ", " + items + ", " + patience);
        }
        if (task.items().isEmpty()) {
            throw new IllegalArgumentException("the task '" + task.name() + "' has no items to measure on");
        }
    }

    /**
     * A sweep with the defaults above.
     *
     * @param task the task
     */
    public static ShotSweepSpec of(Task task) {
        return new ShotSweepSpec(
                task,
                List.of(0, 1, 2, 4, 8, 16),
                3,
                50,
                2,
                PromptSettings.DEFAULT.withSelection(new ExemplarSelection.Random(0)),
                0);
    }
}
