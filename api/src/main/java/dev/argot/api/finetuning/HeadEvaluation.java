package dev.argot.api.finetuning;

import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How well a task head does on labelled items.
 *
 * @param model the model's name
 * @param engine the engine that ran it, with device and precision
 * @param scores what was measured
 * @param classes by class, or by type of entity; empty for numbers and answers
 * @param items the items with what the model made of them
 */
public record HeadEvaluation(
        String model,
        String engine,
        Map<Metric, Estimate> scores,
        List<ClassResult> classes,
        List<ItemResult> items) {
    /** Copies the collections; the scores come in the order of {@link Metric}. */
    public HeadEvaluation {
        var ordered = new EnumMap<Metric, Estimate>(Metric.class);
        ordered.putAll(scores);
        scores = Collections.unmodifiableMap(ordered);
        classes = List.copyOf(classes);
        items = List.copyOf(items);
    }

    /**
     * How well one class, or one type of entity, is found.
     *
     * @param label its name
     * @param precision the share of those found that are right; 0 where none was found
     * @param recall the share of those there are that were found; 0 where there are none
     * @param f1 the harmonic mean of both, with its interval
     * @param support how many there are
     */
    public record ClassResult(String label, double precision, double recall, Estimate f1, int support) {}

    /**
     * An item and what the model made of it.
     *
     * @param id the item's id
     * @param expected the right classes, one tag for each word, right answers (any of them), or numbers in decimals
     * @param answer the model's
     */
    public record ItemResult(String id, List<String> expected, List<String> answer) {
        /** Copies the lists. */
        public ItemResult {
            expected = List.copyOf(expected);
            answer = List.copyOf(answer);
        }
    }
}
