package dev.argot.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.ChoiceAnswer.Ranked;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Runs the programs on the tiny model that is part of Argot: that they run is tested, not what it knows. */
class PromptingExamplesTest {
    private static final String MODEL = "stories260k";

    @Test
    void intent_ranksTheLabels() {
        ChoiceAnswer answer = FewShotClassification.intent(MODEL, "I cannot find my card.");
        assertThat(answer.ranked().stream().map(Ranked::label))
                .containsExactlyInAnyOrder("exchange rate", "lost card", "transfer");
        assertThat(answer.ranked().stream().mapToDouble(Ranked::probability).sum())
                .isCloseTo(1, within(1e-9));
        assertThat(answer.prompt().text())
                .endsWith("account.\nIntent: transfer\n\nMessage: I cannot find my card.\nIntent:");
    }

    @Test
    void answer_showsThePassagesThatFitTheQuestion() {
        var bytes = new ByteArrayOutputStream();
        ChatWithPassages.answer(
                MODEL,
                Stream.of("How many days of leave do I have?", " ", "When is my laptop replaced?"),
                new PrintStream(bytes, true, StandardCharsets.UTF_8));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .containsSubsequence("  shown: leave:0-", "  shown: equipment:0-");
    }

    @Test
    void order_isARecord() {
        RecordExtraction.Order order = RecordExtraction.order(MODEL, "Five tables.");
        assertThat(order.item()).isNotNull();
    }
}
