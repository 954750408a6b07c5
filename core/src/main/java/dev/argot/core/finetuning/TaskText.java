package dev.argot.core.finetuning;

import dev.argot.api.finetuning.FineTuningTask;

/** A task for a reader. Stateless. */
final class TaskText {
    private TaskText() {}

    /** What is learned. */
    static String of(FineTuningTask task) {
        return switch (task) {
            case FineTuningTask.Classification c ->
                switch (c.outputs()) {
                    case SINGLE_LABEL -> "classification, one of " + c.labels().size() + " classes";
                    case MULTI_LABEL -> "classification, any of " + c.labels().size() + " classes";
                    case REGRESSION ->
                        "regression, " + c.labels().size() + (c.labels().size() == 1 ? " number" : " numbers");
                };
            case FineTuningTask.Tagging t -> "tagging of words, " + t.labels().size() + " tags";
            case FineTuningTask.QuestionAnswering q -> "extractive question answering";
        };
    }

    /** What Hugging Face calls such a model's use ({@code pipeline_tag}). */
    static String pipeline(FineTuningTask task) {
        return switch (task) {
            case FineTuningTask.Classification c -> "text-classification";
            case FineTuningTask.Tagging t -> "token-classification";
            case FineTuningTask.QuestionAnswering q -> "question-answering";
        };
    }
}
