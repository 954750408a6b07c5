package dev.argot.api.evaluation;

import dev.argot.api.prompt.PromptSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is measured of a model.
 *
 * @param domain name of the domain whose tasks are measured; empty (default): none
 * @param taskNames names of tasks of that domain; empty (default): all that have items
 * @param tasks further tasks
 * @param shots numbers of exemplars in the prompts, ascending; where a task has fewer exemplars, as many as it has; default 0, 1 and 5
 * @param prompting how exemplars are chosen, prompts laid out and labels compared; default {@link PromptSettings#DEFAULT}
 * @param items the most items of each task; where there are more, so many are chosen at random; default 100
 * @param texts held-out texts
 * @param terms terms of a trade, of which the rare ones are hidden from an encoder; empty (default): the domain's vocabulary, if a domain
 *     is named
 * @param window how held-out texts are scored; its limit holds for each text, all documents together; default
 *     {@link Perplexity.Window#DEFAULT}
 * @param instructions whether the model is given a small set of plain instructions, to see whether it follows them; default false
 * @param seed seeds the choice of items and the confidence intervals; default 0
 */
public record EvaluationSpec(
        Optional<String> domain,
        List<String> taskNames,
        List<Task> tasks,
        List<Integer> shots,
        PromptSettings prompting,
        int items,
        List<HeldOutText> texts,
        List<String> terms,
        Perplexity.Window window,
        boolean instructions,
        long seed) {
    /**
     * Copies the lists; sorts the shots.
     *
     * @throws IllegalArgumentException if a number is negative, a name is there twice, tasks are named without a domain, or there is
     *     nothing to measure
     */
    public EvaluationSpec {
        taskNames = List.copyOf(taskNames);
        tasks = List.copyOf(tasks);
        texts = List.copyOf(texts);
        terms = List.copyOf(terms);
        shots = List.copyOf(new TreeSet<>(shots));
        if (!shots.isEmpty() && shots.get(0) < 0) {
            throw new IllegalArgumentException("shots must not be negative: " + shots);
        }
        if (items < 1) {
            throw new IllegalArgumentException("items must be at least 1: " + items);
        }
        if (domain.isEmpty() && !taskNames.isEmpty()) {
            throw new IllegalArgumentException("tasks are named " + taskNames + ", but no domain to look for them");
        }
        requireUnique("task", tasks.stream().map(Task::name).toList());
        requireUnique("task", taskNames);
        requireUnique("held-out text", texts.stream().map(HeldOutText::name).toList());
        if (domain.isEmpty() && tasks.isEmpty() && texts.isEmpty() && !instructions) {
            throw new IllegalArgumentException("an evaluation needs a domain, a task, a held-out text or instructions");
        }
        if (shots.isEmpty() && (domain.isPresent() || !tasks.isEmpty())) {
            throw new IllegalArgumentException("tasks need at least one number of shots, such as 0");
        }
    }

    private static void requireUnique(String what, List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new IllegalArgumentException("the " + what + " '" + name + "' is there twice");
            }
        }
    }

    /** Begins a spec with the defaults above. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects what is measured; see {@link EvaluationSpec} for meaning and defaults. Not thread-safe. */
    public static final class Builder {
        private Optional<String> domain = Optional.empty();
        private List<String> taskNames = List.of();
        private final List<Task> tasks = new ArrayList<>();
        private List<Integer> shots = List.of(0, 1, 5);
        private PromptSettings prompting = PromptSettings.DEFAULT;
        private int items = 100;
        private final List<HeldOutText> texts = new ArrayList<>();
        private List<String> terms = List.of();
        private Perplexity.Window window = Perplexity.Window.DEFAULT;
        private boolean instructions;
        private long seed;

        private Builder() {}

        /**
         * Measures tasks of a domain.
         *
         * @param name the domain's name, such as {@code "legal"}
         * @param taskNames names of its tasks; none: all of them
         */
        public Builder domain(String name, String... taskNames) {
            this.domain = Optional.of(name);
            this.taskNames = List.of(taskNames);
            return this;
        }

        /**
         * Measures a task.
         *
         * @param task the task
         */
        public Builder task(Task task) {
            tasks.add(task);
            return this;
        }

        /**
         * Sets the numbers of exemplars.
         *
         * @param shots numbers of exemplars in the prompts
         */
        public Builder shots(int... shots) {
            this.shots = Arrays.stream(shots).boxed().toList();
            return this;
        }

        /**
         * Sets how tasks are put to the model.
         *
         * @param prompting how exemplars are chosen, prompts laid out and labels compared
         */
        public Builder prompting(PromptSettings prompting) {
            this.prompting = prompting;
            return this;
        }

        /**
         * Sets the most items of each task.
         *
         * @param items at least 1; {@link Integer#MAX_VALUE} for all
         */
        public Builder items(int items) {
            this.items = items;
            return this;
        }

        /**
         * Measures how well a text is predicted.
         *
         * @param text the text
         */
        public Builder text(HeldOutText text) {
            texts.add(text);
            return this;
        }

        /**
         * Sets terms of a trade: an encoder is asked for the rare ones in texts of the domain.
         *
         * @param terms the terms; default: the vocabulary of the domain, if one is named
         */
        public Builder terms(List<String> terms) {
            this.terms = List.copyOf(terms);
            return this;
        }

        /**
         * Sets how held-out texts are scored.
         *
         * @param window window and stride; its limit holds for each text
         */
        public Builder window(Perplexity.Window window) {
            this.window = window;
            return this;
        }

        /**
         * Sets whether the model is given plain instructions.
         *
         * @param instructions whether it is
         */
        public Builder instructions(boolean instructions) {
            this.instructions = instructions;
            return this;
        }

        /**
         * Sets the seed.
         *
         * @param seed seeds the choice of items and the confidence intervals
         */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * The spec.
         *
         * @throws IllegalArgumentException as the constructor
         */
        public EvaluationSpec build() {
            return new EvaluationSpec(
                    domain, taskNames, tasks, shots, prompting, items, texts, terms, window, instructions, seed);
        }
    }
}
