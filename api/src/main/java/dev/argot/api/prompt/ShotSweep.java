package dev.argot.api.prompt;

import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import java.util.List;
import java.util.Map;

/**
 * How many exemplars a task wants: what was measured.
 *
 * @param model name of the model
 * @param task name of the task
 * @param title title of the task
 * @param metric what the sweep goes by: the first of the task's metrics
 * @param points ascending by shots
 * @param best the smallest number of shots whose value no larger number exceeds beyond its confidence interval
 * @param stopped why it ended where it did, for a reader
 */
public record ShotSweep(
        String model, String task, String title, Metric metric, List<Point> points, int best, String stopped) {
    /** Copies the list. */
    public ShotSweep {
        points = List.copyOf(points);
    }

    /**
     * What was measured with a number of exemplars.
     *
     * @param shots the number
     * @param scores all metrics over the items of all repeats, with bootstrap confidence intervals
     * @param repeats the metric of each repeat
     * @param dropped exemplars left out for want of room, summed over items and repeats
     */
    public record Point(int shots, Map<Metric, Estimate> scores, List<Double> repeats, int dropped) {
        /** Copies the collections. */
        public Point {
            scores = Map.copyOf(scores);
            repeats = List.copyOf(repeats);
        }
    }
}
