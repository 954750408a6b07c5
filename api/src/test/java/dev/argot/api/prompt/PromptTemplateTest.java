package dev.argot.api.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromptTemplateTest {
    private final PromptTemplate template =
            PromptTemplate.builder("Sig: {{sig}}\nMeaning: {{answer}}")
                    .instruction("Expand the sig.")
                    .separator("\n--\n")
                    .build();

    @Test
    void render_withoutExemplars_endsWhereTheAnswerBegins() {
        assertThat(template.render(List.of(), Map.of("sig", "1 tab po")))
                .isEqualTo("Expand the sig.\n--\nSig: 1 tab po\nMeaning:");
    }

    @Test
    void render_withExemplars_showsThemInOrder() {
        var exemplars = List.of(example("1", "qd", "daily"), example("2", "hs", "at bedtime"));
        assertThat(template.render(exemplars, Map.of("sig", "bid")))
                .isEqualTo("Expand the sig.\n--\nSig: qd\nMeaning: daily\n--\nSig: hs\nMeaning: at bedtime\n--\n"
                        + "Sig: bid\nMeaning:");
    }

    @Test
    void render_ofInputsThatLookLikeSlots_leavesThemAlone() {
        assertThat(PromptTemplate.of("{{a}}{{b}}: {{answer}}")
                        .render(List.of(), Map.of("a", "{{b}}$1\\", "b", "{{answer}}")))
                .isEqualTo("{{b}}$1\\{{answer}}:");
    }

    @Test
    void completion_isWhatRenderedExemplarsHaveAfterThePrompt() {
        String prompt = template.render(List.of(), Map.of("sig", "qd"));
        assertThat(template
                        .render(List.of(example("1", "qd", "daily")), Map.of("sig", "bid")))
                .startsWith(prompt + template.completion("daily") + "\n--\n");
        assertThat(template.completion("daily")).isEqualTo(" daily");
        assertThat(PromptTemplate.of("{{text}}\n\n  {{answer}}").completion("x")).isEqualTo("  x");
        assertThat(PromptTemplate.of("{{text}}\n\n  {{answer}}").render(List.of(), Map.of("text", "a ")))
                .isEqualTo("a\n\n");
        assertThat(PromptTemplate.of("{{text}}={{answer}}").completion("x")).isEqualTo("x");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{{text}}", "{{answer}}\n", "{{answer}} {{answer}}"})
    void layout_withoutTheAnswerAtItsEnd_isRefused(String layout) {
        assertThatThrownBy(() -> PromptTemplate.of(layout))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("{{answer}}");
    }

    @Test
    void render_withMissingOrUnknownInputs_isRefused() {
        assertThatThrownBy(() -> template.render(List.of(), Map.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[sig]");
        assertThatThrownBy(() -> template.render(List.of(), Map.of("sig", "a", "text", "b")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("text");
    }

    private static Example example(String id, String sig, String answer) {
        return new Example(id, Map.of("sig", sig), answer);
    }

    @Test
    void itemsIn_ofRenderedExemplars_areTheirs() {
        PromptTemplate template = PromptTemplate.builder("Q ({{kind}}, {{n}}): {{text}}\n{{passages}}\nA: {{answer}}")
                .slot("kind", new SlotType.OneOf(List.of("a.b", "c|d")))
                .slot("n", new SlotType.Number())
                .build();
        var items = List.of(
                Map.of("kind", "a.b", "n", "-2.5", "text", "two\nlines $1 \\E"),
                Map.of("kind", "c|d", "n", "7", "text", "\ue000 (x): y"));
        String rendered = template.render(
                List.of(new Example("1", items.get(0), "x"), new Example("2", items.get(1), "y\nz")), items.get(0));
        assertThat(template.itemsIn(rendered)).containsExactly(items.get(0), items.get(1), items.get(0));
        assertThat(template.itemsIn("\n " + rendered + "\n\nQ (a.b, 1): cut")).hasSize(3);
    }

    @Test
    void itemsIn_ofOtherText_areNone() {
        PromptTemplate template = PromptTemplate.builder("Q{{n}}: {{text}}\nA: {{answer}}")
                .slot("n", new SlotType.Number())
                .build();
        for (String text : List.of("", "Q1: x", "Qx: y\nA:", "Q1:  \nA: z", "so Q1: x\nA: y", "Q1: x\n\nA: y")) {
            assertThat(template.itemsIn(text)).as(text).isEmpty();
        }
        assertThat(template.itemsIn("nonsense\n\nQ1: x\nA: y")).containsExactly(Map.of("n", "1", "text", "x"));
        assertThat(PromptTemplate.of("{{text}} {{answer}}").itemsIn("some text")).isEmpty();
    }

    @Test
    void itemsIn_ofRepeatedSlot_isTheSameTwice() {
        PromptTemplate template = PromptTemplate.of("{{a}} and {{a}} -> {{answer}}");
        assertThat(template.itemsIn("x and x -> 1")).containsExactly(Map.of("a", "x"));
        assertThat(template.itemsIn("x and y -> 1")).isEmpty();
    }
}
