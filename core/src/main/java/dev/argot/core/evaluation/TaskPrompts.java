package dev.argot.core.evaluation;

import dev.argot.api.CausalModel;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import java.util.List;
import java.util.Optional;

/** Lays out the prompts of a task so that they fit a model's context. Immutable, hence thread-safe. */
final class TaskPrompts {
    private final CausalModel model;
    private final Task task;
    private final List<Example> exemplars;

    TaskPrompts(CausalModel model, Task task, int shots) {
        this.model = model;
        this.task = task;
        this.exemplars =
                task.exemplars().subList(0, Math.min(shots, task.exemplars().size()));
    }

    /**
     * A prompt and what follows it.
     *
     * @param text the prompt
     * @param blanks stand between the prompt and the answer
     * @param dropped exemplars left out, first shown first
     */
    record TaskPrompt(String text, String blanks, int dropped) {}

    /**
     * The prompt of an item, with as many exemplars as fit.
     *
     * @param item the item
     * @return empty where it does not fit even without exemplars
     */
    Optional<TaskPrompt> prompt(Example item) {
        // A line break before the answer belongs to the prompt, since an answer ends at one.
        String gap = task.template().completion("");
        int lines = gap.lastIndexOf('\n') + 1;
        for (int dropped = 0; dropped <= exemplars.size(); dropped++) {
            String text = task.template().render(exemplars.subList(dropped, exemplars.size()), item.inputs())
                    + gap.substring(0, lines);
            if (tokens(text) + room(item, gap) <= model.description().contextLength()) {
                return Optional.of(new TaskPrompt(text, gap.substring(lines), dropped));
            }
        }
        return Optional.empty();
    }

    /** Tokens the answer may need. */
    private int room(Example item, String gap) {
        return switch (task.answer()) {
            case AnswerFormat.Choice ignored ->
                task.options(item).stream()
                        .mapToInt(option -> tokens(gap + option))
                        .max()
                        .orElse(0);
            case AnswerFormat.Several ignored -> tokens(gap + String.join(", ", task.options(item)));
            case AnswerFormat.Text(int maxTokens) -> maxTokens;
            case AnswerFormat.Passage(int maxTokens) -> maxTokens;
            case AnswerFormat.Json(String ignored, int maxTokens) -> maxTokens;
        };
    }

    private int tokens(String text) {
        return model.tokenizer().encode(text).size();
    }
}
