package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Rewrites;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden decoder checkpoint gives the numbers of the reference implementation, on every engine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#decoders")
class ModelGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    ModelGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    @Test
    void logits_paddedBatch_equalTheReference() {
        assertClose("logits", run("logits"), mask());
    }

    @Test
    void hiddenStates_paddedBatch_equalTheReference() {
        for (String name : List.of("hidden_state_0", "hidden_state_1", "last_hidden_state")) {
            assertClose(name, run(name), mask());
        }
    }

    @Test
    void attention_firstLayer_equalsTheReference() {
        if (!golden.has("attention_layer0")) {
            return; // the reference implementation gives none that is causal
        }
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
        assertThat(run("loss").data()[0])
                .isCloseTo((float) golden.expected().get("loss").asDouble(), within((float) golden.tolerance("loss")));
    }

    @Test
    void routerLoss_mixtureOfExperts_equalsTheReference() {
        JsonNode router = golden.expected().path("router_aux");
        assertThat(golden.model().graph().outputs().containsKey("router_loss"))
                .as("has a router loss")
                .isEqualTo(!router.isMissingNode());
        if (!router.isMissingNode()) {
            float auxiliary = run("router_loss").data()[0];
            double total = run("loss").data()[0] + router.get("coefficient").asDouble() * auxiliary;
            assertThat((double) auxiliary).isCloseTo(router.get("aux_loss").asDouble(), within(1e-5));
            assertThat(total).isCloseTo(router.get("loss_with_aux").asDouble(), within(golden.tolerance("loss")));
        }
    }

    @Test
    void logits_frontPaddedBatch_equalTheReference() {
        Tensor.Longs mask = golden.longs("front_padded.attention_mask");
        Map<String, Tensor> inputs = Map.of(
                "input_ids", golden.longs("front_padded.input_ids"),
                "attention_mask", mask,
                "position_ids", golden.longs("front_padded.position_ids"));
        Tensor actual = golden.model().run(inputs, List.of("logits")).get("logits");
        assertClose("front_padded.logits", (Tensor.Floats) actual, mask);
    }

    @Test
    void session_greedy_givesTheTokensOfTheReference() {
        JsonNode greedy = golden.expected().path("generation").path("greedy");
        int[] prompt = ints(greedy.get("input_ids"));
        assertThat(generate(greedy, new int[][] {prompt})).isDeepEqualTo(new int[][] {ints(greedy.get("sequence"))});
    }

    @Test
    void session_greedyRowsOfDifferentLength_givesTheTokensOfTheReference() {
        JsonNode greedy = golden.expected().path("generation").path("greedy_batch");
        int rows = greedy.get("input_ids").size();
        int[][] prompts = new int[rows][];
        int[][] sequences = new int[rows][];
        for (int row = 0; row < rows; row++) {
            int[] mask = ints(greedy.get("attention_mask").get(row));
            int padding = mask.length - IntStream.of(mask).sum(); // at the front
            int[] ids = ints(greedy.get("input_ids").get(row));
            prompts[row] = Arrays.copyOfRange(ids, padding, ids.length);
            int[] sequence = ints(greedy.get("sequences").get(row));
            sequences[row] = Arrays.copyOfRange(sequence, padding, sequence.length);
        }
        assertThat(generate(greedy, prompts)).isDeepEqualTo(sequences);
    }

    /** Continues prompts greedily; a finished row is filled up to the longest as the reference implementation does. */
    private int[][] generate(JsonNode settings, int[][] prompts) {
        int most = settings.get("max_new_tokens").asInt();
        int eos = settings.get("eos_token_id").asInt();
        int pad = settings.get("pad_token_id").asInt();
        int rows = prompts.length;
        int longest = IntStream.range(0, rows).map(i -> prompts[i].length).max().orElseThrow();
        List<List<Integer>> sequences = new ArrayList<>();
        for (int[] prompt : prompts) {
            sequences.add(new ArrayList<>(IntStream.of(prompt).boxed().toList()));
        }
        try (Session session = golden.model().openSession(rows, longest + most)) {
            int[][] next = prompts;
            for (int step = 0; step < most && Arrays.stream(next).anyMatch(row -> row.length > 0); step++) {
                float[][] logits = session.append(next);
                int[][] chosen = new int[rows][0];
                for (int row = 0; row < rows; row++) {
                    int token = logits[row].length == 0 ? pad : argmax(logits[row]);
                    sequences.get(row).add(token);
                    boolean ended = logits[row].length == 0 || token == eos;
                    chosen[row] = ended ? new int[0] : new int[] {token};
                }
                next = chosen;
            }
        }
        return sequences.stream()
                .map(s -> s.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
    }

    private static int argmax(float[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    private static int[] ints(JsonNode list) {
        return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
    }

    private Tensor.Longs mask() {
        return golden.longs("attention_mask");
    }

    private Tensor.Floats run(String output) {
        return (Tensor.Floats)
                golden.model().run(golden.inputs(), List.of(output)).get(output);
    }

    private void assertClose(String name, Tensor.Floats actual, Tensor.Longs mask) {
        golden.assertClose(name, actual, mask, golden.tolerance(name));
    }
}
