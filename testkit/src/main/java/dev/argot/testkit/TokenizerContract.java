package dev.argot.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/**
 * What every tokenizer promises: text comes back, offsets point into the text, untrusted text never becomes control tokens, a stream
 * decodes like the whole, and threads do not disturb each other. Texts are random; a failure shows the seed.
 *
 * <p>A test of a tokenizer extends this class and supplies it; one that changes text (lower case, spaces) says how in {@link #restored}.
 */
public abstract class TokenizerContract {
    /** For subclasses. */
    protected TokenizerContract() {}

    /** The tokenizer under test. */
    protected abstract Tokenizer tokenizer();

    /**
     * What decoding gives back for a text: the text itself, unless the tokenizer normalises it. Empty where the vocabulary cannot spell
     * every text and the outcome depends on it.
     *
     * @param text any text
     */
    protected Optional<String> restored(String text) {
        return Optional.of(text);
    }

    @RepeatedTest(50)
    void decode_ofEncoded_restoresText(RepetitionInfo info) {
        String text = text(info);
        Encoding encoding = tokenizer().encode(text, EncodeOptions.PLAIN);
        restored(text).ifPresent(expected -> assertThat(tokenizer().decode(encoding.ids()))
                .as("seed %d", info.getCurrentRepetition())
                .isEqualTo(expected));
        for (int id : encoding.ids()) {
            assertThat(id)
                    .as("seed %d", info.getCurrentRepetition())
                    .isBetween(0, tokenizer().vocabularySize() - 1);
        }
    }

    @RepeatedTest(50)
    void encode_offsets_growAndStayInTheText(RepetitionInfo info) {
        String text = text(info);
        Encoding encoding = tokenizer().encode(text);
        int start = 0;
        int end = 0;
        for (int i = 0; i < encoding.size(); i++) {
            if (encoding.isSpecial(i)) {
                assertThat(encoding.start(i)).isZero();
                assertThat(encoding.end(i)).isZero();
                assertThat(encoding.wordId(i)).isEqualTo(-1);
                assertThat(encoding.sequenceId(i)).isEqualTo(-1);
                continue;
            }
            assertThat(encoding.start(i))
                    .as("start of token %d, seed %d", i, info.getCurrentRepetition())
                    .isBetween(start, encoding.end(i));
            assertThat(encoding.end(i))
                    .as("end of token %d, seed %d", i, info.getCurrentRepetition())
                    .isBetween(end, text.length());
            assertThat(encoding.sequenceId(i)).isZero();
            start = encoding.start(i);
            end = encoding.end(i);
        }
    }

    @RepeatedTest(50)
    void encode_untrustedTextWithControlTokens_givesNone(RepetitionInfo info) {
        Tokenizer tokenizer = tokenizer();
        var text = new StringBuilder(text(info));
        List<Integer> special = tokenizer.specialTokens().all();
        for (int id : special) {
            text.insert(text.length() / 2, tokenizer.token(id))
                    .append(tokenizer.token(id))
                    .append(' ');
        }
        OptionalInt unknown = tokenizer.specialTokens().unk(); // what the vocabulary cannot spell is no control token
        for (int id : tokenizer.encode(text.toString(), EncodeOptions.PLAIN).ids()) {
            assertThat(tokenizer.isSpecial(id) && !(unknown.isPresent() && unknown.getAsInt() == id))
                    .as("token %d is a control token; text '%s', seed %d", id, text, info.getCurrentRepetition())
                    .isFalse();
        }
    }

    @RepeatedTest(50)
    void streamDecoder_idById_givesWhatDecodeGives(RepetitionInfo info) {
        int[] ids = tokenizer().encode(text(info), EncodeOptions.PLAIN).ids();
        Tokenizer.StreamDecoder decoder = tokenizer().streamDecoder(true);
        var streamed = new StringBuilder();
        for (int id : ids) {
            String piece = decoder.next(id);
            assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
                    .as("half a character, seed %d", info.getCurrentRepetition())
                    .isTrue();
            streamed.append(piece);
        }
        streamed.append(decoder.finish());
        assertThat(streamed.toString())
                .as("seed %d", info.getCurrentRepetition())
                .isEqualTo(tokenizer().decode(ids));
    }

    @RepeatedTest(20)
    void encode_truncated_isAtMostSoLong(RepetitionInfo info) {
        int most = 4 + info.getCurrentRepetition();
        Encoding whole = tokenizer().encode(text(info));
        Encoding cut =
                tokenizer().encode(text(info), EncodeOptions.DEFAULT.withTruncation(EncodeOptions.Truncation.to(most)));
        assertThat(cut.size()).as("seed %d", info.getCurrentRepetition()).isEqualTo(Math.min(most, whole.size()));
        assertThat(cut.overflow().isEmpty()).isEqualTo(whole.size() <= most);
    }

    @Test
    void encode_emptyText_givesNoTokensOfItsOwn() {
        assertThat(tokenizer().encode("", EncodeOptions.PLAIN).size()).isZero();
        Encoding withSpecial = tokenizer().encode("");
        for (int i = 0; i < withSpecial.size(); i++) {
            assertThat(withSpecial.isSpecial(i)).isTrue();
        }
        assertThat(tokenizer().decode()).isEmpty();
    }

    @Test
    void encode_loneSurrogate_isReadAsTheReplacementCharacter() {
        assertThat(tokenizer().encode("a\ud800b").ids())
                .isEqualTo(tokenizer().encode("a\ufffdb").ids());
    }

    @Test
    void encodePair_tokens_sayWhichTextTheyComeFrom() {
        Encoding pair = tokenizer().encodePair("one", "two", EncodeOptions.DEFAULT);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < pair.size(); i++) {
            if (!pair.isSpecial(i)) {
                order.add(pair.sequenceId(i));
            }
        }
        assertThat(order).isSorted().contains(0, 1);
    }

    @Test
    void decode_idOutsideTheVocabulary_throws() {
        int size = tokenizer().vocabularySize();
        assertThatThrownBy(() -> tokenizer().decode(size)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokenizer().decode(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> tokenizer().token(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void id_ofTokensUsed_isTheirId() {
        for (int id :
                tokenizer().encode("The quick brown fox.", EncodeOptions.PLAIN).ids()) {
            assertThat(tokenizer().id(tokenizer().token(id))).hasValue(id);
        }
    }

    @Test
    void encode_fromSeveralThreads_givesWhatOneThreadGets() throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Callable<int[]>> tasks = new ArrayList<>();
            for (int seed = 0; seed < 200; seed++) {
                String text = RandomText.withSeed(seed);
                tasks.add(() -> tokenizer().encode(text).ids());
            }
            List<Future<int[]>> results = threads.invokeAll(tasks);
            for (int seed = 0; seed < 200; seed++) {
                assertThat(results.get(seed).get())
                        .as("seed %d", seed)
                        .isEqualTo(tokenizer().encode(RandomText.withSeed(seed)).ids());
            }
        }
    }

    private static String text(RepetitionInfo info) {
        return RandomText.withSeed(info.getCurrentRepetition());
    }
}
