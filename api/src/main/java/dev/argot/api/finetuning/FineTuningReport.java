package dev.argot.api.finetuning;

import dev.argot.api.adaptation.AdaptationReport.Environment;
import dev.argot.api.adaptation.AdaptationReport.Licence;
import dev.argot.api.adaptation.AdaptationReport.TrainingPoint;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a fine-tuning did and what came of it.
 *
 * @param model the model it began with
 * @param task for a reader, such as {@code "classification, 12 classes"}
 * @param method which weights were trained, for a reader
 * @param environment software and machine
 * @param finished when
 * @param elapsed from loading to the report
 * @param training points of the training curve
 * @param epochs each epoch, in order
 * @param bestEpoch number of the epoch that was kept, from 1
 * @param validation what the kept epoch does on validation items; empty where there are none
 * @param test what it does on test items; empty where there are none
 * @param configuration every setting that has a bearing on the result
 * @param licences of the model and, where named, the data
 */
public record FineTuningReport(
        String model,
        String task,
        String method,
        Environment environment,
        Instant finished,
        Duration elapsed,
        List<TrainingPoint> training,
        List<Epoch> epochs,
        int bestEpoch,
        Optional<HeadEvaluation> validation,
        Optional<HeadEvaluation> test,
        Map<String, String> configuration,
        List<Licence> licences) {
    /** Copies the collections. */
    public FineTuningReport {
        training = List.copyOf(training);
        epochs = List.copyOf(epochs);
        configuration = Collections.unmodifiableMap(new LinkedHashMap<>(configuration));
        licences = List.copyOf(licences);
    }

    /**
     * One pass through the training items.
     *
     * @param number from 1
     * @param steps steps since the beginning
     * @param loss mean training loss of the epoch: nats, or squared error for regression
     * @param validation what was measured on validation items after it; empty without these
     */
    public record Epoch(int number, long steps, double loss, Map<Metric, Estimate> validation) {
        /** Copies the map, in the order of {@link Metric}. */
        public Epoch {
            var ordered = new EnumMap<Metric, Estimate>(Metric.class);
            ordered.putAll(validation);
            validation = Collections.unmodifiableMap(ordered);
        }
    }
}
