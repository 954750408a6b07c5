package dev.argot.api.evaluation;

/**
 * How far an evaluation is.
 *
 * @param part what is being measured, for a reader, such as {@code "title-classification, 5 shots"}
 * @param done documents, items or instructions done in this part
 * @param total documents, items or instructions of this part
 */
public record EvaluationProgress(String part, int done, int total) {}
