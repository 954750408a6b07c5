package dev.argot.api.prompt;

import java.util.List;

/**
 * The labels a model finds right.
 *
 * @param labels those chosen, in the order chosen; at least one. A probability is the share among the labels that were left to choose
 *     from; a log-probability is that of the separator, where one stands before it, and the label behind those chosen before
 * @param prompt what was asked
 */
public record SeveralAnswer(List<ChoiceAnswer.Ranked> labels, RenderedPrompt prompt) {
    /** Copies the list. */
    public SeveralAnswer {
        labels = List.copyOf(labels);
    }
}
