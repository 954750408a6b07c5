package dev.argot.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.LoadOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class QuickstartTest {
    @Test
    void run_embeddedModel_completesThreePrompts() {
        var bytes = new ByteArrayOutputStream();

        Quickstart.run(
                "stories260k",
                LoadOptions.DEFAULT.withoutNetwork(),
                new PrintStream(bytes, true, StandardCharsets.UTF_8));

        String text = bytes.toString(StandardCharsets.UTF_8);
        assertThat(text).containsSubsequence("The capital of France is", "A contract is", "Once upon a time");
        assertThat(text.split("tokens/s", -1)).hasSize(4);
    }

    @Test
    void program_isANamedModule() {
        assertThat(Quickstart.class.getModule().getName()).isEqualTo("dev.argot.examples.quickstart");
    }
}
