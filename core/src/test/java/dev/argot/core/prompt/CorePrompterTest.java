package dev.argot.core.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.Constraint;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.TextAnswer;
import dev.argot.core.evaluation.ScriptedModel;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CorePrompterTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.of("Q: {{q}}\nA: {{answer}}");
    private static final Map<String, String> SKY = Map.of("q", "sky");

    private final ScriptedModel model = new ScriptedModel(
            2000, new Turns(true), (prompt, option) -> -option.length(), prompt -> " blue\n\nQ: more");

    private Decoding decodingOf(PromptSpec.Builder spec) {
        try (var prompter = Prompters.of(model, spec.build())) {
            prompter.answer(SKY);
        }
        return model.decodings().getLast();
    }

    private static PromptSpec.Builder spec(AnswerFormat format) {
        return PromptSpec.builder(TEMPLATE).format(format);
    }

    @Test
    void answer_text_endsAtTheEndOfTheLine() {
        try (var prompter = Prompters.of(model, spec(new AnswerFormat.Text(20)).build())) {
            TextAnswer answer = prompter.answer(SKY);
            assertThat(answer.text()).isEqualTo("blue");
            assertThat(answer.prompt().text()).isEqualTo("Q: sky\nA:");
            assertThat(model.prompts()).containsExactly("Q: sky\nA:");
        }
        assertThat(model.decodings().getLast())
                .isEqualTo(Decoding.builder().maxTokens(20).stopStrings("\n").build());
    }

    @Test
    void answer_passage_endsAtAnEmptyLineOrInAChatWithTheTurn() {
        assertThat(decodingOf(spec(new AnswerFormat.Passage(30))).stopStrings()).containsExactly("\n\n");
        Decoding chat = decodingOf(
                spec(new AnswerFormat.Passage(30)).settings(PromptSettings.DEFAULT.withLayout(PromptLayout.TURNS)));
        assertThat(chat.stopStrings()).isEmpty();
        assertThat(chat.stopIds()).containsExactly(Turns.END);
        assertThat(chat.maxTokens()).isEqualTo(30);
        assertThat(model.prompts().getLast()).isEqualTo("{user:Q: sky\nA:}\n{assistant:");
    }

    @Test
    void answer_labels_areHeldToThem() {
        var labels = List.of("red", "blue");
        assertThat(decodingOf(spec(new AnswerFormat.Choice(labels))).constraint())
                .contains(new Constraint.Choices(List.of(" red", " blue")));
        assertThat(decodingOf(spec(new AnswerFormat.Choice(labels))
                                .settings(PromptSettings.DEFAULT.withLayout(PromptLayout.MESSAGE)))
                        .constraint())
                .contains(new Constraint.Choices(labels));
        assertThat(decodingOf(spec(new AnswerFormat.Several(List.of("a+b", "c"), "; ")))
                        .constraint())
                .contains(new Constraint.Regex(" (a\\+b|c)(; (a\\+b|c)){0,1}\\n{0,2}"));
    }

    @Test
    void answer_labelsWhereOneBeginsAnother_mayEndWithTheLine() {
        Decoding decoding = decodingOf(spec(new AnswerFormat.Choice(List.of("tax", "tax law"))));
        assertThat(decoding.constraint())
                .contains(new Constraint.Choices(
                        List.of(" tax", " tax law", " tax\n", " tax law\n", " tax\n\n", " tax law\n\n")));
        assertThat(decoding.stopStrings()).containsExactly("\n");
        assertThat(decodingOf(spec(new AnswerFormat.Choice(List.of("tax", "tax law")))
                                .settings(PromptSettings.DEFAULT.withLayout(PromptLayout.MESSAGE)))
                        .stopStrings())
                .isEmpty();
    }

    @Test
    void answer_labels_areWrittenAsAWholeHoweverTheyAreSpelt() {
        var few = Decoding.builder().maxTokens(2).build();
        assertThat(decodingOf(spec(new AnswerFormat.Choice(List.of("red", "grün")))
                                .decoding(few))
                        .maxTokens())
                .isEqualTo(6); // bytes of " grün"
        assertThat(decodingOf(spec(new AnswerFormat.Several(List.of("red", "grün")))
                                .decoding(few))
                        .maxTokens())
                .isEqualTo(13); // bytes of " red, grün", and two for its end
        assertThat(decodingOf(spec(new AnswerFormat.Choice(List.of())).decoding(few))
                        .maxTokens())
                .isEqualTo(2);
    }

    @Test
    void answer_several_hasEachLabelOnce() {
        var again = new ScriptedModel(2000, (prompt, option) -> 0, prompt -> " bc, a, bc, a");
        try (var prompter = Prompters.of(
                again, spec(new AnswerFormat.Several(List.of("a", "bc"))).build())) {
            assertThat(prompter.answer(SKY).text()).isEqualTo("bc, a");
        }
    }

    @Test
    void answer_json_isHeldToTheSchema() {
        Decoding decoding = decodingOf(spec(new AnswerFormat.Json("{\"type\":\"integer\"}", 9)));
        assertThat(decoding.constraint()).contains(new Constraint.JsonSchema("{\"type\":\"integer\"}"));
        assertThat(decoding.maxTokens()).isEqualTo(9);
    }

    @Test
    void answer_withDecoding_keepsItAndEndsAsTheFormatSays() {
        Decoding decoding = decodingOf(spec(new AnswerFormat.Text(20))
                .decoding(Decoding.builder()
                        .maxTokens(50)
                        .temperature(0.5)
                        .seed(3)
                        .stopStrings("!")
                        .build()));
        assertThat(decoding)
                .isEqualTo(Decoding.builder()
                        .maxTokens(20)
                        .temperature(0.5)
                        .seed(3)
                        .stopStrings("\n", "!")
                        .build());
    }

    @Test
    void answerAll_isOneBatchInOrder() {
        var counting =
                new ScriptedModel(2000, (prompt, option) -> 0, prompt -> prompt.contains("sky") ? "blue" : "red");
        try (var prompter =
                Prompters.of(counting, spec(new AnswerFormat.Text(20)).build())) {
            assertThat(prompter.answerAll(List.of(Map.of("q", "rose"), SKY, Map.of("q", "mars"))))
                    .extracting(TextAnswer::text)
                    .containsExactly("red", "blue", "red");
        }
    }

    @Test
    void answer_itemThatIsAnExemplar_isNotShownItsAnswer() {
        PromptSpec spec = PromptSpec.builder(TEMPLATE)
                .exemplars(List.of(new Example("1", SKY, "blue"), new Example("2", Map.of("q", "rose"), "red")))
                .build();
        try (var prompter = Prompters.of(model, spec)) {
            assertThat(prompter.render(SKY).exemplars()).extracting(Example::id).containsExactly("2");
        }
    }

    /**
     * What is known of a thing.
     *
     * @param colour its colour
     * @param count how many there are
     */
    public record Thing(String colour, int count) {}

    @Test
    void extract_cutAnswer_isRefused() {
        var cut = new ScriptedModel(2000, (prompt, option) -> 0, prompt -> "{\"colour\":\"blue\",\"cou");
        try (var prompter =
                Prompters.of(cut, spec(new AnswerFormat.Json("{}", 7)).build())) {
            assertThatThrownBy(() -> prompter.extract(SKY, Thing.class))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContainingAll("cut", "Thing");
        }
        assertThat(cut.decodings().getLast().maxTokens()).isEqualTo(7);
        assertThat(cut.decodings().getLast().constraint()).contains(Constraint.JsonSchema.of(Thing.class));
    }

    @Test
    void all_itemThatDoesNotFit_isNamed() {
        var narrow = new ScriptedModel(60, (prompt, label) -> -1, prompt -> " blue");
        List<Map<String, String>> items = List.of(SKY, SKY, Map.of("q", "long ".repeat(12)));
        try (var prompter = Prompters.of(narrow, spec(new AnswerFormat.Text(3)).build())) {
            assertThatThrownBy(() -> prompter.answerAll(items))
                    .isInstanceOfSatisfying(ContextLengthException.class, e -> {
                        assertThat(e.item()).hasValue(2);
                        assertThat(e).hasMessageStartingWith("Item 2 of those given, counted from 0: The prompt has ");
                    });
            assertThatThrownBy(() -> prompter.chooseAll(items, Collections.nCopies(3, List.of("x", "y"))))
                    .isInstanceOfSatisfying(ContextLengthException.class, e -> assertThat(e.item())
                            .hasValue(2));
            assertThatThrownBy(() -> prompter.choose(items.get(2), List.of("x", "y")))
                    .isInstanceOfSatisfying(ContextLengthException.class, e -> assertThat(e.item())
                            .isEmpty());
        }
        assertThat(narrow.batches()).isEmpty();
    }

    @Test
    void choose_formatWithoutLabels_isRefused() {
        try (var prompter = Prompters.of(model, spec(new AnswerFormat.Text(9)).build())) {
            assertThatThrownBy(() -> prompter.choose(SKY)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> prompter.chooseAll(List.of(SKY))).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> prompter.chooseSeveral(SKY)).isInstanceOf(IllegalStateException.class);
            assertThat(prompter.choose(SKY, List.of("blueish", "red")).best()).isEqualTo("red");
        }
    }
}
