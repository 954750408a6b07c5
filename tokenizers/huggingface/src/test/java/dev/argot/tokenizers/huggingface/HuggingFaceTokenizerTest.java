package dev.argot.tokenizers.huggingface;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HuggingFaceTokenizerTest {
    static List<Path> cases() {
        return Golden.cases("tokenizer-");
    }

    private static Tokenizer gpt2() {
        return Golden.tokenizer(Golden.folder().resolve("tokenizer-bpe-gpt2"));
    }

    @Test
    void encode_emptyText_givesNoTokens() {
        assertThat(gpt2().encode("", EncodeOptions.PLAIN).size()).isZero();
    }

    @RepeatedTest(200)
    void decode_ofEncoded_restoresText(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        String text = RandomText.withSeed(seed);
        Tokenizer tokenizer = Shared.GPT2;
        assertThat(tokenizer.decode(tokenizer.encode(text, EncodeOptions.PLAIN).ids(), false))
                .as("seed %d", seed)
                .isEqualTo(text);
    }

    @RepeatedTest(100)
    void encode_randomText_offsetsCoverTheText(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        String text = RandomText.withSeed(seed);
        Encoding encoding = Shared.GPT2.encode(text, EncodeOptions.PLAIN);
        int covered = 0;
        for (int i = 0; i < encoding.size(); i++) {
            assertThat(encoding.start(i)).as("seed %d, token %d", seed, i).isLessThanOrEqualTo(covered);
            covered = Math.max(covered, encoding.end(i));
        }
        assertThat(covered).as("seed %d", seed).isEqualTo(text.length());
    }

    @RepeatedTest(100)
    void streamDecoder_randomIds_equalsDecode(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        Tokenizer tokenizer = Shared.GPT2;
        int[] ids =
                random.ints(random.nextInt(300), 0, tokenizer.vocabularySize()).toArray();
        Tokenizer.StreamDecoder stream = tokenizer.streamDecoder(false);
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            String chunk = stream.next(id);
            assertThat(chunk)
                    .as("seed %d", seed)
                    .isEqualTo(new String(chunk.codePoints().toArray(), 0, chunk.codePointCount(0, chunk.length())));
            text.append(chunk);
        }
        text.append(stream.finish());
        assertThat(text.toString()).as("seed %d", seed).isEqualTo(tokenizer.decode(ids, false));
    }

    @Test
    void streamDecoder_bytesThatFormNoCharacter_areHandedOutInTime() {
        Tokenizer tokenizer = Shared.GPT2;
        int continuation = tokenizer.id("\u0142").orElseThrow();
        Tokenizer.StreamDecoder stream = tokenizer.streamDecoder(false);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            text.append(stream.next(continuation));
        }
        assertThat(text.length()).isBetween(900, 1000);
        assertThat(text.append(stream.finish()).toString()).isEqualTo("\uFFFD".repeat(1000));
    }

    /** A megabyte of each; a quadratic algorithm would take hours. */
    @ParameterizedTest
    @MethodSource("cases")
    void encode_hostileText_endsInTime(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        int n = 1 << 20;
        List<String> texts = List.of(
                "a".repeat(n),
                " ".repeat(n),
                "\n".repeat(n),
                "\u0301".repeat(n),
                "a" + "\u0301\u0323".repeat(n / 2),
                "\u4e2d".repeat(n),
                "'".repeat(n),
                "<|im_end|>".repeat(n / 10),
                "ab".repeat(n / 2),
                "\ud83d\ude00".repeat(n / 2));
        for (String text : texts) {
            Encoding encoding = tokenizer.encode(text, EncodeOptions.PLAIN);
            int wrong = 0;
            for (int i = 0; i < encoding.size(); i++) {
                wrong += encoding.start(i) > encoding.end(i) || encoding.end(i) > text.length() ? 1 : 0;
            }
            assertThat(wrong).as("offsets outside of %.10s…", text).isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encode_controlTokens_onlyThoseNamedAreRead(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        List<Integer> special = tokenizer.specialTokens().all();
        int named = special.getFirst();
        String text = "a" + tokenizer.token(named) + "b" + tokenizer.token(special.getLast()) + "c";
        int[] ids = tokenizer
                .encode(text, EncodeOptions.PLAIN.withControlTokens(Set.of(named)))
                .ids();
        int unknown = tokenizer.specialTokens().unk().orElse(-1);
        assertThat(ids).contains(named);
        for (int id : ids) {
            assertThat(id == named || id == unknown || !tokenizer.isSpecial(id))
                    .as("token %d of '%s'", id, text)
                    .isTrue();
        }
        // with all of them named as if the text were trusted
        assertThat(tokenizer
                        .encode(text, EncodeOptions.PLAIN.withControlTokens(Set.copyOf(special)))
                        .ids())
                .isEqualTo(
                        tokenizer.encode(text, EncodeOptions.PLAIN.asTrusted()).ids());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void encode_untrustedText_holdsNoControlToken(Path folder) {
        Tokenizer tokenizer = Golden.tokenizer(folder);
        int unknown = tokenizer.specialTokens().unk().orElse(-1);
        for (int special : tokenizer.specialTokens().all()) {
            String token = tokenizer.token(special);
            for (String text : List.of(
                    token,
                    " " + token,
                    token + " ",
                    token + token,
                    "a" + token + "b",
                    token + "\u0301",
                    "\u200b" + token,
                    token.substring(0, 1) + token,
                    "\n" + token + "\n",
                    token.toUpperCase(java.util.Locale.ROOT))) {
                for (int id : tokenizer.encode(text, EncodeOptions.PLAIN).ids()) {
                    assertThat(id == unknown || !tokenizer.isSpecial(id))
                            .as("token %d of '%s'", id, text)
                            .isTrue();
                }
            }
            assertThat(tokenizer.encode(token, EncodeOptions.PLAIN.asTrusted()).ids())
                    .contains(special);
        }
    }

    @Test
    void encode_fromManyThreads_givesTheSame() throws InterruptedException, ExecutionException {
        Tokenizer tokenizer = gpt2();
        List<int[]> expected = new ArrayList<>();
        for (int seed = 0; seed < 200; seed++) {
            expected.add(gpt2Ids(Shared.GPT2, seed));
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> runs = new ArrayList<>();
            for (int thread = 0; thread < 4; thread++) {
                runs.add(threads.submit(() -> {
                    for (int seed = 0; seed < 200; seed++) {
                        assertThat(gpt2Ids(tokenizer, seed)).as("seed %d", seed).isEqualTo(expected.get(seed));
                    }
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        }
    }

    private static int[] gpt2Ids(Tokenizer tokenizer, long seed) {
        return tokenizer.encode(RandomText.withSeed(seed)).ids();
    }

    @Test
    void encodePair_firstTextTooShortToGiveWay_isRefused() {
        EncodeOptions options = EncodeOptions.DEFAULT.withTruncation(
                new Truncation(2, 0, Truncation.Strategy.ONLY_FIRST, Truncation.Side.END));
        assertThatThrownBy(() -> gpt2().encodePair("a", "a long second text", options))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("first text");
    }

    @Test
    void decode_idOutsideTheVocabulary_isRefused() {
        assertThatThrownBy(() -> gpt2().decode(800))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("799");
    }

    @Test
    void specialTokens_ofTheConfig_haveTheirRoles() {
        Tokenizer tokenizer = Golden.tokenizer(Golden.folder().resolve("tokenizer-wordpiece-uncased"));
        assertThat(tokenizer.specialTokens())
                .isEqualTo(new Tokenizer.SpecialTokens(
                        java.util.OptionalInt.of(2),
                        java.util.OptionalInt.of(3),
                        java.util.OptionalInt.of(0),
                        java.util.OptionalInt.of(1),
                        java.util.OptionalInt.of(4),
                        java.util.OptionalInt.of(3),
                        java.util.OptionalInt.of(2),
                        List.of(0, 1, 2, 3, 4)));
    }

    /** One tokenizer for many repetitions. */
    private static final class Shared {
        private static final Tokenizer GPT2 = gpt2();
    }
}
