package dev.argot.core.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.core.evaluation.ScriptedModel;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EntropyOrderedTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.builder("Text: {{text}}\nLabel: {{answer}}")
            .instruction("Say odd or even.")
            .build();

    /** Tells odd from even where number 2 comes first, and says odd after everything else; writes a new number each time. */
    private final ScriptedModel model = new ScriptedModel(
            2_000,
            (prompt, answer) -> {
                String item = prompt.substring(prompt.lastIndexOf("Text: "));
                boolean sees = prompt.startsWith("Say odd or even.\n\nText: number 2");
                boolean even = sees && item.matches("(?s)Text: number \\d*[02468]\n.*");
                return answer.contains("even") == even ? -0.1 : -3;
            },
            prompt -> " number " + Math.floorMod(prompt.hashCode() / 7, 1_000) + "\nLabel: odd\n\nText: not read");

    @Test
    void select_findsTheOrderOnce() {
        PromptSpec spec = spec(4, 4);
        try (ExemplarSelector selector = ExemplarSelectors.of(model, spec, Prompters.NO_SEARCHES)) {
            List<Example> selected = selector.select(Map.of("text", "number 44"), 4);
            assertThat(selected)
                    .extracting(Example::id)
                    .hasSize(4)
                    .startsWith("2")
                    .doesNotHaveDuplicates();
            assertThat(model.decodings()).hasSize(24).allSatisfy(decoding -> {
                assertThat(decoding.temperature()).isEqualTo(1);
                assertThat(decoding.stopStrings()).contains("\n\n");
            });
            assertThat(model.prompts().subList(0, 24)).doesNotHaveDuplicates().allSatisfy(prompt -> assertThat(prompt)
                    .startsWith("Say odd or even.\n\nText: number ")
                    .matches("(?s).*Label: (odd|even)\n\nText:"));
            int asked = model.prompts().size();
            assertThat(selector.select(Map.of("text", "number 45"), 4)).isEqualTo(selected);
            assertThat(model.prompts()).hasSize(asked);
        }
    }

    @Test
    void select_exemplarLeftOut_isReplacedAtTheFront() {
        try (ExemplarSelector selector = ExemplarSelectors.of(model, spec(5, 4), Prompters.NO_SEARCHES)) {
            List<String> order = ids(selector.select(Map.of("text", "number 44"), 4));
            List<String> other = ids(selector.select(Map.of("text", "Number 3!"), 4));
            assertThat(other).startsWith("4").doesNotContain("3");
            assertThat(other.subList(1, 4))
                    .isEqualTo(order.stream().filter(id -> !id.equals("3")).toList());
        }
    }

    @Test
    void select_oneShot_asksNothing() {
        try (ExemplarSelector selector = ExemplarSelectors.of(model, spec(5, 1), Prompters.NO_SEARCHES)) {
            assertThat(ids(selector.select(Map.of("text", "number 44"), 1))).containsExactly("0");
            assertThat(model.prompts()).isEmpty();
        }
    }

    @Test
    void of_formatWithoutLabels_isRefused() {
        PromptSpec spec = PromptSpec.builder(TEMPLATE)
                .settings(PromptSettings.DEFAULT.withOrder(ExemplarOrder.LABEL_ENTROPY))
                .build();
        assertThatThrownBy(() -> ExemplarSelectors.of(model, spec, Prompters.NO_SEARCHES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("labels");
    }

    private static List<String> ids(List<Example> exemplars) {
        return exemplars.stream().map(Example::id).toList();
    }

    private static PromptSpec spec(int pool, int shots) {
        return PromptSpec.builder(TEMPLATE)
                .labels("odd", "even")
                .exemplars(IntStream.range(0, pool)
                        .mapToObj(i -> new Example(
                                String.valueOf(i), Map.of("text", "number " + i), i % 2 == 0 ? "even" : "odd"))
                        .toList())
                .shots(shots)
                .settings(PromptSettings.DEFAULT.withOrder(ExemplarOrder.LABEL_ENTROPY))
                .build();
    }
}
