package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Rewrites;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
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
                .isEqualTo(golden.has("logits") || golden.has("start_logits"));
        if (golden.has("logits")) {
            golden.assertCloseLogits("logits", run("logits"), golden.tolerance("logits"));
        }
        for (int i = 0; i < 2; i++) { // answers are marked by two logits a token
            String name = i == 0 ? "start_logits" : "end_logits";
            if (golden.has(name)) {
                float[] both = run("logits").data();
                float[] one = new float[both.length / 2];
                for (int token = 0; token < one.length; token++) {
                    one[token] = both[2 * token + i];
                }
                golden.assertClose(name, new Tensor.Floats(one, mask().shape()), mask(), golden.tolerance(name));
            }
        }
    }

    @Test
    void hiddenStates_paddedBatch_equalTheReference() {
        for (String name : List.of("hidden_state_0", "hidden_state_1", "last_hidden_state")) {
            if (golden.has(name)) {
                golden.assertClose(name, run(name), mask(), golden.tolerance(name));
            }
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

    @Test
    void hiddenStates_rowsPackedInOne_equalTheReference() {
        Tensor.Floats wanted = golden.floats("last_hidden_state");
        int length = (int) wanted.shape()[1];
        int width = (int) wanted.shape()[2];
        int[] tokens = IntStream.range(0, mask().data().length)
                .filter(i -> mask().data()[i] == 1)
                .toArray();
        Map<String, Tensor> inputs = new HashMap<>();
        for (String name : List.of("input_ids", "token_type_ids")) {
            if (golden.has(name)) {
                inputs.put(name, row(tokens, i -> golden.longs(name).data()[i]));
            }
        }
        inputs.put("position_ids", row(tokens, i -> i % length));
        inputs.put("document_ids", row(tokens, i -> i / length));
        try (CompiledModel model =
                golden.model().derive(Rewrites.packed(golden.model().graph()))) {
            Tensor actual = model.run(inputs, List.of("last_hidden_state")).get("last_hidden_state");
            for (int i = 0; i < tokens.length * width; i++) {
                assertThat(((Tensor.Floats) actual).data()[i])
                        .as("token %d, element %d", tokens[i / width], i % width)
                        .isCloseTo(wanted.data()[tokens[i / width] * width + i % width], within((float)
                                golden.tolerance("last_hidden_state")));
            }
        }
    }

    private static Tensor row(int[] tokens, IntToLongFunction value) {
        return new Tensor.Longs(Arrays.stream(tokens).mapToLong(value).toArray(), 1, tokens.length);
    }

    @Test
    void logits_ofSelectedTokens_equalTheReference() {
        if (!golden.has("logits") || golden.floats("logits").shape().length < 3) {
            return; // judges rows, or nothing
        }
        Tensor.Floats wanted = golden.floats("logits");
        int length = (int) wanted.shape()[1];
        int width = (int) wanted.shape()[2];
        long[] selected = {5, 2, 9, 0, 13, 1}; // tokens of both rows
        Map<String, Tensor> inputs = new HashMap<>(golden.inputs());
        inputs.keySet().removeAll(List.of("labels", "start_positions", "end_positions"));
        inputs.put("selected", new Tensor.Longs(selected, 2, 3));
        try (CompiledModel model =
                golden.model().derive(Rewrites.selectTokens(golden.model().graph()))) {
            Tensor actual = model.run(inputs, List.of("logits")).get("logits");
            for (int i = 0; i < selected.length * width; i++) {
                int token = i / (3 * width) * length + (int) selected[i / width];
                assertThat(((Tensor.Floats) actual).data()[i])
                        .as("token %d, element %d", token, i % width)
                        .isCloseTo(
                                wanted.data()[token * width + i % width], within((float) golden.tolerance("logits")));
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
