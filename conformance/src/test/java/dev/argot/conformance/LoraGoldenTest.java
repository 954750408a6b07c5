package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden LoRA adapter gives the numbers of PEFT, on every engine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#lora")
class LoraGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    LoraGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    @Test
    void layers_ofTheConfiguration_areThoseOfTheFile() {
        Adapter adapter = Adapter.read(golden.file("adapter"));
        try (CompiledModel model = adapter.on(golden)) {
            assertThat(adapter.parameters(model).keySet())
                    .containsExactlyInAnyOrderElementsOf(adapter.tensors().keySet());
        }
    }

    @Test
    void logits_withoutAdapter_equalTheReference() {
        assertClose("base_logits", golden.model());
    }

    @Test
    void logits_withAdapter_equalTheReference() {
        try (CompiledModel model = Adapter.read(golden.file("adapter")).on(golden)) {
            assertClose("logits", model);
        }
    }

    private void assertClose(String name, CompiledModel model) {
        Tensor logits = model.run(golden.inputs(), List.of("logits")).get("logits");
        golden.assertCloseLogits(name, logits, golden.tolerance("logits"));
    }
}
