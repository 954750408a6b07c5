package dev.argot.models.format;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.argot.api.ArgotException;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Any bytes are either read to the last element or refused with our own exception. The inputs beside this class are tried in every build;
 * with the environment variable {@code JAZZER_FUZZ=1} more are searched for.
 */
class FormatFuzzTest {
    private static final int MAX_ELEMENTS = 1 << 16;

    @FuzzTest(maxDuration = "2m")
    void safetensors(byte[] content) throws IOException {
        Path folder = Files.createTempDirectory("fuzz");
        try {
            Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"llama\"}");
            Files.write(folder.resolve("model.safetensors"), content);
            read(() -> new HuggingFaceFormat().open(folder));
        } finally {
            delete(folder);
        }
    }

    @FuzzTest(maxDuration = "2m")
    void gguf(byte[] content) throws IOException {
        Path folder = Files.createTempDirectory("fuzz");
        try {
            Path file = Files.write(folder.resolve("model.gguf"), content);
            read(() -> new GgufFormat().open(file));
        } finally {
            delete(folder);
        }
    }

    private static void read(java.util.function.Supplier<Checkpoint> opening) {
        try (Checkpoint checkpoint = opening.get()) {
            for (StoredTensor tensor : checkpoint.tensors().values()) {
                tensor.toFloat32(0, FloatBuffer.allocate((int) Math.min(MAX_ELEMENTS, tensor.elements())));
            }
        } catch (ArgotException expected) {
            if (expected.getMessage() == null) {
                throw new AssertionError("an error without a message", expected);
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
