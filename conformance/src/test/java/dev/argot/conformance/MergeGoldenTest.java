package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Argot;
import dev.argot.api.ExportOptions;
import dev.argot.api.Precision;
import dev.argot.spi.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden adapter, merged into its base, gives the weights and logits of PEFT's merge. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#lora")
class MergeGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    @TempDir
    private Path temp;

    MergeGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    /** The adapter with its base inside, as its configuration names it, merged. */
    private Path merged() throws IOException {
        Path adapter = copy(golden.file("adapter"), temp.resolve("adapter"));
        copy(golden.file("base"), adapter.resolve("base"));
        Path folder = temp.resolve("merged");
        try (Argot argot = Argot.open()) {
            // float32, since a base in bfloat16 would round what is compared
            argot.export(adapter.toString(), folder, ExportOptions.DEFAULT.withPrecision(Precision.FLOAT32));
        }
        return folder;
    }

    private static Path copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
        return to;
    }

    @Test
    void merge_adapter_givesTheWeightsOfTheReference() throws IOException {
        Map<String, Safetensors.Entry> weights = Safetensors.read(merged().resolve("model.safetensors"));
        List<String> names = golden.namesAfter("merged.");
        assertThat(names).isNotEmpty();
        for (String name : names) {
            assertThat(weights).containsKey(name);
            float[] actual = weights.get(name).floats().data();
            float[] expected = golden.floats("merged." + name).data();
            assertThat(actual).as(name).hasSameSizeAs(expected);
            for (int i = 0; i < expected.length; i++) {
                // one unit in the last place of each of the few sums
                assertThat(actual[i]).as("%s[%d]", name, i).isCloseTo(expected[i], within(5e-7f));
            }
        }
    }

    @Test
    void merge_adapter_givesTheLogitsOfTheReference() throws IOException {
        try (ModelCase merged = golden.with(merged())) {
            Tensor logits =
                    merged.model().run(golden.inputs(), List.of("logits")).get("logits");
            golden.assertCloseLogits("merged_logits", logits, golden.tolerance("merged_logits"));
        }
    }
}
