package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tokenizers inside the {@code gguf-*} cases that have one. */
class GgufTokenizerGoldenTest {
    static List<Path> cases() {
        return Golden.cases("gguf-").stream()
                .filter(folder -> Golden.json(folder.resolve("expected.json")).has("encode"))
                .toList();
    }

    @Test
    void cases_ofTheFolder_areFound() {
        assertThat(cases()).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encode_recordedText_givesIds(Path folder, @TempDir Path copy) throws IOException {
        HuggingFaceTokenizerProvider provider = new HuggingFaceTokenizerProvider();
        TokenizerData.Gguf data = GgufMetadata.read(folder.resolve("model.gguf"));
        for (Map.Entry<String, byte[]> file : provider.files(data).entrySet()) {
            Files.write(copy.resolve(file.getKey()), file.getValue());
        }
        Tokenizer tokenizer = provider.open(data);
        Tokenizer stored = provider.open(new TokenizerData.Folder(copy));
        JsonNode expected = Golden.json(folder.resolve("expected.json"));
        for (JsonNode node : expected.get("encode")) {
            String text = Golden.text(node);
            assertThat(Golden.ids(tokenizer.encode(text, EncodeOptions.PLAIN)))
                    .as("ids of %s", text)
                    .isEqualTo(Golden.ints(node.get("ids")));
            assertThat(Golden.ids(stored.encode(text)))
                    .as("ids of %s from the files", text)
                    .isEqualTo(Golden.ids(tokenizer.encode(text)));
        }
        JsonNode metadata = expected.get("metadata");
        int bos = metadata.get("tokenizer.ggml.bos_token_id").intValue();
        assertThat(tokenizer.specialTokens().bos()).hasValue(bos);
        assertThat(tokenizer.specialTokens().eos())
                .hasValue(metadata.get("tokenizer.ggml.eos_token_id").intValue());
        assertThat(tokenizer.encode("").ids())
                .isEqualTo(metadata.get("tokenizer.ggml.add_bos_token").booleanValue() ? new int[] {bos} : new int[0]);
        assertThat(stored.specialTokens()).isEqualTo(tokenizer.specialTokens());
    }
}
