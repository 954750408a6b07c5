package dev.argot.core.objective;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.core.objective.MaskedLanguage.Masking;
import dev.argot.core.objective.SpanCorruption.Corruption;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares masking and span corruption with the recorded rules, lengths and worked examples. */
class ObjectivesGoldenTest {
    private static final int ORDINARY = 95;

    static List<JsonNode> lengths() {
        return all(file -> file.at("/t5_span_corruption/plan"));
    }

    @ParameterizedTest
    @MethodSource("lengths")
    void lengths_areThoseOfTheReference(JsonNode row) {
        Corruption corruption = corruption(row, 1000, 1);
        int length = row.get("length").intValue();
        assertThat(corruption.noiseTokens(length))
                .isEqualTo(row.get("noise_tokens").intValue());
        assertThat(corruption.noiseSpans(length))
                .isEqualTo(row.get("noise_spans").intValue());
        assertThat(corruption.inputsLength(length))
                .isEqualTo(row.get("inputs_length").intValue());
        assertThat(corruption.targetsLength(length))
                .isEqualTo(row.get("targets_length").intValue());
        Objective.Example example = corruption.example(new int[length], 0, new SplittableRandom(length));
        assertThat(example.inputs()).hasSize(row.get("inputs_length").intValue());
        assertThat(example.labels()).hasSize(row.get("targets_length").intValue());
    }

    static List<JsonNode> rawLengths() {
        return all(file -> file.at("/t5_span_corruption/raw_length_for_inputs_length"));
    }

    @ParameterizedTest
    @MethodSource("rawLengths")
    void documentTokens_fillARowAsInTheReference(JsonNode row) {
        Corruption corruption = corruption(row, 1000, 1);
        int inputs = row.get("inputs_length").intValue();
        assertThat(corruption.documentTokens(inputs))
                .isEqualTo(row.get("raw_length").intValue());
        assertThat(corruption.targetTokens(inputs))
                .isEqualTo(row.get("targets_length").intValue());
    }

    private static Corruption corruption(JsonNode row, int firstSentinel, int end) {
        return new Corruption(
                row.path("noise_density").asDouble(0.15),
                row.path("mean_span").asDouble(3),
                IntStream.range(0, 120).map(i -> firstSentinel - i).toArray(),
                end);
    }

    static List<JsonNode> corruptions() {
        return all(file -> file.at("/t5_span_corruption/worked_examples"));
    }

    @ParameterizedTest
    @MethodSource("corruptions")
    void corrupted_workedExample_isTheRecordedOne(JsonNode row) {
        int[] mask = ints(row.get("noise_mask"));
        var noise = new boolean[mask.length];
        IntStream.range(0, mask.length).forEach(i -> noise[i] = mask[i] == 1);
        Objective.Example example = corruption(
                        row, row.get("extra_id_0").intValue(), row.get("eos").intValue())
                .corrupted(ints(row.get("ids")), noise);
        assertThat(example.inputs()).containsExactly(ints(row.get("inputs")));
        assertThat(example.labels()).containsExactly(ints(row.get("targets")));
    }

    static List<JsonNode> masks() {
        return all(file -> file.at("/mlm/worked_examples"));
    }

    @ParameterizedTest
    @MethodSource("masks")
    void hidden_workedExample_isTheRecordedOne(JsonNode row) {
        int[] ids = ints(row.get("ids"));
        var runs = new int[ids.length];
        var script = new Scripted();
        int run = 0;
        for (JsonNode selected : row.get("selected")) {
            runs[selected.get("position").intValue()] = ++run;
            switch (selected.get("action").textValue()) {
                case "mask" -> script.then(0.79);
                case "random" ->
                    script.then(0.89).thenInt(selected.get("drawn_id").intValue());
                default -> script.then(0.91);
            }
        }
        Objective.Example example = masking(Map.of(), row.get("mask_id").intValue()).hidden(ids, runs, script);
        assertThat(example.inputs()).containsExactly(ints(row.get("inputs")));
        assertThat(example.labels()).containsExactly(ints(row.get("labels")));
        assertThat(script.isUsedUp()).isTrue();
    }

    /** Special tokens, then ordinary ones. */
    private static Masking masking(Map<String, String> settings, int maskId) {
        List<String> spellings = new ArrayList<>(List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]"));
        while (spellings.size() < maskId) {
            spellings.add("[unused" + spellings.size() + "]");
        }
        spellings.add("[MASK]");
        IntStream.range(0, ORDINARY).forEach(i -> spellings.add("w" + i));
        return masking(settings, spellings.toArray(String[]::new));
    }

    private static Masking masking(Map<String, String> settings, String... spellings) {
        var tokenizer = new SpelledTokenizer(spellings);
        return (Masking) new MaskedLanguage()
                .open(
                        new Settings("test", settings),
                        new ObjectiveContext(tokenizer, tokenizer.vocabularySize(), List.of()));
    }

    static List<JsonNode> statistics() {
        return all(file -> Objects.requireNonNull(new ObjectMapper().createArrayNode())
                .add(file.at("/mlm/statistics_over_ordinary_tokens")));
    }

    @ParameterizedTest
    @MethodSource("statistics")
    void example_manyTokens_keepsTheRecordedShares(JsonNode wanted) {
        Masking masking = masking(Map.of(), 4);
        var random = new SplittableRandom(321);
        int stretch = 500;
        int total = wanted.get("tokens").intValue();
        long selected = 0;
        long masked = 0;
        long kept = 0;
        for (int done = 0; done < total; done += stretch) {
            int[] tokens = random.ints(stretch, 5, 5 + ORDINARY).toArray();
            Objective.Example example = masking.example(tokens, 0, random);
            assertThat(example.inputs()[0]).isEqualTo(2);
            assertThat(example.labels()[0]).isEqualTo(-100);
            assertThat(example.labels()[stretch + 1]).isEqualTo(-100);
            for (int i = 0; i < stretch; i++) {
                int label = example.labels()[i + 1];
                int input = example.inputs()[i + 1];
                if (label == -100) {
                    assertThat(input).isEqualTo(tokens[i]);
                    continue;
                }
                assertThat(label).isEqualTo(tokens[i]);
                selected++;
                masked += input == 4 ? 1 : 0;
                kept += input == label ? 1 : 0;
            }
        }
        // one of the tokens drawn may be the original or the mask
        long same = Math.round(selected * 0.1 / (5 + ORDINARY));
        between("selected", selected, wanted.get("selected_between"));
        between("masked", (masked - same) / (double) selected, wanted.get("mask_share_between"));
        between("kept", (kept - same) / (double) selected, wanted.get("kept_share_between"));
        between(
                "random",
                (selected - masked - kept + 2 * same) / (double) selected,
                wanted.get("random_share_between"));
    }

    private static void between(String what, double found, JsonNode bounds) {
        assertThat(found)
                .as(what)
                .isBetween(bounds.get(0).doubleValue(), bounds.get(1).doubleValue());
    }

    static List<JsonNode> wholeWords() {
        return all(file -> file.at("/whole_word_masking/worked_examples"));
    }

    @ParameterizedTest
    @MethodSource("wholeWords")
    void chosen_wholeWords_areTheRecordedOnes(JsonNode row) {
        List<String> texts = StreamSupport.stream(row.get("tokens").spliterator(), false)
                .map(JsonNode::textValue)
                .toList();
        List<String> vocabulary = new ArrayList<>(new TreeSet<>(texts));
        vocabulary.add("[MASK]");
        Masking masking = masking(Map.of("whole-words", "true"), vocabulary.toArray(String[]::new));
        int[] tokens = texts.stream().mapToInt(vocabulary::indexOf).toArray();
        int[] words = masking.words().words(tokens);
        assertThat(words).containsExactly(ints(row.get("word_of_token")));
        List<Integer> wanted = Arrays.stream(ints(row.get("chosen_words"))).boxed().toList();
        var script = new Scripted();
        IntStream.rangeClosed(0, Arrays.stream(words).max().orElseThrow())
                .forEach(word -> script.then(wanted.contains(word) ? 0 : 0.999));
        var hideable = new boolean[tokens.length];
        IntStream.range(0, tokens.length).forEach(i -> hideable[i] = words[i] >= 0);
        int[] runs = masking.chosen(tokens, hideable, script);
        assertThat(Arrays.stream(runs).map(run -> Math.min(run, 1)).toArray())
                .containsExactly(ints(row.get("selected")));
    }

    // ---- the recorded files

    private static List<JsonNode> all(Function<JsonNode, JsonNode> part) {
        List<JsonNode> rows = files().map(part)
                .flatMap(node -> StreamSupport.stream(node.spliterator(), false))
                .toList();
        assertThat(rows).isNotEmpty();
        return rows;
    }

    private static Stream<JsonNode> files() {
        var mapper = new ObjectMapper();
        try (Stream<Path> folders = Files.list(Path.of(System.getProperty("argot.golden")))) {
            return folders.map(folder -> folder.resolve("expected.json"))
                    .filter(Files::exists)
                    .filter(file -> file.getParent().getFileName().toString().startsWith("objectives"))
                    .sorted()
                    .map(file -> {
                        try {
                            return mapper.readTree(file.toFile());
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int[] ints(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false)
                .mapToInt(JsonNode::intValue)
                .toArray();
    }
}
