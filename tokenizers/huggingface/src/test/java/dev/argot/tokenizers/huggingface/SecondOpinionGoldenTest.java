package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The tokenizers of the recorded cases, on random texts beside the Rust library behind DJL's binding. */
class SecondOpinionGoldenTest {
    private static final int TEXTS = 400;
    private static final long FIRST_SEED = 20_260_101;

    static List<Path> cases() {
        return Golden.cases("tokenizer-");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encode_randomText_equalsTheRustLibrary(Path folder) throws IOException {
        Tokenizer ours = Golden.tokenizer(folder);
        try (var theirs = ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
                folder.resolve("tokenizer.json"), Map.of("truncation", "false", "padding", "false"))) {
            for (long seed = FIRST_SEED; seed < FIRST_SEED + TEXTS; seed++) {
                String text = RandomText.withSeed(seed);
                Encoding encoding = ours.encode(text, EncodeOptions.DEFAULT.asTrusted());
                ai.djl.huggingface.tokenizers.Encoding other = theirs.encode(text, true, false);
                long[] ids = Arrays.stream(encoding.ids()).asLongStream().toArray();
                assertThat(ids).as("seed %d: ids of %s", seed, text).isEqualTo(other.getIds());
                assertThat(Golden.offsets(encoding, text))
                        .as("seed %d: offsets of %s", seed, text)
                        .isEqualTo(spans(other.getCharTokenSpans()));
                assertThat(ours.decode(encoding.ids(), true))
                        .as("seed %d: decoded from %s", seed, text)
                        .isEqualTo(theirs.decode(ids, true));
            }
        }
    }

    private static List<List<Integer>> spans(CharSpan[] spans) {
        List<List<Integer>> offsets = new ArrayList<>();
        for (CharSpan span : spans) {
            offsets.add(span == null ? List.of(0, 0) : List.of(span.getStart(), span.getEnd()));
        }
        return offsets;
    }
}
