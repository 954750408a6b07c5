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
}
