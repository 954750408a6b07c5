package dev.argot.api.prompt;

import java.util.List;

/**
 * Labels ranked by how likely a model finds them as the answer.
 *
 * @param ranked most probable first; at least one
 * @param prompt what was asked
 */
public record ChoiceAnswer(List<Ranked> ranked, RenderedPrompt prompt) {
    /** Copies the list. */
    public ChoiceAnswer {
        ranked = List.copyOf(ranked);
    }

    /** The most probable label. */
    public String best() {
        return ranked.get(0).label();
    }

    /**
     * A label.
     *
     * @param label the label
     * @param probability its share among the labels, under the {@link LabelScoring}; 0 to 1, all labels' sum to 1
     * @param logProbability natural log-probability of the whole label after the prompt, not normalised, over all texts there could be
     * @param tokens tokens scored
     */
    public record Ranked(String label, double probability, double logProbability, int tokens) {}
}
