package dev.argot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Completion.ScoredToken;
import dev.argot.api.Decoding;
import dev.argot.api.Precision;
import dev.argot.core.decoding.PieceTokenizer;
import dev.argot.core.decoding.TextGenerator;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.WeightBinding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the decoding loop with the generations recorded from Hugging Face Transformers, on every golden causal model: greedy, greedy in
 * a batch with prompts of different lengths, and beam search with all beams and their scores.
 */
class GenerationGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path GOLDEN = Path.of(System.getProperty("argot.golden", "../conformance/golden"));

    static Stream<String> cases() {
        try (Stream<Path> folders = Files.list(GOLDEN)) {
            List<String> names = folders.filter(folder -> Files.exists(folder.resolve("expected.json")))
                    .filter(folder -> expected(folder).path("kind").asText().equals("causal_lm"))
                    .filter(folder -> expected(folder).path("generation").has("greedy"))
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
            assertThat(names).isNotEmpty();
            return names.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void continueAll_recordedPrompts_givesRecordedTokens(String name) {
        JsonNode generation = expected(GOLDEN.resolve(name)).get("generation");
        Providers providers = Providers.discover();
        try (Checkpoint checkpoint = providers.formats().get("huggingface").open(GOLDEN.resolve(name));
                Engine engine = providers
                        .engines()
                        .get("reference")
                        .open(new EngineProvider.Request(Optional.empty(), OptionalInt.empty()))) {
            Architecture architecture = architecture(providers, checkpoint);
            try (CompiledModel model = engine.compile(
                    architecture.graph(), WeightBinding.bind(architecture, checkpoint), Precision.FLOAT32)) {
                greedy(generation.get("greedy"), architecture, model);
                if (generation.has("greedy_batch")) {
                    greedyBatch(generation.get("greedy_batch"), architecture, model);
                }
                if (generation.has("beam")) {
                    beams(generation.get("beam"), architecture, model);
                }
            }
        }
    }

    private static void greedy(JsonNode recorded, Architecture architecture, CompiledModel model) {
        int[] prompt = ints(recorded.get("input_ids"));
        Completion completion = generator(recorded, architecture, model)
                .continueAll(
                        List.of(prompt),
                        decoding(recorded).topLogProbabilities(5).build())
                .get(0);
        assertThat(sequence(prompt, completion)).isEqualTo(list(recorded.get("sequence")));
        for (int i = 0; recorded.has("top5_ids") && i < completion.tokens().size(); i++) {
            var top = completion.tokens().get(i).top();
            for (int j = 0; j < 5; j++) {
                assertThat(top.get(j).logProbability())
                        .as("token %d, candidate %d", i, j)
                        .isCloseTo(recorded.get("top5_logprobs").get(i).get(j).doubleValue(), within(1e-4));
            }
            assertThat(top.get(0).id())
                    .isEqualTo(recorded.get("top5_ids").get(i).get(0).intValue());
        }
    }

    private static void greedyBatch(JsonNode recorded, Architecture architecture, CompiledModel model) {
        List<int[]> prompts = new ArrayList<>();
        for (int row = 0; row < recorded.get("input_ids").size(); row++) {
            int padding = padding(recorded, row);
            int[] padded = ints(recorded.get("input_ids").get(row));
            prompts.add(Arrays.copyOfRange(padded, padding, padded.length));
        }
        List<Completion> completions = generator(recorded, architecture, model)
                .continueAll(prompts, decoding(recorded).build());
        for (int row = 0; row < prompts.size(); row++) {
            List<Integer> expected = list(recorded.get("sequences").get(row));
            List<Integer> actual = sequence(prompts.get(row), completions.get(row));
            int begin = padding(recorded, row);
            assertThat(actual).as("row %d", row).isEqualTo(expected.subList(begin, begin + actual.size()));
            assertThat(expected.subList(begin + actual.size(), expected.size()))
                    .as("row %d, what stands after it", row)
                    .allMatch(id -> id == recorded.get("pad_token_id").intValue());
        }
    }

    private static void beams(JsonNode recorded, Architecture architecture, CompiledModel model) {
        int[] prompt = ints(recorded.get("input_ids"));
        Decoding decoding = decoding(recorded)
                .beams(recorded.get("num_beams").intValue())
                .lengthPenalty(recorded.get("length_penalty").doubleValue())
                .earlyStopping(earlyStopping(recorded.get("early_stopping")))
                .build();
        Completion best = generator(recorded, architecture, model)
                .continueAll(List.of(prompt), decoding)
                .get(0);
        List<Completion> all = new ArrayList<>(List.of(best));
        all.addAll(best.alternatives());
        assertThat(all).hasSize(recorded.get("num_return_sequences").intValue());
        for (int i = 0; i < all.size(); i++) {
            List<Integer> expected = list(recorded.get("sequences").get(i));
            List<Integer> actual = sequence(prompt, all.get(i));
            assertThat(actual).as("beam %d", i).isEqualTo(expected.subList(0, actual.size()));
            assertThat(all.get(i).score())
                    .as("score of beam %d", i)
                    .isCloseTo(recorded.get("sequences_scores").get(i).doubleValue(), within(1e-4));
            assertThat(all.get(i).finishReason()).isIn(FinishReason.STOP_TOKEN, FinishReason.LENGTH);
        }
    }

    private static Decoding.EarlyStopping earlyStopping(JsonNode value) {
        return value.isTextual()
                ? Decoding.EarlyStopping.EXHAUSTIVE
                : value.booleanValue() ? Decoding.EarlyStopping.FIRST_FINISHED : Decoding.EarlyStopping.HEURISTIC;
    }

    private static Decoding.Builder decoding(JsonNode recorded) {
        return Decoding.builder().maxTokens(recorded.get("max_new_tokens").intValue());
    }

    private static TextGenerator generator(JsonNode recorded, Architecture architecture, CompiledModel model) {
        String[] pieces = new String[architecture.vocabularySize()];
        for (int i = 0; i < pieces.length; i++) {
            pieces[i] = " " + i;
        }
        return new TextGenerator(
                model,
                new PieceTokenizer(pieces),
                // What is recorded may go on past the context the model was made for (dynamic rotary scaling).
                Math.max(architecture.contextLength(), 64),
                Set.of(recorded.get("eos_token_id").intValue()),
                OptionalInt.empty(),
                InstantSource.system());
    }

    private static Architecture architecture(Providers providers, Checkpoint checkpoint) {
        String type = checkpoint.config().string("model_type");
        for (ArchitectureProvider provider : providers.architectures().byName().values()) {
            if (provider.modelTypes().contains(type)) {
                return provider.describe(checkpoint.config());
            }
        }
        throw new AssertionError("no architecture " + type);
    }

    private static int padding(JsonNode recorded, int row) {
        int padding = 0;
        while (recorded.get("attention_mask").get(row).get(padding).intValue() == 0) {
            padding++;
        }
        return padding;
    }

    private static List<Integer> sequence(int[] prompt, Completion completion) {
        List<Integer> ids = new ArrayList<>();
        for (int id : prompt) {
            ids.add(id);
        }
        completion.tokens().stream().map(ScoredToken::id).forEach(ids::add);
        return ids;
    }

    private static JsonNode expected(Path folder) {
        try {
            return JSON.readTree(folder.resolve("expected.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] ints(JsonNode values) {
        return list(values).stream().mapToInt(Integer::intValue).toArray();
    }

    private static List<Integer> list(JsonNode values) {
        List<Integer> list = new ArrayList<>();
        values.forEach(value -> list.add(value.intValue()));
        return list;
    }
}
