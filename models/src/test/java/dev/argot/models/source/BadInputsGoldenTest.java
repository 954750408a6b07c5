package dev.argot.models.source;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenCode;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.models.family.HuggingFaceArchitectures;
import dev.argot.models.format.GgufFormat;
import dev.argot.models.format.HuggingFaceFormat;
import dev.argot.models.format.Json;
import dev.argot.models.format.PeftFormat;
import dev.argot.spi.Adapter;
import dev.argot.spi.Architecture;
import dev.argot.spi.AtomicFolder;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.WeightSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The recorded malformed files of the kinds that this module reads, and their verdicts. This module's tests run with a small heap, so a
 * file that made the reader allocate by its counts would fail here.
 */
@Timeout(120)
class BadInputsGoldenTest {
    private static final Set<String> CATEGORIES =
            Set.of("safetensors", "gguf", "config", "index", "archive", "pickle", "folder", "adapter");

    private static final Path BAD =
            Path.of(Objects.requireNonNull(System.getProperty("argot.golden"))).resolve("bad-inputs");

    /** An entry of the manifest. */
    record Entry(String category, String file, String verdict, String why, List<?> setup) {
        @Override
        public String toString() {
            return (file.isEmpty() ? category : file) + ": " + why;
        }
    }

    static List<Entry> entries() throws IOException {
        Path manifest = BAD.resolve("manifest.json");
        List<?> entries = (List<?>) Objects.requireNonNull(
                Json.object(manifest, Files.readAllBytes(manifest)).get("entries"));
        return entries.stream()
                .map(Map.class::cast)
                .map(entry -> new Entry(
                        text(entry, "category"),
                        text(entry, "file"),
                        text(entry, "verdict"),
                        text(entry, "why"),
                        entry.get("setup") instanceof List<?> setup ? setup : List.of()))
                .filter(entry -> CATEGORIES.contains(entry.category))
                .toList();
    }

    private static String text(Map<?, ?> entry, String key) {
        return entry.get(key) instanceof String text ? text : "";
    }

    @Test
    void entries_ofTheManifest_coverEveryCategory() throws IOException {
        then(entries().stream().map(Entry::category)).containsAll(CATEGORIES);
        then(entries().stream().map(Entry::verdict)).contains("refuse", "accept");
    }

    @ParameterizedTest
    @MethodSource("entries")
    void open_recordedFile_getsItsVerdict(Entry entry, @TempDir Path temp) throws IOException {
        Path work = Files.createDirectories(temp.resolve("above/work"));
        Files.writeString(temp.resolve("above/outside.txt"), "untouched");
        prepare(entry, work);
        Map<String, String> before = tree(temp);

        switch (entry.verdict) {
            case "accept" ->
                thenCode(() -> load(entry, work)).as(entry.toString()).doesNotThrowAnyException();
            case "refuse" ->
                thenThrownBy(() -> load(entry, work))
                        .as(entry.toString())
                        .isInstanceOf(ArgotException.class)
                        .hasMessageMatching("(?s).{20,1000}");
            case "refuse_or_handle" -> {
                try {
                    load(entry, work);
                } catch (ArgotException refused) {
                    then(refused).hasMessageMatching("(?s).{20,1000}");
                }
            }
            default -> throw new AssertionError("unknown verdict " + entry.verdict);
        }

        then(tree(temp)).as("files after %s", entry).isEqualTo(before);
    }

    private static void prepare(Entry entry, Path work) throws IOException {
        switch (entry.category) {
            case "safetensors" -> {
                Files.writeString(work.resolve("config.json"), "{\"model_type\": \"llama\"}");
                replace(entry, work.resolve("model.safetensors"));
            }
            case "config" -> {
                copy(BAD.resolve("base-model"), work);
                replace(entry, work.resolve("config.json"));
            }
            case "index" -> {
                copy(BAD.resolve("base-model"), work);
                replace(entry, work.resolve("model.safetensors.index.json"));
            }
            case "pickle" -> {
                copy(BAD.resolve("base-model"), work);
                Files.delete(work.resolve("model.safetensors"));
                replace(entry, work.resolve("pytorch_model.bin"));
            }
            case "adapter" -> {
                copy(BAD.resolve("base-adapter"), work);
                replace(entry, work.resolve("adapter_config.json"));
            }
            case "folder" -> {
                for (Object step : entry.setup) {
                    carryOut((List<?>) step, work);
                }
            }
            default -> {}
        }
    }

    private static void replace(Entry entry, Path target) throws IOException {
        Files.deleteIfExists(target);
        Files.copy(BAD.resolve(entry.file), target);
    }

    private static void carryOut(List<?> step, Path work) throws IOException {
        Path first = work.resolve((String) step.get(1));
        switch ((String) step.get(0)) {
            case "copy" -> copy(BAD.resolve((String) step.get(1)), work.resolve((String) step.get(2)));
            case "move" -> Files.move(first, work.resolve((String) step.get(2)));
            case "delete" -> Files.delete(first);
            case "symlink" -> Files.createSymbolicLink(first, Path.of((String) step.get(2)));
            default -> throw new AssertionError("unknown step " + step);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
    }

    private static void load(Entry entry, Path work) throws IOException {
        switch (entry.category) {
            case "safetensors" -> readAll(new HuggingFaceFormat().open(work));
            case "gguf" -> readAll(new GgufFormat().open(BAD.resolve(entry.file)));
            case "config", "index", "pickle" -> loadModel(work);
            case "folder" -> loadModel(work.resolve("m"));
            case "adapter" -> readAll(new PeftFormat().open(work));
            case "archive" -> unpack(BAD.resolve(entry.file), work);
            default -> throw new AssertionError(entry.category);
        }
    }

    private static void readAll(Checkpoint opened) {
        try (Checkpoint checkpoint = opened) {
            for (StoredTensor tensor : checkpoint.tensors().values()) {
                tensor.toFloat32(0, FloatBuffer.allocate(Math.toIntExact(tensor.elements())));
                then(tensor.mapped().isEmpty()).isEqualTo(tensor.type() == ElementType.BLOCK_QUANTISED);
            }
            then(opened.config().values()).isNotEmpty();
        }
    }

    private static void readAll(Adapter opened) {
        try (Adapter adapter = opened) {
            for (StoredTensor tensor : adapter.tensors().values()) {
                tensor.toFloat32(0, FloatBuffer.allocate(Math.toIntExact(tensor.elements())));
            }
        }
    }

    /** As the runtime does: format, architecture, a tensor for every parameter. */
    private static void loadModel(Path folder) {
        var format = new HuggingFaceFormat();
        then(format.recognises(folder)).isTrue();
        try (Checkpoint checkpoint = format.open(folder)) {
            Architecture architecture = new HuggingFaceArchitectures().describe(checkpoint.config());
            WeightSource weights = WeightBinding.bind(architecture, checkpoint);
            architecture.graph().parameters().forEach(weights::tensor);
        }
    }

    private static void unpack(Path archive, Path work) throws IOException {
        try (Archive opened = Archive.open(archive);
                var folder = new AtomicFolder(work.resolve("unpacked"))) {
            opened.unpack(member -> Optional.of(folder.path().resolve(member.name())));
            folder.commit();
        }
    }

    /** Every file below a folder with its content, links with their target. */
    private static Map<String, String> tree(Path folder) throws IOException {
        var tree = new TreeMap<String, String>();
        try (Stream<Path> files = Files.walk(folder, new FileVisitOption[0])) {
            files.forEach(file -> tree.put(folder.relativize(file).toString(), content(file)));
        }
        return tree;
    }

    private static String content(Path file) {
        try {
            if (Files.isSymbolicLink(file)) {
                return "-> " + Files.readSymbolicLink(file);
            }
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Hashes.sha256(file) : "folder";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
