package dev.argot.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Prompts the tiny model that is part of Argot: what is tested is what is asked and shown, not the answers. */
class PromptCommandsTest {
    private static final String TEMPLATE =
            """
            [instruction]
            Say how the story feels.
            [item]
            Story: {{story}}
            Feeling: {{answer}}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private int run(String command, String... args) {
        var all = new ArrayList<>(List.of(command, "--model", "stories260k", "--offline"));
        all.addAll(List.of(args));
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    }

    private String file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    /** The values of the object on the last line by path, such as {@code items.0.answer}. */
    private Map<String, String> json() throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        try (JsonParser parser =
                new JsonFactory().createParser(out.toString().lines().toList().getLast())) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token.isScalarValue()) {
                    String pointer = parser.getParsingContext().pathAsPointer().toString();
                    values.put(pointer.substring(1).replace('/', '.'), parser.getText());
                }
            }
        }
        return values;
    }

    @Test
    void prompt_templateWithChoices_ranksThem() throws IOException {
        assertThat(run(
                        "prompt",
                        "--template",
                        file("t.txt", TEMPLATE),
                        "--choices",
                        "happy, sad",
                        "--exemplars",
                        file(
                                "e.jsonl",
                                "{\"story\": \"Tim ran.\", \"answer\": \"happy\"}\n{\"story\": \"Lily fell.\", \"answer\": \"sad\"}\n"),
                        "--input",
                        "story=Tom has a ball.",
                        "--show-prompt"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines())
                .hasSize(2)
                .allMatch(line -> line.matches("[01]\\.\\d{4}\t(happy|sad)"))
                .isSortedAccordingTo((a, b) -> b.substring(0, 6).compareTo(a.substring(0, 6)));
        assertThat(err.toString().replace("\r", ""))
                .contains(
                        "Say how the story feels.\n\nStory: Tim ran.\nFeeling: happy\n\nStory: Lily fell.\nFeeling: sad\n\nStory: Tom has a ball.\nFeeling:",
                        "argot: exemplars shown: 2: exemplar-1, exemplar-2");
    }

    @Test
    void prompt_zeroShots_showsNoExemplar() throws IOException {
        assertThat(run(
                        "prompt",
                        "--domain",
                        "legal",
                        "--task",
                        "title-classification",
                        "--shots",
                        "0",
                        "--input",
                        "text=The Mayor shall appoint a judge.",
                        "--calibrate",
                        "--normalise",
                        "tokens",
                        "--show-prompt",
                        "--json"))
                .as(err.toString())
                .isZero();
        assertThat(json())
                .containsEntry("model", "stories260k")
                .containsKeys("items.0.ranked.11.label", "items.0.promptTokens")
                .doesNotContainKeys("items.0.exemplars.0", "items.0.ranked.12.label")
                .hasEntrySatisfying(
                        "items.0.prompt", text -> assertThat(text).contains("The Mayor shall appoint a judge."));
        assertThat(json().get("items.0.answer")).isEqualTo(json().get("items.0.ranked.0.label"));
    }

    @Test
    void prompt_manyShots_saysWhatWasLeftOut() {
        assertThat(run(
                        "prompt",
                        "--domain",
                        "legal",
                        "--task",
                        "title-classification",
                        "--input",
                        "text=The Mayor shall appoint a judge."))
                .as(err.toString())
                .isZero();
        assertThat(err.toString()).contains("argot: left out for want of room: exemplars ");
    }

    @Test
    void prompt_fileOfItems_answersEach() throws IOException {
        String items = file("items.jsonl", "{\"story\": \"Tom has a ball.\"}\n{\"story\": \"Mia is ill.\"}\n");
        assertThat(run("prompt", "--template", file("t.txt", TEMPLATE), "--max-tokens", "5", "--file", items))
                .as(err.toString())
                .isZero();
        assertThat(out.toString().lines()).hasSize(2);
        List<String> together = out.toString().lines().toList();

        out.getBuffer().setLength(0);
        assertThat(run(
                        "prompt",
                        "--template",
                        file("t.txt", TEMPLATE),
                        "--max-tokens",
                        "5",
                        "--file",
                        items,
                        "--stream",
                        "--json"))
                .as(err.toString())
                .isZero();
        assertThat(json())
                .containsEntry("items.0.answer", together.get(0))
                .containsEntry("items.1.answer", together.get(1))
                .containsKeys("items.1.finishReason", "items.1.completionTokens");
    }

    @Test
    void prompt_itemsWithOwnOptions_takesThem() throws IOException {
        String items = file("items.jsonl", "{\"term\": \"ad hoc\", \"options\": [\"for this purpose\", \"by law\"]}");
        assertThat(run(
                        "prompt",
                        "--domain",
                        "legal",
                        "--task",
                        "latin-terms",
                        "--shots",
                        "1",
                        "--file",
                        items,
                        "--json"))
                .as(err.toString())
                .isZero();
        assertThat(json()).containsKeys("items.0.ranked.1.label", "items.0.exemplars.0");
        assertThat(run("prompt", "--domain", "legal", "--task", "latin-terms", "--input", "term=ad hoc"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("every item of this task brings its own options");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "--template t.txt --input tale=x                             | [story]",
                "--template t.txt --domain legal --task x --input story=x    | expected either --domain with --task, or --template",
                "--domain legal --input story=x                              | expected either",
                "--template t.txt --domain legal --input story=x             | expected --domain and --task together",
                "--template t.txt --input story=x --layout prose             | --layout: expected text, message or turns, found 'prose'",
                "--template t.txt --input story=x --selection best           | --selection: expected fixed, random",
                "--template t.txt --input story=x --selection diverse:fixed  | expected a selection that measures similarity",
                "--template t.txt --input story=x --normalise words          | --normalise: expected none, tokens, bytes or pmi",
                "--template t.txt --input story=x --order any                | --order: expected as-selected",
                "--template t.txt --input story=x --order label-entropy --selection similar | same for every item",
                "--template t.txt --input story=x --embedder stories260k     | --embedder needs --selection nearest",
                "--template t.txt --input story=x --choices a,a              | labels must differ",
                "--template t.txt --input story=x --choices a,b --stream     | --stream is for answers that are written",
                "--template t.txt --input story=x --shots -1                 | --shots must not be negative",
                "--template t.txt --input story=x --passages t.txt           | {{passages}}",
                "--template t.txt                                            | --input",
                "--domain legal --task latin-terms --input term=x --passage  | belong to a --template",
                "--domain legal --task title-classification --input text=x --choices a | has its own answers",
            })
    void prompt_calledWrongly_saysHow(String args, String message) throws IOException {
        String template = file("t.txt", TEMPLATE);
        assertThat(run("prompt", args.replace("t.txt", template).split(" +"))).isEqualTo(2);
        assertThat(err.toString()).contains(message);
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "{\"story\": [1]}            | line 1: story: expected a text",
                "[\"Tom\"]                   | line 1: expected a JSON object",
                "{\"story\": \"Tom\"         | expected JSON",
                "' '                         | expected at least one JSON object",
            })
    void prompt_brokenItems_saysWhere(String items, String message) throws IOException {
        assertThat(run("prompt", "--template", file("t.txt", TEMPLATE), "--file", file("items.jsonl", items)))
                .isEqualTo(1);
        assertThat(err.toString()).contains("items.jsonl", message);
    }

    @Test
    void prompt_itemWithoutASlot_namesFileAndObject() throws IOException {
        String items = file("items.jsonl", "\ufeff{\"story\": \"Tom\"}\n{\"tale\": \"Tim\"}");
        assertThat(run("prompt", "--template", file("t.txt", TEMPLATE), "--file", items))
                .isEqualTo(2);
        assertThat(err.toString()).contains("items.jsonl, object 2: ", "[tale]");
    }

    @ParameterizedTest
    @ValueSource(strings = {"prompt --template t.txt --input story=Tom", "complete --prompt Once"})
    void jsonSchema_malformed_namesTheFile(String args) throws IOException {
        String template = file("t.txt", TEMPLATE);
        String[] all = (args + " --json-schema s.json")
                .replace("t.txt", template)
                .replace("s.json", file("s.json", "{\"type\": \"text\"}"))
                .split(" ", -1);
        assertThat(run(all[0], Arrays.copyOfRange(all, 1, all.length))).isEqualTo(1);
        assertThat(err.toString())
                .contains("s.json: JSON schema, #: unknown type 'text'")
                .doesNotContain("Exception");
    }

    @Test
    void jsonSchema_folder_isNoFile() {
        assertThat(run("complete", "--prompt", "Once", "--json-schema", folder.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains(folder + ": expected a file, found a folder");
    }

    @Test
    void chat_messageThatDoesNotFit_isRefusedAndTheNextOneAnswered() throws IOException {
        Path model = folder.resolve("talking");
        assertThat(run("export", "--out", model.toString())).as(err.toString()).isZero();
        Files.writeString(model.resolve("chat_template.jinja"), "{% for m in messages %}{{ m.content }}\n{% endfor %}");
        out.getBuffer().setLength(0);
        InputStream before = System.in;
        try {
            System.setIn(new ByteArrayInputStream(
                    ("word ".repeat(600) + "\r\n\nOnce upon a time").getBytes(StandardCharsets.UTF_8)));
            assertThat(Main.run(
                            new PrintWriter(out, true),
                            new PrintWriter(err, true),
                            "chat",
                            "--offline",
                            "--model",
                            model.toString(),
                            "--max-tokens",
                            "5"))
                    .isEqualTo(1);
        } finally {
            System.setIn(before);
        }
        assertThat(err.toString()).contains("argot: The message", "holds 512, of which 5 are kept for the answer");
        assertThat(out.toString()).isNotBlank().hasLineCount(1);
    }

    @Test
    void prompt_unknownTask_namesThoseThereAre() {
        assertThat(run("prompt", "--domain", "legal", "--task", "poems", "--input", "a=b"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("has no task 'poems'", "latin-terms");
    }

    @Test
    void sweep_out_writesPageAndFigures() throws IOException {
        Path to = folder.resolve("sweep");
        assertThat(run(
                        "sweep",
                        "--against",
                        "stories260k",
                        "--domain",
                        "medical",
                        "--task",
                        "sig-codes",
                        "--shots",
                        "0,1,2",
                        "--repeats",
                        "2",
                        "--items",
                        "3",
                        "--out",
                        to.toString(),
                        "--json"))
                .as(err.toString())
                .isZero();
        assertThat(json())
                .containsEntry("format", "argot-shot-sweeps")
                .containsEntry("sweeps.0.task", "sig-codes")
                .containsEntry("sweeps.1.points.2.shots", "2")
                .containsKeys("sweeps.1.points.1.repeats.1", "sweeps.1.points.1.scores.exact_match.low");
        assertThat(to.resolve("sweep.json")).exists();
        assertThat(to.resolve("sweep.html")).content().contains("How many exemplars?");
        assertThat(err.toString()).contains("sig-codes, 1 shot: 6 done");
    }

    @ParameterizedTest
    @ValueSource(strings = {"sweep --task sig-codes", "evaluate --tasks sig-codes"})
    void out_fileInTheWay_isSaidBeforeMeasuring(String args) throws IOException {
        String file = file("results", "");
        String[] all = (args + " --domain medical --out ").split(" ");
        var rest = new ArrayList<>(List.of(all).subList(1, all.length));
        rest.add(file);
        assertThat(run(all[0], rest.toArray(String[]::new))).isEqualTo(2);
        assertThat(err.toString()).contains("--out: expected a folder, found the file " + file);
    }

    @Test
    void sweep_text_marksTheBest() {
        assertThat(run("sweep", "--domain", "medical", "--task", "sig-codes", "--shots", "0,1", "--items", "2"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains("exact match of stories260k, 2 items", "  *\n", "* best: 0 shots; it ended because ");
    }

    @Test
    void sweep_calledWrongly_saysHow() {
        assertThat(run("sweep", "--domain", "medical", "--task", "sig-codes", "--repeats", "0"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("repeats, items and patience of at least 1");
        assertThat(run("sweep", "--domain", "medical")).isEqualTo(2);
        assertThat(err.toString()).contains("--task");
    }

    @Test
    void evaluate_promptingOptions_changeWhatIsAsked() throws IOException {
        assertThat(run(
                        "evaluate",
                        "--domain",
                        "legal",
                        "--tasks",
                        "latin-terms",
                        "--items",
                        "4",
                        "--shots",
                        "1",
                        "--normalise",
                        "bytes",
                        "--calibrate",
                        "--json"))
                .as(err.toString())
                .isZero();
        assertThat(json()).containsEntry("tasks.0.shots", "1").containsKey("tasks.0.scores.accuracy.value");
        assertThat(run("evaluate", "--domain", "legal", "--layout", "prose")).isEqualTo(2);
        assertThat(err.toString()).contains("--layout: expected text, message or turns");
    }
}
