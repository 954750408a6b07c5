package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.argot.api.EncodeOptions;
import dev.argot.api.ProviderException;
import dev.argot.api.Tokenizer;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The golden tokenizers with words of no language added: texts without them are encoded as recorded. */
@ParameterizedClass(name = "{0}")
@MethodSource("cases")
class VocabularyExtensionGoldenTest {
    private static final List<String> TERMS = List.of("zyqovibular", "qaxotomie", "Wuxtrophia");
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false, Optional.empty());
    private static final EncodeOptions TRUSTED = new EncodeOptions(true, true, Optional.empty());

    private final Path folder;
    private final HuggingFaceTokenizerProvider provider = new HuggingFaceTokenizerProvider();
    private final Tokenizer before;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path temp;

    @SuppressWarnings("NullAway.Init") // as above
    VocabularyExtensionGoldenTest(Path folder) {
        this.folder = folder;
        this.before = Golden.tokenizer(folder);
    }

    /** All but Unigram, whose blank after each added token would show in decoded text. */
    static Stream<Path> cases() {
        return Golden.cases("tokenizer-").stream()
                .filter(folder -> !folder.toString().contains("unigram"));
    }

    /** Whether words are split before the model, so that a term is not found at the start of a longer word. */
    private boolean splitsWords() {
        return !Golden.json(folder.resolve("tokenizer.json"))
                .get("pre_tokenizer")
                .isNull();
    }

    private Tokenizer extended(List<String> terms) throws IOException {
        Map<String, byte[]> files = provider.extend(new TokenizerData.Folder(folder), terms);
        assertThat(files)
                .containsKeys("tokenizer.json", "tokenizer_config.json")
                .doesNotContainKey("merges.txt");
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(temp.resolve(file.getKey()), file.getValue());
        }
        return Golden.tokenizer(temp);
    }

    private static List<Integer> ids(Tokenizer tokenizer, String text) {
        return Golden.ids(tokenizer.encode(text, PLAIN));
    }

    @Test
    void encode_recordedTexts_isAsRecorded() throws IOException {
        Tokenizer after = extended(TERMS);
        int compared = 0;
        for (JsonNode one : Golden.json(folder.resolve("expected.json")).get("cases")) {
            String text = Golden.text(one);
            assertThat(Golden.ids(after.encode(text, TRUSTED))).as(text).isEqualTo(Golden.ints(one.get("ids")));
            compared++;
        }
        assertThat(compared).isGreaterThan(10);
    }

    @Test
    void encode_randomTextsWithoutTheTerms_isAsBefore() throws IOException {
        Tokenizer after = extended(TERMS);
        for (long seed = 1; seed <= 300; seed++) {
            // Parts of the terms, and words that begin or end like them, are not the terms.
            String text = RandomText.withSeed(seed) + " qaxo xzyqovibular WUXTROPHIAE trophia zyqo-vibular zyqo"
                    + (splitsWords() ? " zyqovibulars qaxotomieX" : "") + RandomText.withSeed(-seed);
            assertThat(ids(after, text)).as("seed %d", seed).isEqualTo(ids(before, text));
        }
    }

    @Test
    void encode_termInText_isOneTokenThatDecodesToIt() throws IOException {
        Tokenizer after = extended(TERMS);
        int first = before.vocabularySize();
        assertThat(after.vocabularySize()).isEqualTo(first + TERMS.size());
        IntStream.range(0, TERMS.size()).forEach(i -> {
            String text = "the " + TERMS.get(i) + " of a " + TERMS.get(i) + ", or not";
            List<Integer> ids = ids(after, text);
            assertThat(ids.stream().filter(id -> id == first + i)).as(text).hasSize(2);
            assertThat(ids).hasSizeLessThan(ids(before, text).size());
            assertThat(after.decode(ids.stream().mapToInt(Integer::intValue).toArray(), false)
                            .strip()
                            .replaceAll("\\s+", " "))
                    .as(text)
                    .isEqualToIgnoringCase(text);
            assertThat(after.isSpecial(first + i)).isFalse();
        });
    }

    @Test
    void extend_unigram_isRefused() {
        Path unigram = Golden.cases("tokenizer-unigram").getFirst();
        assertThatThrownBy(() -> provider.extend(new TokenizerData.Folder(unigram), TERMS))
                .isInstanceOf(ProviderException.class)
                .hasMessageContaining(unigram.toString());
    }

    @Test
    void extend_wordsThatAreTokensOrNone_areLeftOut() throws IOException {
        Tokenizer after = extended(List.of("a", "", "two words", "x<s>", "zyqovibular", "zyqovibular"));
        assertThat(after.vocabularySize()).isEqualTo(before.vocabularySize() + 1);
    }
}
