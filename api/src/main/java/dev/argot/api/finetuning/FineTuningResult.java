package dev.argot.api.finetuning;

import java.nio.file.Path;

/**
 * What a fine-tuning came to.
 *
 * @param folder the model: {@link dev.argot.api.Argot#load} takes it by the task's kind
 * @param report what was done and measured
 */
public record FineTuningResult(Path folder, FineTuningReport report) {}
