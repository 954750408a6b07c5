package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Rewrites;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden encoder checkpoint, with whatever head, gives the numbers of the reference implementation, on every engine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#encoders")
class EncoderGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    EncoderGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    @Test
    void logits_paddedBatch_equalTheReference() {
        assertThat(golden.model().graph().outputs().containsKey("logits"))
                .as("has a head")
                .isEqualTo(golden.has("logits"));
        if (golden.has("logits")) {
            golden.assertCloseLogits("logits", run("logits"), golden.tolerance("logits"));
        }
    }

    @Test
    void hiddenStates_paddedBatch_equalTheReference() {
        for (String name : List.of("hidden_state_0", "hidden_state_1", "last_hidden_state")) {
            golden.assertClose(name, run(name), mask(), golden.tolerance(name));
        }
    }

    @Test
    void attention_firstLayer_equalsTheReference() {
        Graph graph = golden.model().graph();
        List<String> names = new ArrayList<>();
        Graph captured = Rewrites.captureAttention(graph, name -> {
            names.add(name);
            return names.size() == 1;
        });
        try (CompiledModel model = golden.model().derive(captured)) {
            String output = "attention:" + names.getFirst();
            Tensor actual = model.run(golden.inputs(), List.of(output)).get(output);
            golden.assertCloseAttention("attention_layer0", (Tensor.Floats) actual, mask());
        }
    }

    @Test
    void loss_paddedBatch_equalsTheReference() {
        JsonNode loss = golden.expected().path("loss");
        assertThat(golden.model().graph().outputs().containsKey("loss"))
                .as("has a loss")
                .isEqualTo(loss.isNumber());
        if (loss.isNumber()) {
            assertThat(run("loss").data()[0])
                    .isCloseTo((float) loss.asDouble(), within((float) golden.tolerance("loss")));
        }
    }

    @Test
    void pooled_paddedBatch_equalsTheReference() {
        try (CompiledModel model =
                golden.model().derive(Rewrites.pooled(golden.model().graph()))) {
            for (String name : List.of("mean_pooled", "mean_pooled_l2", "pooler_output")) {
                if (golden.has(name)) {
                    Tensor actual = model.run(golden.inputs(), List.of(name)).get(name);
                    golden.assertClose(name, ((Tensor.Floats) actual).data());
                }
            }
        }
    }

    private Tensor.Longs mask() {
        return golden.longs("attention_mask");
    }

    private Tensor.Floats run(String output) {
        return (Tensor.Floats)
                golden.model().run(golden.inputs(), List.of(output)).get(output);
    }
}
