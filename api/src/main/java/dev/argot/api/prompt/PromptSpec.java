package dev.argot.api.prompt;

import dev.argot.api.Decoding;
import dev.argot.api.evaluation.Task;
import dev.argot.api.retrieval.Retriever;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a {@link Prompter} asks: a template, the format of the answer, exemplars and how they are used. Immutable.
 *
 * @param template how a prompt is laid out
 * @param format what an answer looks like
 * @param exemplars what can be shown, all with the template's slots
 * @param shots how many are shown: 0 for zero-shot, 1 for one-shot, k for few-shot; where there are fewer, these; default all of them
 * @param settings how they are chosen, prompts laid out and labels compared
 * @param decoding how free text is written; empty: greedily, as far as the format says
 * @param retrieval passages shown with each item; empty: none
 * @param tenant on whose behalf is asked: key/value memory of a prompt's beginning is shared between prompts of the same tenant and never with
 *     others; default {@code ""}
 */
public record PromptSpec(
        PromptTemplate template,
        AnswerFormat format,
        List<Example> exemplars,
        int shots,
        PromptSettings settings,
        Optional<Decoding> decoding,
        Optional<Retrieval> retrieval,
        String tenant) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if shots is negative, or an exemplar does not fill the template's slots; the message names it
     */
    public PromptSpec {
        exemplars = List.copyOf(exemplars);
        if (shots < 0) {
            throw new IllegalArgumentException("shots must not be negative: " + shots);
        }
        for (Example exemplar : exemplars) {
            try {
                template.check(exemplar.inputs());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("exemplar '" + exemplar.id() + "': " + e.getMessage(), e);
            }
        }
    }

    /**
     * Passages shown with each item. The template says where: in its slot <code>{{passages}}</code>, which is not among those to fill.
     *
     * @param retriever finds them; not closed here
     * @param count how many; at least 1
     */
    public record Retrieval(Retriever retriever, int count) {
        /** Checks the number. */
        public Retrieval {
            if (count < 1) {
                throw new IllegalArgumentException("the number of passages must be at least 1: " + count);
            }
        }
    }

    /**
     * Begins a spec.
     *
     * @param template how a prompt is laid out
     */
    public static Builder builder(PromptTemplate template) {
        return new Builder(template);
    }

    /**
     * Begins a spec with the template, the answer's format and the exemplars of a task.
     *
     * @param task the task
     */
    public static Builder builder(Task task) {
        return new Builder(task.template()).format(task.answer()).exemplars(task.exemplars());
    }

    /** Collects what is asked; see {@link PromptSpec} for meaning and defaults. Not thread-safe. */
    public static final class Builder {
        private final PromptTemplate template;
        private AnswerFormat format = new AnswerFormat.Text(128);
        private final List<Example> exemplars = new ArrayList<>();
        private int shots = -1;
        private PromptSettings settings = PromptSettings.DEFAULT;
        private Optional<Decoding> decoding = Optional.empty();
        private Optional<Retrieval> retrieval = Optional.empty();
        private String tenant = "";

        private Builder(PromptTemplate template) {
            this.template = template;
        }

        /**
         * Sets what an answer looks like; default one line of at most 128 tokens.
         *
         * @param format the format
         */
        public Builder format(AnswerFormat format) {
            this.format = format;
            return this;
        }

        /**
         * Sets labels to choose from.
         *
         * @param labels what an answer is one of
         */
        public Builder labels(String... labels) {
            return format(new AnswerFormat.Choice(List.of(labels)));
        }

        /**
         * Adds an exemplar.
         *
         * @param answer the right answer
         * @param slotsAndValues slots and what fills them, in turn: {@code "message", "Where is my card?"}
         */
        public Builder exemplar(String answer, String... slotsAndValues) {
            if (slotsAndValues.length % 2 != 0) {
                throw new IllegalArgumentException(
                        "expected slots and values in turn, found " + List.of(slotsAndValues));
            }
            Map<String, String> inputs = new LinkedHashMap<>();
            for (int i = 0; i < slotsAndValues.length; i += 2) {
                inputs.put(slotsAndValues[i], slotsAndValues[i + 1]);
            }
            exemplars.add(new Example("exemplar-" + (exemplars.size() + 1), inputs, answer));
            return this;
        }

        /**
         * Adds exemplars.
         *
         * @param examples what can be shown
         */
        public Builder exemplars(List<Example> examples) {
            exemplars.addAll(examples);
            return this;
        }

        /**
         * Sets how many exemplars are shown.
         *
         * @param shots 0 for zero-shot; default all there are
         */
        public Builder shots(int shots) {
            if (shots < 0) {
                throw new IllegalArgumentException("shots must not be negative: " + shots);
            }
            this.shots = shots;
            return this;
        }

        /**
         * Sets how exemplars are chosen, prompts laid out and labels compared.
         *
         * @param settings the settings
         */
        public Builder settings(PromptSettings settings) {
            this.settings = settings;
            return this;
        }

        /**
         * Sets how free text is written. A constraint of the format goes before one of the decoding.
         *
         * @param decoding sampling, length, stops
         */
        public Builder decoding(Decoding decoding) {
            this.decoding = Optional.of(decoding);
            return this;
        }

        /**
         * Shows retrieved passages with each item.
         *
         * @param retriever finds them; not closed here
         * @param count how many
         */
        public Builder retrieval(Retriever retriever, int count) {
            this.retrieval = Optional.of(new Retrieval(retriever, count));
            return this;
        }

        /**
         * Sets on whose behalf is asked.
         *
         * @param tenant any name
         */
        public Builder tenant(String tenant) {
            this.tenant = tenant;
            return this;
        }

        /**
         * The spec.
         *
         * @throws IllegalArgumentException as the constructor
         */
        public PromptSpec build() {
            return new PromptSpec(
                    template,
                    format,
                    exemplars,
                    shots < 0 ? exemplars.size() : shots,
                    settings,
                    decoding,
                    retrieval,
                    tenant);
        }
    }
}
