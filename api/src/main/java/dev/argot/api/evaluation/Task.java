package dev.argot.api.evaluation;

import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Something a model is asked to do: how the prompt is laid out, exemplars to show, items to learn from, and labelled items to measure how
 * well it does it. No two of the examples have an id in common.
 *
 * @param name short, stable, lower-case, unique in its domain, such as {@code "title-classification"}: letters, digits and hyphens
 * @param title the name for a reader
 * @param answer what an answer looks like
 * @param template how the prompt is laid out; every example fills its slots and no others
 * @param exemplars shown in a prompt with their answers, the most typical first
 * @param training to learn from: the prompt is {@link PromptTemplate#render} without exemplars, the completion
 *     {@link PromptTemplate#completion}; empty where there are none
 * @param items to measure on; empty where there are none, and then there is nothing to measure
 * @param source id of the {@link dev.argot.api.DataSource} of the examples
 */
public record Task(
        String name,
        String title,
        AnswerFormat answer,
        PromptTemplate template,
        List<Example> exemplars,
        List<Example> training,
        List<Example> items,
        String source) {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

    /**
     * Copies the lists and checks that everything fits together.
     *
     * @throws IllegalArgumentException if the name has other characters, an id is there twice, an example does not fill the template's
     *     slots, or its answer is not among the labels; the message names the task and the example
     */
    public Task {
        exemplars = List.copyOf(exemplars);
        training = List.copyOf(training);
        items = List.copyOf(items);
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("name of a task: expected lower-case letters, digits and hyphens ("
                    + NAME + "), found '" + name + "'");
        }
        if (title.isBlank()) {
            throw new IllegalArgumentException("the task '" + name + "' has no title");
        }
        var ids = new HashSet<String>();
        for (Example example :
                Stream.of(exemplars, training, items).flatMap(List::stream).toList()) {
            String what = "task '" + name + "', example '" + example.id() + "': ";
            if (!ids.add(example.id())) {
                throw new IllegalArgumentException(what + "expected an id of its own, found it twice");
            }
            try {
                template.check(example.inputs());
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(what + e.getMessage(), e);
            }
            switch (answer) {
                case AnswerFormat.Choice(List<String> labels) -> {
                    if (labels.isEmpty() == example.distractors().isEmpty()) {
                        throw new IllegalArgumentException(what
                                + "expected either labels of the task or distractors of the example, found "
                                + (labels.isEmpty() ? "none" : "both"));
                    }
                    if (!labels.isEmpty() && !labels.contains(example.answer())) {
                        throw new IllegalArgumentException(
                                what + "expected one of the labels " + labels + ", found '" + example.answer() + "'");
                    }
                }
                case AnswerFormat.Several(List<String> labels, String separator) -> {
                    noDistractors(what, example);
                    for (String label : example.answer().split(Pattern.quote(separator), -1)) {
                        if (!labels.contains(label)) {
                            throw new IllegalArgumentException(
                                    what + "expected some of the labels " + labels + ", found '" + label + "'");
                        }
                    }
                }
                case AnswerFormat.Text ignored -> noDistractors(what, example);
                case AnswerFormat.Passage ignored -> noDistractors(what, example);
                case AnswerFormat.Json ignored -> noDistractors(what, example);
            }
        }
    }

    private static void noDistractors(String what, Example example) {
        if (!example.distractors().isEmpty()) {
            throw new IllegalArgumentException(what
                    + "expected no distractors, as the answer is written and not one of several; found "
                    + example.distractors());
        }
    }

    /**
     * A task without items to learn from.
     *
     * @param name short, stable, lower-case
     * @param title the name for a reader
     * @param answer what an answer looks like
     * @param template how the prompt is laid out
     * @param exemplars shown in a prompt with their answers
     * @param items to measure on
     * @param source id of the {@link dev.argot.api.DataSource} of the examples
     */
    public Task(
            String name,
            String title,
            AnswerFormat answer,
            PromptTemplate template,
            List<Example> exemplars,
            List<Example> items,
            String source) {
        this(name, title, answer, template, exemplars, List.of(), items, source);
    }

    /**
     * What can be chosen from for an item: the labels, in their order; or the item's answer and its distractors in alphabetical order,
     * so that their order tells nothing. Empty for free text.
     *
     * @param item an example of this task
     */
    public List<String> options(Example item) {
        return switch (answer) {
            case AnswerFormat.Choice(List<String> labels) ->
                labels.isEmpty()
                        ? Stream.concat(Stream.of(item.answer()), item.distractors().stream())
                                .sorted()
                                .toList()
                        : labels;
            case AnswerFormat.Several(List<String> labels, String ignored) -> labels;
            case AnswerFormat.Text ignored -> List.of();
            case AnswerFormat.Passage ignored -> List.of();
            case AnswerFormat.Json ignored -> List.of();
        };
    }
}
