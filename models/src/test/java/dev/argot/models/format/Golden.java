package dev.argot.models.format;

import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The golden cases, wherever they lie. */
final class Golden {
    private Golden() {}

    /** The folder of the system property {@code argot.golden}. */
    static Path folder() {
        return Path.of(Objects.requireNonNull(System.getProperty("argot.golden"), "argot.golden is not set"));
    }

    /** The folders of cases that begin so, in alphabetical order. */
    static List<Path> cases(String prefix) {
        try (var files = Files.list(folder())) {
            return files.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A JSON file. */
    static Map<String, @Nullable Object> json(Path file) throws IOException {
        return Json.object(file, Files.readAllBytes(file));
    }

    /** A list of objects. */
    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> objects(@Nullable Object list) {
        return (List<Map<String, Object>>) Objects.requireNonNull(list);
    }

    /** A tensor that must be there. */
    static StoredTensor tensor(Map<String, StoredTensor> tensors, String name) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new AssertionError("no tensor '" + name + "' among " + tensors.keySet());
        }
        return tensor;
    }

    /** All elements as float32. */
    static float[] floats(StoredTensor tensor) {
        var values = new float[Math.toIntExact(tensor.elements())];
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }
}
