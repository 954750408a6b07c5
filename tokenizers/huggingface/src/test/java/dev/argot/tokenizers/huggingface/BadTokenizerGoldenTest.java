package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.api.FileFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The malformed tokenizers among the {@code bad-inputs}, each with its verdict. */
class BadTokenizerGoldenTest {
    record BadFile(Path file, String verdict, String why) {
        @Override
        public String toString() {
            return file.getFileName() + ": " + why;
        }
    }

    static List<BadFile> files() {
        Path cases = Golden.folder().resolve("bad-inputs");
        List<BadFile> files = new ArrayList<>();
        for (JsonNode entry : Golden.json(cases.resolve("manifest.json")).get("entries")) {
            if (entry.get("category").textValue().equals("tokenizer")) {
                files.add(new BadFile(
                        cases.resolve(entry.get("file").textValue()),
                        entry.get("verdict").textValue(),
                        entry.get("why").textValue()));
            }
        }
        return files;
    }

    @ParameterizedTest
    @MethodSource("files")
    void open_malformedFile_getsItsVerdict(BadFile bad, @TempDir Path folder) throws IOException {
        Path file = Files.copy(bad.file(), folder.resolve("tokenizer.json"));
        if (bad.verdict().equals("accept")) {
            assertThatCode(() -> Golden.tokenizer(folder)).doesNotThrowAnyException();
            return;
        }
        Throwable thrown = catchThrowable(() -> Golden.tokenizer(folder));
        if (thrown != null || bad.verdict().equals("refuse")) {
            assertThat(thrown)
                    .isInstanceOf(FileFormatException.class)
                    .hasMessageStartingWith(file.toString())
                    .hasMessageContaining("expected");
        }
    }
}
