package dev.argot.api.prompt;

import dev.argot.api.evaluation.Task;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * How many exemplars a task wants: what is measured.
 *
 * @param task the task, with items. Shown are its exemplars; where they are fewer than the largest number of shots, its training items too
 * @param shots numbers of exemplars, ascending; default 0, 1, 2, 4, 8, 16. Numbers above what there is to show are taken as all there is
 * @param repeats how often each number is measured, each time with other exemplars drawn at random: with the selection's seed, that seed plus 1, and
 *     so on; at least 1; default 3. Selections that are not random, and 0 shots, are measured once
 * @param items the most items; where the task has more, so many are chosen at random, as by {@link
 *     dev.argot.api.evaluation.EvaluationSpec}; default 50
 * @param patience the sweep stops once so many numbers of shots above the best so far brought no gain beyond the confidence interval; at least 1;
 *     default 2
 * @param settings how exemplars are chosen (default at random), prompts laid out and labels compared
 * @param seed seeds the choice of items and the confidence intervals; default 0
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

    /**
     * This sweep with other numbers of shots.
     *
     * @param shots numbers of exemplars
     */
    public ShotSweepSpec withShots(int... shots) {
        return new ShotSweepSpec(task, Arrays.stream(shots).boxed().toList(), repeats, items, patience, settings, seed);
    }

    /**
     * This sweep with another number of repeats.
     *
     * @param repeats how often each number is measured
     */
    public ShotSweepSpec withRepeats(int repeats) {
        return new ShotSweepSpec(task, shots, repeats, items, patience, settings, seed);
    }

    /**
     * This sweep with another number of items.
     *
     * @param items the most items
     */
    public ShotSweepSpec withItems(int items) {
        return new ShotSweepSpec(task, shots, repeats, items, patience, settings, seed);
    }

    /**
     * This sweep with another patience.
     *
     * @param patience numbers of shots without a gain until it stops
     */
    public ShotSweepSpec withPatience(int patience) {
        return new ShotSweepSpec(task, shots, repeats, items, patience, settings, seed);
    }

    /**
     * This sweep with other settings.
     *
     * @param settings how exemplars are chosen, prompts laid out and labels compared
     */
    public ShotSweepSpec withSettings(PromptSettings settings) {
        return new ShotSweepSpec(task, shots, repeats, items, patience, settings, seed);
    }

    /**
     * This sweep with another seed.
     *
     * @param seed seeds the choice of items and the confidence intervals
     */
    public ShotSweepSpec withSeed(long seed) {
        return new ShotSweepSpec(task, shots, repeats, items, patience, settings, seed);
    }
}
