package dev.argot.models.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.EmbeddingOptions.Pooling;
import dev.argot.api.FileFormatException;
import dev.argot.spi.SentenceSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SentenceTransformersTest {
    private static final String MODULES =
            """
            [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}%s]
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private void write(String name, String text) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text);
    }

    private Optional<SentenceSettings> read() {
        return SentenceTransformers.read(new ModelFolder(folder));
    }

    @Test
    void read_noModules_isEmpty() {
        assertThat(read()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"cls_token,FIRST", "mean_tokens,MEAN", "lasttoken,LAST"})
    void read_flags_givePooling(String mode, Pooling pooling) throws IOException {
        write("modules.json", MODULES.formatted(""));
        write("1_Pooling/config.json", "{\"pooling_mode_max_tokens\": false, \"pooling_mode_" + mode + "\": true}");
        write("sentence_bert_config.json", "{\"max_seq_length\": 128, \"do_lower_case\": true}");
        assertThat(read())
                .contains(new SentenceSettings(Optional.of(pooling), OptionalInt.of(128), true, Optional.empty()));
    }

    @Test
    void read_namedMode_givesPooling() throws IOException {
        write("modules.json", MODULES.formatted(""));
        write("1_Pooling/config.json", "{\"pooling_mode\": \"cls\"}");
        assertThat(read())
                .contains(
                        new SentenceSettings(Optional.of(Pooling.FIRST), OptionalInt.empty(), false, Optional.empty()));
    }

    @ParameterizedTest
    @CsvSource({"max_tokens", "mean_sqrt_len_tokens"})
    void read_unknownPooling_saysSo(String mode) throws IOException {
        write("modules.json", MODULES.formatted(""));
        write("1_Pooling/config.json", "{\"pooling_mode_" + mode + "\": true}");
        assertThat(read().orElseThrow().unsupported().orElseThrow()).contains("config.json", mode);
        assertThat(read().orElseThrow().pooling()).isEmpty();
    }

    @Test
    void read_furtherLayer_saysSo() throws IOException {
        write(
                "modules.json",
                MODULES.formatted(", {\"path\": \"2_Dense\", \"type\": \"sentence_transformers.models.Dense\"}"));
        write("1_Pooling/config.json", "{\"pooling_mode_mean_tokens\": true}");
        assertThat(read().orElseThrow().unsupported().orElseThrow()).contains("modules.json", "Dense");
        assertThat(read().orElseThrow().pooling()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\": 1}|expected a JSON list",
                "[1]|expected a list of objects",
                "[{\"path\": \"\"}]|'type'",
                "[{\"type\": \"x.Pooling\", \"path\": \"../other\"}]|same folder",
                "[{\"type\": \"x.Pooling\", \"path\": \"1_Pooling\"}]|no such file"
            })
    void read_malformedModules_areRefused(String modules, String problem) throws IOException {
        write("modules.json", modules);
        assertThatThrownBy(this::read).isInstanceOf(FileFormatException.class).hasMessageContaining(problem);
    }

    @Test
    void read_linkOutOfTheFolder_isRefused() throws IOException {
        Path model = folder.resolve("model");
        Files.createDirectories(model);
        Files.createDirectories(folder.resolve("other"));
        Files.writeString(folder.resolve("other/config.json"), "{\"pooling_mode_mean_tokens\": true}");
        Files.writeString(model.resolve("modules.json"), MODULES.formatted(""));
        Files.createSymbolicLink(model.resolve("1_Pooling"), folder.resolve("other"));
        assertThatThrownBy(() -> SentenceTransformers.read(new ModelFolder(model)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("symbolic link");
    }
}
