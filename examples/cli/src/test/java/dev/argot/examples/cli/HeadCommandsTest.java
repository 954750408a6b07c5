package dev.argot.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands for encoders and their heads on golden models; what they print is what Transformers recorded. */
class HeadCommandsTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    private static Path golden(String name) {
        return Path.of(System.getProperty("argot.golden", "golden")).resolve("pipeline-" + name);
    }

    private static Map<String, String> values(String text) throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isScalarValue()) {
                    values.put(
                            parser.getParsingContext()
                                    .pathAsPointer()
                                    .toString()
                                    .substring(1)
                                    .replace('/', '.'),
                            parser.getText());
                }
            }
        }
        return values;
    }

    private Map<String, String> json() throws IOException {
        return values(out.toString().lines().toList().getLast());
    }

    private static Map<String, String> expected(Path folder) throws IOException {
        return values(Files.readString(folder.resolve("expected.json")));
    }

    private static void assertClose(
            Map<String, String> found, String key, Map<String, String> wanted, String wantedKey) {
        assertThat(Double.parseDouble(found.getOrDefault(key, "NaN")))
                .as(key)
                .isCloseTo(
                        Double.parseDouble(wanted.getOrDefault(wantedKey, "NaN")),
                        org.assertj.core.api.Assertions.within(2e-5));
    }

    @Test
    void fillMask_json_isThePipelines() throws IOException {
        Path folder = golden("fill-mask-byte-level-bpe");
        Map<String, String> wanted = expected(folder);
        assertThat(run(
                        "fill-mask",
                        "--model",
                        folder.toString(),
                        "--text",
                        wanted.getOrDefault("cases.0.text", ""),
                        "--text",
                        wanted.getOrDefault("cases.6.text", ""),
                        "--json"))
                .as(err.toString())
                .isZero();
        Map<String, String> found = json();
        assertThat(found)
                .containsEntry("texts.0.masks.0.candidates.0.id", wanted.get("cases.0.masks.0.0.id"))
                .containsEntry("texts.0.masks.0.candidates.0.text", wanted.get("cases.0.masks.0.0.text"))
                .containsEntry("texts.1.masks.1.candidates.3.id", wanted.get("cases.6.masks.1.3.id"))
                .containsKeys("model", "engine", "texts.0.masks.0.start", "texts.0.masks.0.end")
                .containsKey("texts.0.masks.0.candidates.4.token"); // five by default
        assertClose(found, "texts.0.masks.0.candidates.0.probability", wanted, "cases.0.masks.0.0.probability");
    }

    @Test
    void fillMask_text_showsTheTextFilled() {
        assertThat(run(
                        "fill-mask",
                        "--model",
                        golden("fill-mask-wordpiece").toString(),
                        "--text",
                        "a [MASK] b",
                        "--top",
                        "3"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).hasSize(3).allMatch(line -> line.matches("0\\.\\d{4}\t\\S+\ta ?\\S+ b"));
    }

    @Test
    void classify_json_isThePipelines(@TempDir Path folder) throws IOException {
        Path model = golden("classify-multi-label");
        Map<String, String> wanted = expected(model);
        Path lines = folder.resolve("lines.txt");
        Files.writeString(
                lines, wanted.get("cases.0.text") + "\n\n" + wanted.get("cases.1.text") + "\n", StandardCharsets.UTF_8);
        assertThat(run("classify", "--model", model.toString(), "--file", lines.toString(), "--json"))
                .as(err.toString())
                .isZero();
        Map<String, String> found = json();
        assertThat(found)
                .containsEntry("kind", "multi_label")
                .containsEntry("texts.1.scores.0.label", wanted.get("cases.1.scores.0.label"))
                .doesNotContainKey("texts.2.text");
        assertClose(found, "texts.1.scores.0.score", wanted, "cases.1.scores.0.score");
    }

    @Test
    void tag_json_isThePipelines() throws IOException {
        Path model = golden("tag-wordpiece");
        Map<String, String> wanted = expected(model);
        String text = wanted.getOrDefault("cases.0.text", "");
        assertThat(run("tag", "--model", model.toString(), "--text", text, "--json"))
                .as(err.toString())
                .isZero();
        assertThat(json())
                .containsEntry("entities.0.type", wanted.get("cases.0.entities.0.type"))
                .containsEntry("entities.0.start", wanted.get("cases.0.entities.0.start"))
                .containsEntry("entities.0.end", wanted.get("cases.0.entities.0.end"));
        assertThat(run("tag", "--model", model.toString(), "--text", text, "--words", "--json"))
                .isZero();
        assertThat(json())
                .containsEntry("words.0.word", wanted.get("cases.0.words.0"))
                .containsEntry("words.0.tag", wanted.get("cases.0.tags.0"))
                .containsEntry("words.6.tag", wanted.get("cases.0.tags.6"));
    }

    @Test
    void answer_json_isTheReferences() throws IOException {
        Path model = golden("answer-wordpiece");
        Map<String, String> wanted = expected(model);
        assertThat(run(
                        "answer",
                        "--model",
                        model.toString(),
                        "--question",
                        wanted.getOrDefault("cases.1.question", ""),
                        "--text",
                        wanted.getOrDefault("cases.1.passage", ""),
                        "--top",
                        "2",
                        "--json"))
                .as(err.toString())
                .isZero();
        Map<String, String> found = json();
        assertThat(found)
                .containsEntry("answers.1.start", wanted.get("cases.1.answers.1.start"))
                .containsEntry("answers.1.end", wanted.get("cases.1.answers.1.end"))
                .doesNotContainKey("answers.2.start");
        assertClose(found, "answers.0.score", wanted, "cases.1.answers.0.score");
    }

    @Test
    void embed_query_ranksByCloseness() throws IOException {
        String model = golden("fill-mask-unigram").toString();
        List<String> command = List.of("embed", "--model", model, "--text", "the sea", "--text", "Who are you?");
        assertThat(run(command.toArray(new String[0]))).as(err.toString()).isZero();
        assertThat(out.toString().lines()).hasSize(2).allMatch(line -> line.split(" ", -1).length == 16);
        assertThat(run(
                        "embed",
                        "--model",
                        model,
                        "--text",
                        "Who are you?",
                        "--text",
                        "the sea",
                        "--query",
                        "the sea",
                        "--json"))
                .isZero();
        assertThat(json())
                .containsEntry("size", "16")
                .containsEntry("texts.0.text", "the sea")
                .containsEntry("texts.1.text", "Who are you?")
                .containsKey("texts.1.vector.15");
        assertThat(Double.parseDouble(json().getOrDefault("texts.0.cosine", "0")))
                .isGreaterThan(0.9999);
        assertThat(err.toString()).contains("2 texts in");
    }

    @Test
    void embed_causalModel_embedsToo() {
        assertThat(run("embed", "--model", "stories260k", "--text", "Once upon a time", "--pooling", "mean"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).hasSize(1);
    }

    @Test
    void heads_wrongModelOrNumber_sayWhatIsWrong() {
        String model = golden("tag-wordpiece").toString();
        assertThat(run("fill-mask", "--model", model, "--text", "a [MASK]")).isEqualTo(1);
        assertThat(err.toString()).contains("TokenClassifier", "MaskedModel");
        assertThat(run("fill-mask", "--model", model, "--text", "a [MASK]", "--top", "0"))
                .isEqualTo(2);
        assertThat(run("fill-mask", "--model", golden("fill-mask-wordpiece").toString(), "--text", "no mask here"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("has no mask", "no mask here");
    }
}
