package dev.argot.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.LoadOptions;
import dev.argot.api.adaptation.Budget;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickstartTest {
    @Test
    void run_embeddedModel_adaptsItAndSaysThatThisProvesNoQuality(@TempDir Path folder) {
        var bytes = new ByteArrayOutputStream();

        Quickstart.run(
                "stories260k",
                LoadOptions.DEFAULT.withoutNetwork(),
                folder.resolve("demo"),
                new Budget.Steps(4),
                new PrintStream(bytes, true, StandardCharsets.UTF_8));

        String text = bytes.toString(StandardCharsets.UTF_8);
        assertThat(text)
                .containsSubsequence(
                        "evaluate before",
                        "step 4 of 4",
                        "bits per byte, domain text",
                        "bits per byte, general text",
                        "The capital of France is",
                        "before: ",
                        "after: ",
                        "it proves the pipeline, not quality",
                        "report.html");
        assertThat(folder.resolve("demo/report.html")).isRegularFile();
        assertThat(folder.resolve("demo/adapter_model.safetensors")).isRegularFile();
    }

    @Test
    void program_isANamedModule() {
        assertThat(Quickstart.class.getModule().getName()).isEqualTo("dev.argot.examples.quickstart");
    }
}
