package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.spi.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Sessions of every golden encoder-decoder checkpoint write the tokens of the reference implementation, on every engine. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.argot.conformance.ModelCase#seq2seq")
class Seq2SeqSessionGoldenTest {
    private final ModelCase golden;

    /** Failures say which case and engine. */
    @RegisterExtension
    final TestExecutionExceptionHandler naming;

    Seq2SeqSessionGoldenTest(ModelCase golden) {
        this.golden = golden;
        this.naming = golden.naming();
    }

    @Test
    void session_greedy_givesTheTokensOfTheReference() {
        JsonNode greedy = settings("greedy");
        int[] sequence = ints(greedy.get("sequence"));
        assertThat(generate(greedy, new int[][] {ints(greedy.get("input_ids"))}, sequence[0]))
                .isDeepEqualTo(new int[][] {sequence});
    }

    @Test
    void session_sourcesOfDifferentLength_giveTheTokensOfTheReference() {
        JsonNode batch = settings("greedy_batch");
        int rows = batch.get("input_ids").size();
        int[][] sources = new int[rows][];
        int[][] sequences = new int[rows][];
        for (int row = 0; row < rows; row++) {
            int[] ids = ints(batch.get("input_ids").get(row));
            int length =
                    IntStream.of(ints(batch.get("attention_mask").get(row))).sum();
            sources[row] = Arrays.copyOf(ids, length); // padded at the end
            sequences[row] = ints(batch.get("sequences").get(row));
        }
        assertThat(generate(batch, sources, sequences[0][0])).isDeepEqualTo(sequences);
    }

    @Test
    void score_recordedSequence_givesTheProbabilitiesOfTheReference() {
        JsonNode greedy = settings("greedy");
        int[] sequence = ints(greedy.get("sequence"));
        try (Session session =
                golden.model().openSession(new int[][] {ints(greedy.get("input_ids"))}, sequence.length)) {
            int[][] next = new int[sequence.length][0];
            for (int i = 0; i + 1 < next.length; i++) {
                next[i] = new int[] {sequence[i + 1]};
            }
            double[][] scores = session.score(new int[][] {sequence}, new int[][][] {next})[0];
            for (int step = 0; step < greedy.get("top5_ids").size(); step++) {
                assertThat(greedy.get("top5_ids").get(step).get(0).asInt()).isEqualTo(sequence[step + 1]);
                assertThat(scores[step][0])
                        .as("log-probability at step %d", step)
                        .isCloseTo(greedy.get("top5_logprobs").get(step).get(0).asDouble(), within(1e-4));
            }
        }
    }

    private JsonNode settings(String name) {
        JsonNode settings = golden.expected().path("generation").path(name);
        assertThat(settings.isObject()).as("has generation.%s", name).isTrue();
        return settings;
    }

    /** Answers sources greedily; a finished row is filled up to the longest as the reference implementation does. */
    private int[][] generate(JsonNode settings, int[][] sources, int start) {
        int most = settings.get("max_new_tokens").asInt();
        int eos = settings.get("eos_token_id").asInt();
        int pad = settings.get("pad_token_id").asInt();
        List<List<Integer>> sequences = new ArrayList<>();
        int[][] next = new int[sources.length][];
        for (int row = 0; row < sources.length; row++) {
            sequences.add(new ArrayList<>(List.of(start)));
            next[row] = new int[] {start};
        }
        try (Session session = golden.model().openSession(sources, most + 1)) {
            for (int step = 0; step < most && Arrays.stream(next).anyMatch(row -> row.length > 0); step++) {
                float[][] logits = session.append(next);
                for (int row = 0; row < sources.length; row++) {
                    int token = logits[row].length == 0 ? pad : argmax(logits[row]);
                    sequences.get(row).add(token);
                    next[row] = logits[row].length == 0 || token == eos ? new int[0] : new int[] {token};
                }
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
}
