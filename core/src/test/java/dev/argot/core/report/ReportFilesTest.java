package dev.argot.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationReport.Sample;
import dev.argot.api.adaptation.AdaptationReport.TrainingPoint;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.prompt.ShotSweep;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFilesTest {
    private final ReportFiles files = new ReportFiles();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    @Test
    void read_whatWasWritten_isTheSame() {
        AdaptationReport report = SampleReports.adaptation();
        files.write(report, folder.resolve("deep/folder"));
        assertThat(folder.resolve("deep/folder"))
                .isDirectoryContaining("glob:**report.json")
                .isDirectoryContaining("glob:**report.html");
        assertThat(files.read(folder.resolve("deep/folder/report.json"))).isEqualTo(report);
        try (var left = Files.list(folder.resolve("deep/folder"))) {
            assertThat(left).hasSize(2);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void readFineTuning_whatWasWritten_isTheSame() {
        FineTuningReport report = SampleReports.fineTuning("a “model”");
        files.write(report, folder);
        assertThat(files.readFineTuning(folder.resolve("report.json"))).isEqualTo(report);
        assertThatThrownBy(() -> files.read(folder.resolve("report.json")))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("argot-fine-tuning-report");
    }

    @Test
    void write_evaluationOfAHead_hasScoresByName() throws IOException {
        HeadEvaluation evaluation = SampleReports.fineTuning("m").test().orElseThrow();
        files.write(evaluation, folder);
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("evaluation.json").toFile());
        assertThat(json.at("/scores/entity_f1/value").asDouble()).isEqualTo(0.8123);
        assertThat(json.at("/classes/0/support").asInt()).isEqualTo(1234);
        assertThat(new ObjectMapper().readTree(files.json(evaluation))).isEqualTo(json);
        assertThat(folder.resolve("evaluation.html")).exists();
    }

    @Test
    void write_sweeps_hasEachPoint() throws IOException {
        List<ShotSweep> sweeps = List.of(SampleReports.sweep("base", 0.2), SampleReports.sweep("adapted", 0.6));
        files.write(sweeps, folder);
        JsonNode json = new ObjectMapper().readTree(folder.resolve("sweep.json").toFile());
        assertThat(json.get("format").asText()).isEqualTo("argot-shot-sweeps");
        assertThat(json.at("/sweeps/1/model").asText()).isEqualTo("adapted");
        assertThat(json.at("/sweeps/1/best").asInt()).isEqualTo(4);
        assertThat(json.at("/sweeps/0/points/5/shots").asInt()).isEqualTo(16);
        assertThat(json.at("/sweeps/0/points/5/dropped").asInt()).isEqualTo(75);
        assertThat(json.at("/sweeps/0/points/5/repeats")).hasSize(3);
        assertThat(json.at("/sweeps/0/points/0/scores/accuracy/low").asDouble()).isEqualTo(0.31 - 0.08);
        assertThat(new ObjectMapper().readTree(files.json(sweeps))).isEqualTo(json);
        assertThat(folder.resolve("sweep.html")).exists();
    }

    @Test
    void read_emptyReport_isTheSame() {
        AdaptationReport report = AdaptationReport.builder(
                        "m", "d", "full", SampleReports.adaptation().environment())
                .training(new TrainingPoint(1, 2, Double.NaN, 1e-300, Double.NaN, 12345678901.25))
                .sample(new Sample("\u0000\u001b\"\\\n\u2028", "", "😀"))
                .build();
        files.write(report, folder);
        assertThat(files.read(folder.resolve("report.json"))).isEqualTo(report);
    }

    @Test
    void write_halfACharacter_becomesTheReplacementCharacter() throws IOException {
        AdaptationReport report = AdaptationReport.builder(
                        "m", "d", "full", SampleReports.adaptation().environment())
                .sample(new Sample("half \ud83d", "a", "b"))
                .build();
        files.write(report, folder);
        assertThat(files.read(folder.resolve("report.json")).samples().get(0).prompt())
                .isEqualTo("half \ufffd");
        assertThat(Files.readString(folder.resolve("report.html"))).contains("half \ufffd");
    }

    @Test
    void json_keys_areThoseOfTheSchema() throws IOException {
        // GIVEN every key there can be, list indices aside
        files.write(SampleReports.adaptation(), folder);
        JsonNode json =
                new ObjectMapper().readTree(folder.resolve("report.json").toFile());
        var keys = new TreeSet<String>();
        collect(json, "", keys);
        // THEN renaming one breaks those who read reports: raise the version then
        try (var in = ReportFilesTest.class.getResourceAsStream("report-schema-1.txt")) {
            assertThat(String.join("\n", keys))
                    .isEqualTo(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8).strip());
        }
    }

    private static void collect(JsonNode node, String path, Set<String> keys) {
        if (node.isObject()) {
            boolean map = path.matches(".*\\.(configuration|seeds|dropped|counts|settings|sources|licences|scores)")
                    && !node.has("licence");
            node.properties()
                    .forEach(field -> collect(field.getValue(), path + "." + (map ? "*" : field.getKey()), keys));
        } else if (node.isArray()) {
            node.forEach(element -> collect(element, path + "[]", keys));
        } else {
            keys.add(path.substring(1) + ": " + node.getNodeType().name().toLowerCase(Locale.ROOT));
        }
    }

    @Test
    void json_derivedFigures_areThere() throws IOException {
        JsonNode json = new ObjectMapper().readTree(files.json(SampleReports.comparison()));
        assertThat(json.get("format").asText()).isEqualTo("argot-comparison");
        assertThat(json.get("version").asInt()).isEqualTo(1);
        assertThat(json.get("domainGain").asDouble())
                .isEqualTo(SampleReports.comparison().domainGain().orElseThrow());
        assertThat(json.at("/texts/0/before/bitsPerByte").asDouble()).isEqualTo(51_402.25 / Math.log(2) / 81_734);
        assertThat(files.json(SampleReports.comparison())).doesNotContain("\n");
    }

    @Test
    void read_brokenFiles_sayFileKeyExpectedAndFound() throws IOException {
        files.write(SampleReports.adaptation(), folder);
        Path file = folder.resolve("report.json");
        String good = Files.readString(file);
        refused(file, "[]", "expected a JSON object");
        refused(file, "{", "expected JSON");
        refused(file, good + "{}", "more behind it");
        refused(file, good.replace("argot-adaptation-report", "other"), "format: expected");
        refused(file, good.replaceFirst("\"version\" : 1", "\"version\" : 2"), "version: expected 1, found 2");
        refused(file, good.replaceFirst("\"method\" : \"[^\"]*\",", ""), "expected the key method, found none");
        refused(
                file,
                good.replaceFirst("\"role\" : \"domain\"", "\"role\" : \"none\""),
                "texts.0.role: expected one of");
        refused(file, good.replaceFirst("\"step\" : 1,", "\"step\" : 1.5,"), "training.0.step: expected an integer");
        refused(file, good.replaceFirst("\"step\" : 1,", "\"step\" : \"1\","), "training.0.step: expected a number");
        refused(file, good.replaceFirst("2026-03-14T", "14 March "), "finished: expected an instant");
        Files.write(file, new byte[] {'{', (byte) 0xff});
        assertThatThrownBy(() -> files.read(file))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("UTF-8");
        assertThatThrownBy(() -> files.read(folder.resolve("none.json")))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("none.json");
    }

    private void refused(Path file, String text, String message) throws IOException {
        Files.writeString(file, text);
        assertThatThrownBy(() -> files.read(file))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void write_fileInTheWay_isReportedAndLeavesNothing() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> files.write(SampleReports.comparison(), file))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("file");
        Files.createDirectories(folder.resolve("comparison.json/child"));
        assertThatThrownBy(() -> files.write(SampleReports.comparison(), folder))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("comparison.json");
        assertThat(folder.resolve("comparison.json.part")).doesNotExist();
        assertThat(folder.resolve("comparison.html")).doesNotExist();
    }
}
