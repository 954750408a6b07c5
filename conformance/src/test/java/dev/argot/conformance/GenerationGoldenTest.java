package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.api.CancellationToken;
import dev.argot.api.Completion;
import dev.argot.api.Decoding;
import dev.argot.api.Decoding.EarlyStopping;
import dev.argot.core.decoding.SessionCache;
import dev.argot.core.decoding.TextGenerator;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The decoding loop gives the tokens of the reference implementation, on every engine: those with which a decoder continues a prompt, and
 * those with which an encoder-decoder answers it.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("models")
class GenerationGoldenTest {
    private final ModelCase golden;

    static Stream<ModelCase> models() {
        return Stream.concat(ModelCase.decoders(), ModelCase.seq2seq());
    }

    GenerationGoldenTest(ModelCase golden) {
        this.golden = golden;
    }

    @Test
    void continueAll_greedy_givesTheTokensOfTheReference() {
        JsonNode greedy = settings("greedy");
        int[] prompt = ints(greedy.get("input_ids"));
        Decoding decoding = Decoding.builder()
                .maxTokens(greedy.get("max_new_tokens").asInt())
                .topLogProbabilities(5)
                .build();
        Completion completion = generator(greedy)
                .continueAll(List.of(prompt), decoding, CancellationToken.never())
                .get(0);
        int[] start = start(prompt, greedy.get("sequence"));
        assertThat(joined(start, completion)).isEqualTo(unpadded(greedy.get("sequence"), greedy, start.length));
        for (int step = 0; step < completion.tokens().size(); step++) {
            List<Completion.Candidate> top = completion.tokens().get(step).top();
            for (int i = 0; i < top.size(); i++) {
                JsonNode ids = greedy.get("top5_ids").get(step);
                assertThat(top.get(i).id())
                        .as("step %d, place %d", step, i)
                        .isEqualTo(ids.get(i).asInt());
                assertThat(top.get(i).logProbability())
                        .as("log-probability at step %d, place %d", step, i)
                        .isCloseTo(greedy.get("top5_logprobs").get(step).get(i).asDouble(), within(1e-4));
            }
        }
    }

    @Test
    void continueAll_greedyPromptsOfDifferentLength_givesTheTokensOfTheReference() {
        JsonNode batch = settings("greedy_batch");
        List<int[]> prompts = new ArrayList<>();
        List<int[]> starts = new ArrayList<>();
        List<int[]> wanted = new ArrayList<>();
        for (int row = 0; row < batch.get("input_ids").size(); row++) {
            int[] mask = ints(batch.get("attention_mask").get(row));
            int[] ids = ints(batch.get("input_ids").get(row));
            int[] prompt = IntStream.range(0, ids.length)
                    .filter(i -> mask[i] == 1)
                    .map(i -> ids[i])
                    .toArray();
            JsonNode sequence = batch.get("sequences").get(row);
            int[] start = start(prompt, sequence);
            int padding = readsSources() ? 0 : ids.length - prompt.length; // of decoders at the front
            int[] unpadded = unpadded(sequence, batch, padding + start.length);
            prompts.add(prompt);
            starts.add(start);
            wanted.add(Arrays.copyOfRange(unpadded, padding, unpadded.length));
        }
        Decoding decoding = Decoding.builder()
                .maxTokens(batch.get("max_new_tokens").asInt())
                .build();
        List<Completion> completions = generator(batch).continueAll(prompts, decoding, CancellationToken.never());
        for (int row = 0; row < prompts.size(); row++) {
            assertThat(joined(starts.get(row), completions.get(row)))
                    .as("row %d", row)
                    .isEqualTo(wanted.get(row));
        }
    }

    @Test
    void continueAll_beams_givesTheBeamsOfTheReference() {
        JsonNode beam = settings("beam");
        int[] prompt = ints(beam.get("input_ids"));
        Decoding decoding = Decoding.builder()
                .maxTokens(beam.get("max_new_tokens").asInt())
                .beams(beam.get("num_beams").asInt())
                .lengthPenalty(beam.get("length_penalty").asDouble())
                .earlyStopping(earlyStopping(beam.get("early_stopping")))
                .build();
        Completion best = generator(beam)
                .continueAll(List.of(prompt), decoding, CancellationToken.never())
                .get(0);
        List<Completion> found = new ArrayList<>(List.of(best));
        found.addAll(best.alternatives());
        int returned = beam.get("num_return_sequences").asInt();
        assertThat(found).hasSizeGreaterThanOrEqualTo(returned);
        for (int i = 0; i < returned; i++) {
            int[] start = start(prompt, beam.get("sequences").get(i));
            assertThat(joined(start, found.get(i)))
                    .as("beam %d", i)
                    .isEqualTo(unpadded(beam.get("sequences").get(i), beam, start.length));
            assertThat(found.get(i).score())
                    .as("score of beam %d", i)
                    .isCloseTo(beam.get("sequences_scores").get(i).asDouble(), within(1e-4));
        }
    }

    private JsonNode settings(String name) {
        JsonNode settings = golden.expected().path("generation").path(name);
        assertThat(settings.isObject()).as("%s has generation.%s", golden, name).isTrue();
        return settings;
    }

    private TextGenerator generator(JsonNode settings) {
        return new TextGenerator(
                golden.model(),
                new NoTokenizer(),
                1024,
                Set.of(settings.get("eos_token_id").asInt()),
                OptionalInt.empty(),
                readsSources()
                        ? OptionalInt.of(
                                settings("greedy").get("sequence").get(0).asInt())
                        : OptionalInt.empty(),
                InstantSource.system(),
                new SessionCache(0));
    }

    private boolean readsSources() {
        return golden.kind().equals("seq2seq_lm");
    }

    /** What a decoder began with: the prompt, or after an encoder its start token. */
    private int[] start(int[] prompt, JsonNode sequence) {
        return readsSources() ? new int[] {sequence.get(0).asInt()} : prompt;
    }

    private static EarlyStopping earlyStopping(JsonNode value) {
        if (value.isTextual()) {
            return EarlyStopping.EXHAUSTIVE; // "never"
        }
        return value.asBoolean() ? EarlyStopping.FIRST_FINISHED : EarlyStopping.HEURISTIC;
    }

    private static int[] joined(int[] prompt, Completion completion) {
        return IntStream.concat(
                        IntStream.of(prompt), completion.tokens().stream().mapToInt(Completion.ScoredToken::id))
                .toArray();
    }

    /** A recorded sequence up to its end token; what fills the row after it is left out. */
    private static int[] unpadded(JsonNode sequence, JsonNode settings, int promptLength) {
        int[] ids = ints(sequence);
        int eos = settings.get("eos_token_id").asInt();
        for (int i = promptLength; i < ids.length; i++) {
            if (ids[i] == eos) {
                return Arrays.copyOf(ids, i + 1);
            }
        }
        return ids;
    }

    private static int[] ints(JsonNode list) {
        return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
    }
}
