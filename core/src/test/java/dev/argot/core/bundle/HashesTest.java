package dev.argot.core.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.Verification;
import dev.argot.api.Verification.Kind;
import dev.argot.core.bundle.BundleWriter.Contents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles are written whole, and what is changed in one is found. */
class HashesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path temp;

    private static Contents contents() {
        Map<String, Object> metrics = new LinkedHashMap<>();
        metrics.put("bitsPerByte", 0.9);
        metrics.put("broken", Double.NaN);
        return new Contents(
                "medical",
                Map.of("method", "lora"),
                metrics,
                Map.of("data", 7L),
                new Lineage("owner/base", List.of(new Lineage.Step("huggingface", Map.of("config.json", "00")))),
                new ModelCard(
                        "A model",
                        "apache-2.0",
                        "owner/base",
                        "adapter",
                        "peft",
                        "text-generation",
                        List.of("argot", "two words"),
                        Map.of("Limits", "It errs.")),
                Map.of("report.json", new byte[] {'{', '}'}));
    }

    private Path bundle() {
        Path folder = temp.resolve("bundle");
        BundleWriter.write(folder, contents(), model -> {
            try {
                Files.writeString(model.resolve("adapter_config.json"), "{\"r\": 4}");
                Files.writeString(model.resolve("adapter_model.safetensors"), "weights");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return folder;
    }

    @Test
    void write_bundle_holdsWhatWasDone() throws IOException {
        Path bundle = bundle();

        assertThat(bundle)
                .isDirectoryContaining("glob:**/adapter_model.safetensors")
                .isDirectoryContaining("glob:**/report.json");
        assertThat(bundle.resolve("argot.json"))
                .content()
                .contains("\"formatVersion\" : 1", "\"base\" : \"owner/base\"", "\"broken\" : null", "\"data\" : 7");
        assertThat(Files.readAllLines(bundle.resolve("README.md")))
                .startsWith("---", "license: apache-2.0", "base_model: owner/base", "base_model_relation: adapter")
                .contains("- \"two words\"", "## Limits");
        assertThat(Files.readAllLines(bundle.resolve("SHA256SUMS"))).hasSize(5);
        assertThat(temp).isDirectoryNotContaining("glob:**/.*");
        Verification verification = Hashes.verify(bundle);
        assertThat(verification.intact()).isTrue();
        assertThat(verification.files()).isEqualTo(5);
    }

    @Test
    void write_modelFails_leavesNothing() {
        Path folder = temp.resolve("bundle");
        assertThatThrownBy(() -> BundleWriter.write(folder, contents(), model -> {
                    throw new ArgotException("disk full");
                }))
                .hasMessage("disk full");
        assertThat(temp).isEmptyDirectory();
    }

    @Test
    void write_folderInTheWay_isRefused() throws IOException {
        Files.writeString(temp.resolve("mine"), "mine");
        assertThatThrownBy(() -> BundleWriter.write(temp, contents(), model -> {}))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("in the way");
        assertThat(temp.resolve("mine")).hasContent("mine");
    }

    @RepeatedTest(40)
    void verify_anyChangedByte_isFound(RepetitionInfo repetition) throws IOException {
        Path bundle = bundle();
        int seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        List<Path> files;
        try (var all = Files.list(bundle)) {
            files = all.sorted().toList();
        }
        Path file = files.get(random.nextInt(files.size()));
        byte[] content = Files.readAllBytes(file);
        int at = random.nextInt(content.length);
        content[at] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, content);

        assertThat(Hashes.verify(bundle).intact())
                .as("seed %d: byte %d of %s", seed, at, file.getFileName())
                .isFalse();
    }

    @Test
    void verify_changedMissingAndExtraFiles_areNamed() throws IOException {
        Path bundle = bundle();
        Files.writeString(bundle.resolve("adapter_model.safetensors"), "Weights");
        Files.delete(bundle.resolve("report.json"));
        Files.createDirectory(bundle.resolve("more"));
        Files.writeString(bundle.resolve("more/file"), "");
        Files.delete(bundle.resolve("argot.json"));
        Files.createSymbolicLink(bundle.resolve("argot.json"), Path.of("README.md"));

        assertThat(Hashes.verify(bundle).problems())
                .extracting(Verification.Problem::kind, Verification.Problem::file)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(Kind.CHANGED, "adapter_model.safetensors"),
                        org.assertj.core.groups.Tuple.tuple(Kind.CHANGED, "argot.json"),
                        org.assertj.core.groups.Tuple.tuple(Kind.EXTRA, "more/file"),
                        org.assertj.core.groups.Tuple.tuple(Kind.MISSING, "report.json"));
    }

    @Test
    void verify_listThatIsNoList_isMalformed() throws IOException {
        Path bundle = bundle();
        Files.write(bundle.resolve("SHA256SUMS"), "hello\n".getBytes(StandardCharsets.UTF_8));
        assertThat(Hashes.verify(bundle).problems())
                .extracting(Verification.Problem::kind)
                .contains(Kind.MALFORMED, Kind.EXTRA);
    }

    @Test
    void verify_folderThatIsNoBundle_isRefused() {
        assertThatThrownBy(() -> Hashes.verify(temp))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("SHA256SUMS");
    }
}
