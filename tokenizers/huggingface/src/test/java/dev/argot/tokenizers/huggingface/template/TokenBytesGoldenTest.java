package dev.argot.tokenizers.huggingface.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import dev.argot.spi.TokenizerData;
import dev.argot.tokenizers.huggingface.HuggingFaceTokenizerProvider;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The bytes of tokens, put together, are what the tokens decode to. */
class TokenBytesGoldenTest {
    private static Tokenizer tokenizer(String name) {
        return new HuggingFaceTokenizerProvider()
                .open(new TokenizerData.Folder(
                        Path.of(System.getProperty("argot.golden")).resolve(name)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tokenizer-bpe-gpt2",
                "tokenizer-bpe-llama3",
                "tokenizer-spm-bpe-bytefallback",
                "tokenizer-unigram-t5"
            })
    void bytes_randomTexts_areThoseOfTheText(String name) {
        Tokenizer tokenizer = tokenizer(name);
        String[] parts = {"Hello", " world", "é", "日本", "😀", "\n", "  ", "naïve", ".", "42", "don't"};
        for (long seed = 0; seed < 200; seed++) {
            var random = new SplittableRandom(seed);
            var text = new StringBuilder("x");
            for (int i = random.nextInt(8); i > 0; i--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            int[] ids = tokenizer.encode(text.toString(), EncodeOptions.PLAIN).ids();
            var bytes = new ByteArrayOutputStream();
            for (int id : ids) {
                bytes.writeBytes(tokenizer.bytes(id));
            }
            boolean spelt = tokenizer.specialTokens().unk().isEmpty()
                    || java.util.Arrays.stream(ids)
                            .noneMatch(
                                    id -> id == tokenizer.specialTokens().unk().getAsInt());
            if (spelt) {
                String joined = bytes.toString(StandardCharsets.UTF_8);
                String expected = tokenizer.decode(ids, false);
                // a blank that the tokenizer puts before a text is no part of it
                assertThat(joined.startsWith(" ") ? joined.substring(1) : joined)
                        .as("seed %d: %s", seed, text)
                        .isEqualTo(expected);
            }
        }
    }

    @Test
    void bytes_specialToken_areNone() {
        Tokenizer tokenizer = tokenizer("tokenizer-bpe-gpt2");
        assertThat(tokenizer.bytes(tokenizer.id("<|im_end|>").orElseThrow())).isEmpty();
    }

    @Test
    void bytes_wordPiece_areRefused() {
        Tokenizer tokenizer = tokenizer("tokenizer-wordpiece-uncased");
        int token = tokenizer.encode("hello", EncodeOptions.PLAIN).ids()[0];
        assertThatThrownBy(() -> tokenizer.bytes(token)).isInstanceOf(UnsupportedOperationException.class);
    }
}
