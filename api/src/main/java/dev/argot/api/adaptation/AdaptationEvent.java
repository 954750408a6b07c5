package dev.argot.api.adaptation;

import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.api.evaluation.Metric;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What happens in the course of an adaptation or a fine-tuning, told on the thread that runs it, in order. */
public sealed interface AdaptationEvent {
    /**
     * A phase begins.
     *
     * @param phase which one
     * @param detail for a reader, such as what is loaded; may be empty
     */
    record Phase(Name phase, String detail) implements AdaptationEvent {
        /** The phases, in their order. */
        public enum Name {
            /** The model is loaded. */
            LOAD,
            /** The corpus is read and curated. */
            CURATE,
            /** The texts are turned into tokens, the vocabulary extended if asked for. */
            TOKENIZE,
            /** The model is measured as it was. */
            EVALUATE_BEFORE,
            /** The steps. */
            TRAIN,
            /** The adapted model is measured. */
            EVALUATE_AFTER,
            /** The bundle is written. */
            SAVE
        }
    }

    /**
     * The plan, before anything is trained.
     *
     * @param plan what will be done, and what it takes
     */
    record Planned(AdaptationPlan plan) implements AdaptationEvent {}

    /**
     * A step was done.
     *
     * @param step its number, from 1
     * @param steps steps in all
     * @param loss mean cross entropy in nats over the tokens scored
     * @param tokens tokens trained on since the beginning, this step included
     * @param learningRate of this step
     * @param gradientNorm before clipping
     * @param applied false: the weights were left alone, since loss or gradient was not finite or too large
     * @param tokensPerSecond in this step
     * @param memoryBytes resident memory of the process now; 0 where unknown
     * @param remaining estimated time to the last step
     */
    record Step(
            long step,
            long steps,
            double loss,
            long tokens,
            double learningRate,
            double gradientNorm,
            boolean applied,
            double tokensPerSecond,
            long memoryBytes,
            Duration remaining)
            implements AdaptationEvent {}

    /**
     * Held-out text was measured.
     *
     * @param step after this step; 0: before the first
     * @param text {@code "domain"} or {@code "general"}
     * @param score what came out
     */
    record HeldOut(long step, String text, HeldOutScore score) implements AdaptationEvent {}

    /**
     * Validation items were measured after an epoch of fine-tuning.
     *
     * @param epoch number of the epoch, from 1
     * @param step after this step
     * @param scores what was measured
     * @param best whether it is the best epoch so far
     */
    record Validated(int epoch, long step, Map<Metric, Estimate> scores, boolean best) implements AdaptationEvent {
        /** Copies the map, in the order of {@link Metric}. */
        public Validated {
            var ordered = new EnumMap<Metric, Estimate>(Metric.class);
            ordered.putAll(scores);
            scores = Collections.unmodifiableMap(ordered);
        }
    }

    /**
     * A checkpoint is safe on the disk.
     *
     * @param step after this step
     * @param folder where
     */
    record Checkpoint(long step, Path folder) implements AdaptationEvent {}

    /**
     * Training goes on from a checkpoint.
     *
     * @param step after this step
     * @param folder where it lies
     */
    record Resumed(long step, Path folder) implements AdaptationEvent {}

    /**
     * A step's loss or gradient was not finite or too large.
     *
     * @param step its number
     * @param loss its loss
     * @param gradientNorm its gradient norm
     * @param documents ids of the documents or items in its batch
     */
    record Anomaly(long step, double loss, double gradientNorm, List<String> documents) implements AdaptationEvent {
        /** Copies the list. */
        public Anomaly {
            documents = List.copyOf(documents);
        }
    }

    /**
     * Something a reader should know.
     *
     * @param text one sentence
     */
    record Notice(String text) implements AdaptationEvent {}
}
