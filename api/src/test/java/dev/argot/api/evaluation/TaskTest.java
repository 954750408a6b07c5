package dev.argot.api.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptTemplate;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TaskTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.of("{{text}} is a {{answer}}");

    @Test
    void options_ofLabels_areTheLabels() {
        Task task = task(new AnswerFormat.Choice(List.of("sail", "rope")), example("1", "jib", "sail"));
        assertThat(task.options(task.items().getFirst())).containsExactly("sail", "rope");
    }

    @Test
    void options_ofAnItemWithDistractors_areSorted() {
        var item = new Example("1", Map.of("text", "jib"), "sail", List.of("rope", "spar", "anchor"));
        assertThat(task(new AnswerFormat.Choice(List.of()), item).options(item))
                .containsExactly("anchor", "rope", "sail", "spar");
    }

    @Test
    void options_ofFreeText_areNone() {
        Task task = task(new AnswerFormat.Text(8), example("1", "jib", "sail"));
        assertThat(task.options(task.items().getFirst())).isEmpty();
    }

    @Test
    void task_whoseExamplesDoNotFit_isRefusedByName() {
        var labels = new AnswerFormat.Choice(List.of("sail", "rope"));
        assertRefused(
                labels, "example '1'.*one of the labels \\[sail, rope\\], found 'spar'", example("1", "boom", "spar"));
        assertRefused(
                labels, "example '1'.*found it twice", example("1", "jib", "sail"), example("1", "sheet", "rope"));
        assertRefused(
                labels,
                "example '1'.*slots \\[text\\], found inputs for \\[word\\]",
                new Example("1", Map.of("word", "jib"), "sail"));
        assertRefused(labels, "found both", new Example("1", Map.of("text", "jib"), "sail", List.of("rope")));
        assertRefused(new AnswerFormat.Choice(List.of()), "found none", example("1", "jib", "sail"));
        assertRefused(
                new AnswerFormat.Text(8),
                "expected no distractors",
                new Example("1", Map.of("text", "jib"), "sail", List.of("rope")));
    }

    @Test
    void task_withUnfitName_isRefused() {
        assertThatThrownBy(
                        () -> new Task("A b", "Title", new AnswerFormat.Text(1), TEMPLATE, List.of(), List.of(), "own"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'A b'");
    }

    @Test
    void example_whoseDistractorIsTheAnswer_isRefused() {
        assertThatThrownBy(() -> new Example("1", Map.of(), "sail", List.of("sail")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("example '1'");
    }

    private static void assertRefused(AnswerFormat answer, String message, Example... items) {
        assertThatThrownBy(() -> task(answer, items))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("task 'kinds'")
                .message()
                .containsPattern(message);
    }

    private static Task task(AnswerFormat answer, Example... items) {
        return new Task("kinds", "Kinds", answer, TEMPLATE, List.of(), List.of(items), "own");
    }

    private static Example example(String id, String text, String answer) {
        return new Example(id, Map.of("text", text), answer);
    }
}
