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
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs commands on the tiny model that is part of Argot. */
class MainTest {
    private static final String MODEL = "stories260k";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    }

    /** The values of the object on the last line by path, such as {@code tokens.0.id}. */
    private Map<String, String> json() throws IOException {
        List<String> lines = out.toString().lines().toList();
        Map<String, String> values = new LinkedHashMap<>();
        try (JsonParser parser = new JsonFactory().createParser(lines.get(lines.size() - 1))) {
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

    /** A golden encoder-decoder with a tokenizer that spells token 7 as {@code t7}. */
    private static Path encoderDecoder(Path folder) throws IOException {
        Path golden = Path.of(System.getProperty("argot.golden", "../../conformance/golden"), "model-bart");
        for (String file : List.of("config.json", "generation_config.json", "model.safetensors")) {
            Files.copy(golden.resolve(file), folder.resolve(file));
        }
        String vocabulary =
                IntStream.range(0, 128).mapToObj(id -> "\"t" + id + "\": " + id).collect(Collectors.joining(", "));
        Files.writeString(
                folder.resolve("tokenizer.json"),
                "{\"version\": \"1.0\", \"pre_tokenizer\": {\"type\": \"WhitespaceSplit\"}, \"model\": "
                        + "{\"type\": \"WordLevel\", \"unk_token\": \"t3\", \"vocab\": {" + vocabulary + "}}}");
        return folder;
    }

    @Test
    void complete_encoderDecoder_answersThePrompt(@TempDir Path folder) throws IOException {
        String model = encoderDecoder(folder).toString();
        assertThat(run(
                        "complete",
                        "--model",
                        model,
                        "--prompt",
                        "t54 t26 t80 t88 t97 t63",
                        "--max-tokens",
                        "8",
                        "--json"))
                .isZero();
        assertThat(json())
                .containsEntry("text", "t123 t123 t123 t123 t123 t123 t119 t119") // as the reference does
                .containsEntry("promptTokens", "6")
                .containsEntry("completionTokens", "8")
                .containsEntry("finishReason", "length");
    }

    @Test
    void complete_longSource_isCutWhereAsked(@TempDir Path folder) throws IOException {
        String model = encoderDecoder(folder).toString();
        String prompt = "t9 ".repeat(70);
        assertThat(run(
                        "complete",
                        "--model",
                        model,
                        "--prompt",
                        prompt,
                        "--truncate",
                        "end",
                        "--max-tokens",
                        "2",
                        "--json"))
                .isZero();
        assertThat(json()).containsEntry("promptTokens", "64").containsEntry("droppedPromptTokens", "6");
        assertThat(err.toString()).contains("last 6 tokens");
        assertThat(run("complete", "--model", model, "--prompt", prompt)).isEqualTo(1);
        assertThat(err.toString()).contains("70").contains("TRUNCATE_END");
    }

    @Test
    void info_json_listsThePlugIns() throws IOException {
        assertThat(run("info", "--json")).isZero();
        assertThat(json().values()).contains("engine", "pytorch", "huggingface", "gguf");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void domain_withoutName_listsThemAll() {
        assertThat(run("domain")).isZero();
        assertThat(out.toString().lines().map(line -> line.split(" ", 2)[0]))
                .containsExactly("finance", "legal", "medical");
    }

    @Test
    void domain_json_describesIt() throws IOException {
        assertThat(run("domain", "medical", "--json")).isZero();
        assertThat(json())
                .containsEntry("name", "medical")
                .containsEntry("tasks.0.name", "sig-codes")
                .containsEntry("tasks.0.answer", "text")
                .containsEntry("sources.0.id", "argot")
                .containsKeys("terms", "definitions", "categories.drug", "abbreviations", "samples", "tasks.0.items");
    }

    @Test
    void domain_text_showsTasksAndLicences() {
        assertThat(run("domain", "legal")).isZero();
        assertThat(out.toString()).contains("latin-terms: ", "lexpredict (CC-BY-SA-4.0): ");
    }

    @Test
    void domain_out_writesSamplesAndPairs(@TempDir Path temporary) throws IOException {
        Path folder = temporary.resolve("medical");
        assertThat(run("domain", "medical", "--out", folder.toString())).isZero();
        try (var files = Files.list(temporary)) {
            assertThat(files).containsExactly(folder);
        }
        assertThat(Files.readAllLines(folder.resolve("sig-codes.pairs.jsonl")))
                .hasSizeGreaterThan(700)
                .allMatch(line -> line.contains("\\nDirections:\",\"completion\":\" "));
        assertThat(Files.readAllLines(folder.resolve("samples.jsonl")))
                .allMatch(line -> line.contains("\"licence\":\"CC-BY-4.0\""));

        assertThat(run("domain", "medical", "--out", folder.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("medical: expected a folder that does not exist yet");
        assertThat(run("domain", "--out", folder.toString())).isEqualTo(2);
    }

    @Test
    void domain_outWithShots_showsExemplarsInTurns(@TempDir Path temporary) throws IOException {
        Path folder = temporary.resolve("finance");
        assertThat(run("domain", "finance", "--out", folder.toString(), "--shots", "0,2"))
                .isZero();
        List<String> pairs = Files.readAllLines(folder.resolve("banking-intents.pairs.jsonl"));
        for (int i = 0; i < pairs.size(); i++) {
            assertThat(pairs.get(i).split("Customer: ", -1)).as("pair %d", i).hasSize(i % 2 == 0 ? 2 : 4);
        }
        assertThat(run("domain", "finance", "--out", temporary.resolve("x").toString(), "--shots", "-1"))
                .isNotZero();
        assertThat(temporary.resolve("x")).doesNotExist();
    }

    @Test
    void domain_unknown_namesThoseThereAre() {
        assertThat(run("domain", "sailing")).isEqualTo(1);
        assertThat(err.toString()).contains("'sailing'", "[finance, legal, medical]");
    }

    @Test
    void show_json_describesTheModel() throws IOException {
        assertThat(run("show", MODEL, "--json", "--offline")).isZero();
        assertThat(json())
                .containsEntry("architecture", "llama")
                .containsEntry("kind", "CausalModel")
                .containsEntry("vocabularySize", "512")
                .containsKeys("parameters", "weightBytes.int4", "cacheBytesPerToken", "licence");
    }

    @Test
    void show_program_printsWhatTheEngineMadeOfIt() {
        assertThat(run("show", MODEL, "--program", "--offline")).isZero();
        assertThat(out.toString()).contains("def ");
    }

    @Test
    void complete_greedy_printsTheTextAlone() {
        assertThat(run("complete", "--model", MODEL, "--offline", "--prompt", "Once upon a", "--max-tokens", "8"))
                .isZero();
        assertThat(out.toString()).startsWith(" time, there was a");
        assertThat(err.toString()).contains("tokens/s");
    }

    @Test
    void complete_streamAndJson_keepsStandardOutputForTheObject() throws IOException {
        assertThat(run(
                        "complete",
                        "--model",
                        MODEL,
                        "--offline",
                        "--prompt",
                        "Once upon a time",
                        "--stream",
                        "--json",
                        "--temperature",
                        "0.8",
                        "--top-k",
                        "40",
                        "--top-p",
                        "0.95",
                        "--min-p",
                        "0.01",
                        "--seed",
                        "7",
                        "--max-tokens",
                        "12",
                        "--top-log-probabilities",
                        "2"))
                .isZero();
        assertThat(out.toString().lines()).hasSize(1);
        assertThat(json())
                .containsEntry("finishReason", "length")
                .containsEntry("completionTokens", "12")
                .containsKeys("tokens.11.id", "tokens.0.top.1.logProbability", "tokensPerSecond", "score");
        assertThat(err.toString()).contains(json().get("text"));
    }

    @Test
    void complete_sameSeed_givesTheSameText() {
        String[] args = {
            "complete",
            "--model",
            MODEL,
            "--offline",
            "--prompt",
            "Lily",
            "--temperature",
            "1",
            "--seed",
            "3",
            "--max-tokens",
            "20"
        };
        run(args);
        String first = out.toString();
        out.getBuffer().setLength(0);
        run(args);
        assertThat(out.toString()).isEqualTo(first).isNotBlank();
    }

    @Test
    void complete_stop_endsBeforeIt() throws IOException {
        assertThat(run(
                        "complete",
                        "--model",
                        MODEL,
                        "--offline",
                        "--prompt",
                        "Once upon a",
                        "--stop",
                        "there",
                        "--json"))
                .isZero();
        assertThat(json()).containsEntry("text", " time, ").containsEntry("finishReason", "stop_string");
    }

    @Test
    void complete_beams_listsTheOthers() throws IOException {
        assertThat(run(
                        "complete",
                        "--model",
                        MODEL,
                        "--offline",
                        "--prompt",
                        "Once",
                        "--beams",
                        "3",
                        "--max-tokens",
                        "6",
                        "--json"))
                .isZero();
        assertThat(json()).containsKeys("alternatives.0.text", "alternatives.1.score");
    }

    @Test
    void perplexity_json_hasTheAgreedKeys(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("text.txt");
        Files.writeString(file, "Once upon a time, there was a little girl named Lily.");
        assertThat(run(
                        "perplexity",
                        "--model",
                        MODEL,
                        "--offline",
                        "--file",
                        file.toString(),
                        "--context",
                        "16",
                        "--stride",
                        "8",
                        "--beside",
                        "float32",
                        "--json"))
                .isZero();
        Map<String, String> json = json();
        double nats = Double.parseDouble(json.get("nats"));
        double tokens = Double.parseDouble(json.get("tokens"));
        assertThat(Double.parseDouble(json.get("perplexity")))
                .isEqualTo(Math.exp(nats / tokens))
                .isBetween(1.0, 20.0);
        assertThat(json).containsEntry("beside.precision", "float32").containsEntry("perplexityIncrease", "0.0");
        assertThat(json.get("beside.bitsPerByte")).isEqualTo(json.get("bitsPerByte"));
    }

    @Test
    void tokenize_text_isALiteralEvenIfItNamesAFile(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("text.txt");
        Files.writeString(file, "Lily ö 😀");
        assertThat(run("tokenize", "--model", MODEL, "--offline", "--file", file.toString(), "--json"))
                .isZero();
        Map<String, String> ofFile = json();
        assertThat(run("tokenize", "--model", MODEL, "--offline", "--text", "Lily ö 😀", "--json"))
                .isZero();
        assertThat(json()).isEqualTo(ofFile);
        assertThat(run("tokenize", "--model", MODEL, "--offline", "--text", file.toString(), "--json"))
                .isZero();
        assertThat(json()).isNotEqualTo(ofFile);
    }

    @Test
    void tokenize_fileIsNotUtf8_saysSo(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("latin1.txt");
        Files.write(file, "größe".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(run("tokenize", "--model", MODEL, "--offline", "--file", file.toString()))
                .isEqualTo(1);
        assertThat(err.toString()).contains("latin1.txt").contains("UTF-8").hasLineCount(1);
    }

    @Test
    void anyCommand_fails_saysWhatToDoInOneLine() {
        assertThat(run("tokenize", "--model", "no/such/model.gguf", "--offline", "--text", "x"))
                .isEqualTo(1);
        assertThat(err.toString())
                .startsWith("argot: ")
                .contains("no/such/model.gguf")
                .hasLineCount(1);
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void anyCommand_failsVerbosely_printsTheStackTrace() {
        assertThat(run("tokenize", "--model", "no/such/model.gguf", "--offline", "--text", "x", "--verbose"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("\tat dev.argot");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense",
                "complete --model stories260k",
                "complete --prompt x --temperature -1",
                "complete --prompt x --top-k many",
                "complete --prompt x --precision float7",
                "perplexity --file x --stride 2000",
                "tokenize --text x --file y",
                "show"
            })
    void anyCommand_calledWrongly_givesTwoAndOneLine(String line) {
        assertThat(run(line.split(" "))).isEqualTo(2);
        assertThat(err.toString()).startsWith("argot: ").contains("--help").hasLineCount(1);
    }

    @Test
    void noCommand_showsTheUsage() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("complete").contains("perplexity");
    }

    @Test
    void evaluate_twoModels_printsTheTableAndWritesThePage(@TempDir Path folder) throws IOException {
        Path text =
                Files.writeString(folder.resolve("story.txt"), "Once upon a time, there was a little girl named Lily.");
        assertThat(run(
                        "evaluate",
                        "--model",
                        MODEL,
                        "--against",
                        MODEL,
                        "--offline",
                        "--domain",
                        "legal",
                        "--tasks",
                        "latin-terms",
                        "--shots",
                        "0,1",
                        "--items",
                        "3",
                        "--text",
                        "story=" + text,
                        "--text",
                        "story=" + text,
                        "--general",
                        "other=" + text,
                        "--out",
                        folder.resolve("out").toString()))
                .isZero();
        assertThat(out.toString().lines().filter(line -> line.startsWith("latin-terms")))
                .hasSize(2)
                .allMatch(line -> line.contains("+0.0 +0.0..+0.0"));
        assertThat(out.toString()).contains("bits/byte of general text: +0.0%");
        assertThat(err.toString()).contains("latin-terms, 1 shot: 3 done");
        assertThat(folder.resolve("out/comparison.html")).content().contains("<h1>stories260k beside stories260k</h1>");
        assertThat(folder.resolve("out/comparison.json")).content().contains("argot-comparison");
    }

    @Test
    void evaluate_json_isOneObject(@TempDir Path folder) throws IOException {
        Path text =
                Files.writeString(folder.resolve("story.txt"), "Once upon a time, there was a little girl named Lily.");
        assertThat(run("evaluate", "--model", MODEL, "--offline", "--text", "story=" + text, "--limit", "9", "--json"))
                .isZero();
        assertThat(out.toString().lines()).hasSize(1);
        assertThat(json())
                .containsEntry("format", "argot-evaluation")
                .containsEntry("version", "1")
                .containsEntry("texts.0.name", "story")
                .containsEntry("texts.0.role", "domain")
                .containsEntry("texts.0.perplexity.tokens", "8")
                .containsKey("texts.0.perplexity.bitsPerByte");
    }

    @Test
    void evaluate_calledWrongly_saysWhat() {
        assertThat(run("evaluate", "--model", MODEL, "--offline")).isEqualTo(2);
        assertThat(err.toString()).contains("nothing to measure");
        assertThat(run("evaluate", "--model", MODEL, "--offline", "--tasks", "a", "--instructions"))
                .isEqualTo(2);
        assertThat(run("evaluate", "--model", MODEL, "--offline", "--text", "nofile"))
                .isEqualTo(2);
        assertThat(run("evaluate", "--model", MODEL, "--offline", "--domain", "legal", "--tasks", "none"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("has no task 'none'. Its tasks: [").contains("latin-terms");
        assertThat(run("evaluate", "--model", MODEL, "--offline", "--domain", "none"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("No domain named 'none'. Available: ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void export_asFloat16_isAModelThatAnswersTheSame(@TempDir Path temp) throws IOException {
        Path folder = temp.resolve("half");
        assertThat(run(
                        "export",
                        "--model",
                        MODEL,
                        "--out",
                        folder.toString(),
                        "--dtype",
                        "float16",
                        "--offline",
                        "--json"))
                .isZero();
        assertThat(json()).containsEntry("folder", folder.toString()).containsKey("bytes");
        assertThat(folder).isDirectoryContaining("glob:**/README.md");
        assertThat(run("show", folder.toString(), "--json")).isZero();
        assertThat(json()).containsEntry("storedType", "float16");
        out.getBuffer().setLength(0);
        assertThat(run("complete", "--model", folder.toString(), "--prompt", "Once upon a", "--max-tokens", "8"))
                .isZero();
        assertThat(out.toString()).startsWith(" time, there was a");
    }

    @Test
    void merge_folderInTheWay_failsAndLeavesIt(@TempDir Path temp) throws IOException {
        Files.writeString(temp.resolve("mine"), "mine");
        assertThat(run("merge", "--model", MODEL, "--out", temp.toString(), "--offline"))
                .isEqualTo(1);
        assertThat(err.toString()).contains("in the way");
        assertThat(temp.resolve("mine")).hasContent("mine");
    }

    @Test
    void export_quantised_isCalledWrongly(@TempDir Path temp) {
        assertThat(run("export", "--model", MODEL, "--out", temp.resolve("x").toString(), "--dtype", "int8"))
                .isEqualTo(2);
    }

    @Test
    void verify_changedByte_exitsWithOneAndNamesTheFile(@TempDir Path temp) throws IOException {
        Files.writeString(temp.resolve("a"), "abc");
        Files.writeString(
                temp.resolve("SHA256SUMS"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n");
        assertThat(run("verify", temp.toString())).isZero();
        assertThat(out.toString()).contains("1 files, all as they were written");
        Files.writeString(temp.resolve("a"), "abd");
        assertThat(run("verify", temp.toString(), "--json")).isEqualTo(1);
        assertThat(json())
                .containsEntry("intact", "false")
                .containsEntry("problems.0.file", "a")
                .containsEntry("problems.0.kind", "changed");
        assertThat(err.toString()).contains("/a: expected SHA-256 ba7816bf");
    }
}
