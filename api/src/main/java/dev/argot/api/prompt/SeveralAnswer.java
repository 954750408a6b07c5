package dev.argot.api.prompt;

import java.util.List;

/**
 * The labels a model finds right.
 *
 * @param labels those chosen, in the order chosen; may be empty only where the template's exemplars have empty answers
 * @param prompt what was asked
 */
public record SeveralAnswer(List<ChoiceAnswer.Ranked> labels, RenderedPrompt prompt) {
    /** Copies the list. */
    public SeveralAnswer {
        labels = List.copyOf(labels);
    }
}
