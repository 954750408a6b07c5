package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.EncodeOptions;
import dev.argot.api.FileFormatException;
import dev.argot.api.Tokenizer;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceTokenizerProviderTest {
    private static final List<String> PIECES =
            List.of("\u2581", "a", "b", "c", "\u00e9", "ab", "bc", "abc", "\u2581a", "\u2581ab", "ca", "aa", "aaa");

    private final TokenizerProvider provider = new HuggingFaceTokenizerProvider();

    @Test
    void accepts_folderWithoutTokenizer_isFalse(@TempDir Path folder) {
        assertThat(provider.accepts(new TokenizerData.Folder(folder))).isFalse();
        assertThat(provider.accepts(new TokenizerData.Gguf(folder, Map.of()))).isFalse();
    }

    @Test
    void files_ofFolder_areItsOwn() throws IOException {
        Path folder = Golden.folder().resolve("tokenizer-unigram-t5");
        TokenizerData data = new TokenizerData.Folder(folder);
        assertThat(provider.accepts(data)).isTrue();
        Map<String, byte[]> files = provider.files(data);
        assertThat(files).containsKeys("tokenizer.json", "tokenizer_config.json", "spiece.model");
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            assertThat(file.getValue()).as(file.getKey()).isEqualTo(Files.readAllBytes(folder.resolve(file.getKey())));
        }
    }

    @Test
    void open_ggufWithUnknownPreTokenizer_namesThoseItKnows() {
        Map<String, Object> metadata = sentencePiece(1);
        metadata.put("tokenizer.ggml.model", "gpt2");
        metadata.put("tokenizer.ggml.pre", "no-such");
        metadata.put("tokenizer.ggml.merges", List.of());
        assertThatThrownBy(() -> provider.open(new TokenizerData.Gguf(Path.of("model.gguf"), metadata)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("model.gguf: key 'tokenizer.ggml.pre': expected one of ")
                .hasMessageContaining("llama-bpe")
                .hasMessageContaining("found 'no-such'");
    }

    @Test
    void open_ggufWithBosOutsideTheVocabulary_isRefused() {
        Map<String, Object> metadata = sentencePiece(1);
        metadata.put("tokenizer.ggml.bos_token_id", 10_000L);
        assertThatThrownBy(() -> provider.open(new TokenizerData.Gguf(Path.of("model.gguf"), metadata)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("bos_token_id")
                .hasMessageContaining("10000");
    }

    /** SentencePiece's own algorithm, written plainly: of all neighbours that form a piece, the leftmost with the best score are joined. */
    @RepeatedTest(60)
    void open_sentencePieceGguf_joinsPiecesOfTheBestScore(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Map<String, Object> metadata = sentencePiece(seed);
        Tokenizer tokenizer = provider.open(new TokenizerData.Gguf(Path.of("model.gguf"), metadata));
        Random random = new Random(seed);
        for (int i = 0; i < 20; i++) {
            StringBuilder text = new StringBuilder();
            for (int k = random.nextInt(60); k > 0; k--) {
                text.append("aabbcc \u00e9d".charAt(random.nextInt(9)));
            }
            List<String> expected = joinByScore(text.toString(), metadata);
            List<String> found = new ArrayList<>();
            for (int id : tokenizer.encode(text.toString(), EncodeOptions.PLAIN).ids()) {
                found.add(tokenizer.token(id));
            }
            assertThat(found).as("seed %d: %s", seed, text).isEqualTo(expected);
            assertThat(tokenizer.decode(tokenizer.encode(text.toString()).ids()))
                    .as("seed %d", seed)
                    .isEqualTo(text.toString());
        }
    }

    private static List<String> joinByScore(String text, Map<String, Object> metadata) {
        List<?> tokens = (List<?>) metadata.getOrDefault("tokenizer.ggml.tokens", List.of());
        List<?> scores = (List<?>) metadata.getOrDefault("tokenizer.ggml.scores", List.of());
        List<String> pieces = new ArrayList<>();
        String spaced = text.isEmpty() ? "" : "\u2581" + text.replace(' ', '\u2581');
        spaced.chars().forEach(c -> pieces.add(c == 'd' ? "<0x64>" : String.valueOf((char) c)));
        while (true) {
            int best = -1;
            double bestScore = Double.NEGATIVE_INFINITY;
            for (int i = 0; i + 1 < pieces.size(); i++) {
                int id = tokens.indexOf(pieces.get(i) + pieces.get(i + 1));
                if (id >= 0 && (double) scores.get(id) > bestScore) {
                    best = i;
                    bestScore = (double) scores.get(id);
                }
            }
            if (best < 0) {
                return pieces;
            }
            pieces.set(best, pieces.get(best) + pieces.remove(best + 1));
        }
    }

    /** Metadata with pieces in a random order of scores. A piece's parts have better scores than it, as training makes them. */
    private static Map<String, Object> sentencePiece(long seed) {
        List<String> tokens = new ArrayList<>(List.of("<unk>", "<s>", "</s>"));
        List<Long> types = new ArrayList<>(List.of(2L, 3L, 3L));
        for (int b = 0; b < 256; b++) {
            tokens.add(String.format(Locale.ROOT, "<0x%02X>", b));
            types.add(6L);
        }
        List<String> pieces = new ArrayList<>(PIECES);
        Collections.shuffle(pieces, new Random(seed));
        pieces.sort(Comparator.comparingInt(String::length));
        Double[] scores = new Double[tokens.size() + pieces.size()];
        Arrays.fill(scores, 0.0);
        for (String piece : pieces) {
            scores[tokens.size()] = 259.0 - tokens.size();
            tokens.add(piece);
            types.add(1L);
        }
        Map<String, Object> metadata = new HashMap<>();
        metadata.put("tokenizer.ggml.model", "llama");
        metadata.put("tokenizer.ggml.tokens", tokens);
        metadata.put("tokenizer.ggml.scores", Arrays.asList(scores));
        metadata.put("tokenizer.ggml.token_type", types);
        metadata.put("tokenizer.ggml.bos_token_id", 1L);
        metadata.put("tokenizer.ggml.eos_token_id", 2L);
        metadata.put("tokenizer.ggml.unknown_token_id", 0L);
        return metadata;
    }
}
