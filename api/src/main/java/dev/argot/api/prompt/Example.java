package dev.argot.api.prompt;

import java.util.HashSet;
import java.util.List;
import java.util.Map;

/**
 * An item with its answer: shown to a model as an exemplar, learned from, or put to it as a question.
 *
 * @param id unique in its task
 * @param inputs what fills the slots of the task's template
 * @param answer the right answer
 * @param distractors wrong answers to choose from; empty where the task has labels or wants free text
 */
public record Example(String id, Map<String, String> inputs, String answer, List<String> distractors) {
    /**
     * Copies the collections.
     *
     * @throws IllegalArgumentException if the id or the answer is blank, or the answer and the distractors do not all differ
     */
    public Example {
        inputs = Map.copyOf(inputs);
        distractors = List.copyOf(distractors);
        if (id.isBlank()) {
            throw new IllegalArgumentException("an example has no id");
        }
        if (answer.isBlank()) {
            throw new IllegalArgumentException("the example '" + id + "' has no answer");
        }
        if (distractors.contains(answer) || new HashSet<>(distractors).size() < distractors.size()) {
            throw new IllegalArgumentException(
                    "example '" + id + "': expected distractors that differ from each other and from '" + answer
                            + "', found " + distractors);
        }
    }

    /**
     * An example without distractors.
     *
     * @param id unique in its task
     * @param inputs what fills the slots of the task's template
     * @param answer the right answer
     */
    public Example(String id, Map<String, String> inputs, String answer) {
        this(id, inputs, answer, List.of());
    }
}
