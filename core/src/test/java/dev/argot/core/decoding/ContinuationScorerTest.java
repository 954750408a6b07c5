package dev.argot.core.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.ContextLengthException;
import dev.argot.api.ContinuationScore;
import dev.argot.api.EncodeOptions;
import dev.argot.api.evaluation.Perplexity.Window;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class ContinuationScorerTest {
    private static final int VOCABULARY = 6;

    @RepeatedTest(50)
    void score_randomContinuations_isTheDifferenceOfTwoTexts(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        TinyModel model = TinyModel.random(VOCABULARY, seed);
        PieceTokenizer tokenizer = PieceTokenizer.letters(VOCABULARY);
        String prompt = text(random, 2 + random.nextInt(20));
        List<String> continuations = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(40); i++) {
            continuations.add(text(random, 1 + random.nextInt(6)));
        }
        // WHEN
        List<ContinuationScore> scores = scorer(model, tokenizer, 64).score(OptionalInt.empty(), prompt, continuations);
        // THEN
        assertThat(scores).as("seed %d", seed).hasSameSizeAs(continuations);
        for (int i = 0; i < scores.size(); i++) {
            ContinuationScore score = scores.get(i);
            String continuation = continuations.get(i);
            double slow = nats(model, tokenizer, prompt) - nats(model, tokenizer, prompt + continuation);
            assertThat(score.continuation()).as("seed %d", seed).isEqualTo(continuation);
            assertThat(score.tokens()).as("seed %d", seed).isEqualTo(continuation.length());
            assertThat(score.logProbability()).as("seed %d", seed).isCloseTo(slow, within(1e-9));
        }
        assertThat(model.openSessions()).isZero();
    }

    @RepeatedTest(20)
    void score_allContinuationsOfOneLength_haveProbabilitiesThatSumToOne(RepetitionInfo info) {
        // GIVEN every text of two tokens, the special token apart
        long seed = info.getCurrentRepetition();
        TinyModel model = TinyModel.random(VOCABULARY, seed);
        List<String> all = new ArrayList<>();
        for (char first = 'a'; first < 'a' + VOCABULARY - 1; first++) {
            for (char second = 'a'; second < 'a' + VOCABULARY - 1; second++) {
                all.add("" + first + second);
            }
        }
        // WHEN
        double sum =
                scorer(model, PieceTokenizer.letters(VOCABULARY), 64).score(OptionalInt.empty(), "ab", all).stream()
                        .mapToDouble(score -> Math.exp(score.logProbability()))
                        .sum();
        // THEN what is missing is the probability of the special token at one of the two places
        double missing = Math.exp(model.logProbability(List.of(1, 2), 0));
        for (int first = 1; first < VOCABULARY; first++) {
            missing += Math.exp(model.logProbability(List.of(1, 2), first))
                    * Math.exp(model.logProbability(List.of(1, 2, first), 0));
        }
        assertThat(sum).as("seed %d", seed).isCloseTo(1 - missing, within(1e-9));
    }

    @Test
    void score_tokenOverTheBoundary_scoresTheEndOfThePromptInAll() {
        // GIVEN 1 "x", 2 "un", 3 "unhappy", 4 "even"
        TinyModel model = TinyModel.random(5, 1);
        var tokenizer = new PieceTokenizer("<end>", "x", "un", "unhappy", "even");
        // WHEN
        List<ContinuationScore> scores =
                scorer(model, tokenizer, 64).score(OptionalInt.empty(), "xun", List.of("happy", "even"));
        // THEN the prefix is x
        double unhappy = model.logProbability(List.of(1), 3);
        double uneven = model.logProbability(List.of(1), 2) + model.logProbability(List.of(1, 2), 4);
        assertThat(scores.get(0).logProbability()).isCloseTo(unhappy, within(1e-9));
        assertThat(scores.get(0).tokens()).isEqualTo(1);
        assertThat(scores.get(1).logProbability()).isCloseTo(uneven, within(1e-9));
        assertThat(scores.get(1).tokens()).isEqualTo(2);
    }

    @Test
    void score_emptyPrompt_standsBehindTheTokenThatBeginsATextOrIsRefused() {
        TinyModel model = TinyModel.random(VOCABULARY, 3);
        PieceTokenizer tokenizer = PieceTokenizer.letters(VOCABULARY);
        double expected = model.logProbability(List.of(5), 1) + model.logProbability(List.of(5, 1), 2);
        assertThat(scorer(model, tokenizer, 64)
                        .score(OptionalInt.of(5), "", List.of("ab"))
                        .get(0)
                        .logProbability())
                .isCloseTo(expected, within(1e-9));
        assertThatThrownBy(() -> scorer(model, tokenizer, 64).score(OptionalInt.empty(), "", List.of("ab")))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("No token stands before");
    }

    @Test
    void score_noRoom_isRefused() {
        TinyModel model = TinyModel.random(VOCABULARY, 3);
        PieceTokenizer tokenizer = PieceTokenizer.letters(VOCABULARY);
        assertThatThrownBy(() -> scorer(model, tokenizer, 4).score(OptionalInt.empty(), "abc", List.of("a", "ab")))
                .isInstanceOf(ContextLengthException.class);
        assertThatThrownBy(() -> scorer(model, tokenizer, 4).score(OptionalInt.empty(), "abc", List.of("")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(scorer(model, tokenizer, 4).score(OptionalInt.empty(), "abc", List.of()))
                .isEmpty();
        assertThat(model.openSessions()).isZero();
    }

    private static ContinuationScorer scorer(TinyModel model, PieceTokenizer tokenizer, int contextLength) {
        return new ContinuationScorer(model, tokenizer, contextLength, new SessionCache(0));
    }

    private static double nats(TinyModel model, PieceTokenizer tokenizer, String text) {
        int[] ids = tokenizer.encode(text, EncodeOptions.PLAIN).ids();
        assertThat(Arrays.stream(ids).count()).isEqualTo(text.length());
        return PerplexityMeasure.measure(model, tokenizer, 1000, text, Window.DEFAULT)
                .nats();
    }

    private static String text(Random random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(VOCABULARY - 1)));
        }
        return text.toString();
    }
}
