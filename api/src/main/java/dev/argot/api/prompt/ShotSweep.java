package dev.argot.api.prompt;

import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How many exemplars a task wants: what was measured.
 *
 * @param model name of the model
 * @param engine what it ran on
 * @param task name of the task
 * @param title title of the task
 * @param metric what the sweep goes by: the first of the task's metrics
 * @param items items measured, the same for every number of shots
 * @param points ascending by shots; at least one
 * @param best the smallest number of shots that no larger one measured beats: of none the confidence interval of the difference, by the paired
 *     bootstrap over items, lies wholly above zero
 * @param stopped why it ended where it did, for a reader
 * @param seed seeded the choice of items and the confidence intervals
 */
public record ShotSweep(
        String model,
        String engine,
        String task,
        String title,
        Metric metric,
        int items,
        List<Point> points,
        int best,
        String stopped,
        long seed) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if the best number is not among the points, or a point lacks the metric
     */
    public ShotSweep {
        points = List.copyOf(points);
        int wanted = best;
        Metric by = metric;
        if (points.stream().noneMatch(point -> point.shots() == wanted)
                || points.stream().anyMatch(point -> !point.scores().containsKey(by))) {
            throw new IllegalArgumentException("expected the best number of shots, " + best
                    + ", among the points, and the metric " + metric + " in each; found " + points);
        }
    }

    /** What was measured at {@link #best}. */
    public Point bestPoint() {
        return points.stream()
                .filter(point -> point.shots() == best)
                .findFirst()
                .orElseThrow();
    }

    /**
     * What was measured with a number of exemplars.
     *
     * @param shots the number
     * @param scores all metrics over the items of all repeats, with bootstrap confidence intervals over items, each resampled with its answers of all repeats
     * @param difference the sweep's metric less that at {@link ShotSweep#best}, by the paired bootstrap over items
     * @param repeats the metric of each repeat; one without exemplars, or where the selection is not random
     * @param dropped exemplars left out for want of room, summed over items and repeats
     * @param unanswered prompts that did not fit the context even so, which count as wrong answers, summed over repeats
     */
    public record Point(
            int shots,
            Map<Metric, Estimate> scores,
            Estimate difference,
            List<Double> repeats,
            int dropped,
            int unanswered) {
        /** Copies the collections; the scores come in the order of {@link Metric}. */
        public Point {
            var ordered = new EnumMap<Metric, Estimate>(Metric.class);
            ordered.putAll(scores);
            scores = Collections.unmodifiableMap(ordered);
            repeats = List.copyOf(repeats);
        }
    }
}
