package dev.argot.api.prompt;

import java.util.Map;

/**
 * An item with its answer: shown to a model as an exemplar, or put to it as a question.
 *
 * @param id unique in its task
 * @param inputs what fills the slots of the task's template
 * @param answer the right answer
 */
public record Example(String id, Map<String, String> inputs, String answer) {
    /** Copies the map. */
    public Example {
        inputs = Map.copyOf(inputs);
    }
}
