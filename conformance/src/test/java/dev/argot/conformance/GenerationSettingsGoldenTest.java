package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.Argot;
import dev.argot.api.Completion;
import dev.argot.api.GenerativeModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A checkpoint's {@code generation_config.json} has the effect it has in the reference implementation, from the folder to the text. */
class GenerationSettingsGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static Argot argot;

    @BeforeAll
    static void open() {
        argot = Argot.open();
    }

    @AfterAll
    static void close() {
        argot.close();
    }

    /** A recorded run. */
    record Case(Path golden, JsonNode json) {
        int[] ids(String name) {
            return ints(json.get(name));
        }

        @Override
        public String toString() {
            return json.get("model").asText() + " " + json.get("generation_config");
        }
    }

    static Stream<Case> cases() {
        Path golden = Path.of(System.getProperty("argot.golden"));
        List<Case> cases = new ArrayList<>();
        try (Stream<Path> folders = Files.list(golden)) {
            for (Path folder : folders.sorted().toList()) {
                if (folder.getFileName().toString().startsWith("generation-")) {
                    JSON.readTree(folder.resolve("expected.json").toFile())
                            .get("cases")
                            .forEach(json -> cases.add(new Case(golden, json)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return cases.stream();
    }

    @ParameterizedTest(name = "{0}", allowZeroInvocations = true)
    @MethodSource("cases")
    void complete_defaultDecoding_writesWhatTheReferenceWrites(Case recorded, @TempDir Path folder) throws IOException {
        // GIVEN
        write(recorded, folder);
        String prompt = words(recorded.ids("input_ids"));
        // WHEN
        Completion best;
        try (GenerativeModel model = argot.load(GenerativeModel.class, folder.toString())) {
            best = model.complete(prompt);
        }
        // THEN
        List<Completion> found = new ArrayList<>(List.of(best));
        found.addAll(best.alternatives());
        JsonNode wanted = recorded.json().get("completions");
        assertThat(found).hasSize(wanted.size());
        for (int i = 0; i < wanted.size(); i++) {
            assertThat(found.get(i).tokens().stream().mapToInt(Completion.ScoredToken::id))
                    .as("completion %d", i)
                    .containsExactly(boxed(ints(wanted.get(i))));
            if (recorded.json().has("scores")) {
                assertThat(found.get(i).score())
                        .as("score of completion %d", i)
                        .isCloseTo(recorded.json().get("scores").get(i).asDouble(), within(1e-4));
            }
        }
    }

    /** The model with the recorded settings, and a tokenizer that spells token 7 as {@code t7}. */
    private static void write(Case recorded, Path folder) throws IOException {
        Path model = recorded.golden().resolve(recorded.json().get("model").asText());
        for (String file : List.of("config.json", "model.safetensors")) {
            Files.copy(model.resolve(file), folder.resolve(file));
        }
        var settings = (ObjectNode)
                JSON.readTree(model.resolve("generation_config.json").toFile());
        settings.setAll((ObjectNode) recorded.json().get("generation_config"));
        JSON.writeValue(folder.resolve("generation_config.json").toFile(), settings);
        ObjectNode tokenizer = JSON.createObjectNode().put("version", "1.0");
        tokenizer.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        ObjectNode words = tokenizer.putObject("model").put("type", "WordLevel").put("unk_token", "t3");
        ObjectNode vocabulary = words.putObject("vocab");
        int size = JSON.readTree(model.resolve("config.json").toFile())
                .get("vocab_size")
                .asInt();
        for (int id = 0; id < size; id++) {
            vocabulary.put("t" + id, id);
        }
        JSON.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer);
    }

    private static String words(int[] ids) {
        return Arrays.stream(ids).mapToObj(id -> "t" + id).collect(Collectors.joining(" "));
    }

    private static Integer[] boxed(int[] ids) {
        return Arrays.stream(ids).boxed().toArray(Integer[]::new);
    }

    private static int[] ints(JsonNode list) {
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = list.get(i).asInt();
        }
        return ids;
    }
}
