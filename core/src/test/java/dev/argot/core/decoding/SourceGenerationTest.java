package dev.argot.core.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Completion.ScoredToken;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContextLengthException;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.Decoding.Overflow;
import dev.argot.api.Decoding.TokenRules;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Prompts that an encoder reads, and what a decoder writes to them; and what decodings rule out. */
class SourceGenerationTest {
    private static final int CONTEXT = 24;
    private static final int VOCABULARY = 6;
    private static final int START = 5;

    private final ManualClock clock = new ManualClock();
    private final List<TinyModel> models = new ArrayList<>();

    @AfterEach
    void everySession_isClosed() {
        assertThat(models).allMatch(model -> model.openSessions() == 0);
    }

    private TextGenerator reader(TinyModel model) {
        return generator(model, PieceTokenizer.letters(VOCABULARY), OptionalInt.of(START));
    }

    private TextGenerator generator(TinyModel model, PieceTokenizer tokenizer, OptionalInt start) {
        models.add(model);
        return new TextGenerator(
                model, tokenizer, CONTEXT, Set.of(0), OptionalInt.empty(), start, clock, new SessionCache(0));
    }

    /** After the start token comes a, then b, c, d and the end. */
    private TextGenerator alphabet() {
        return reader(TinyModel.chain(VOCABULARY, 0, 2, 3, 4, 0, 1));
    }

    private static List<Integer> ids(Completion completion) {
        return completion.tokens().stream().map(ScoredToken::id).toList();
    }

    private static String text(Random random, int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) {
            text.append((char) ('a' + random.nextInt(VOCABULARY - 1)));
        }
        return text.toString();
    }

    // ---- what is read and what is written

    @RepeatedTest(60)
    void complete_source_writesWhatFollowsSourceAndStart(RepetitionInfo info) {
        // GIVEN a model that sees its source as what stands before: a decoder would continue both together
        int seed = info.getCurrentRepetition();
        var random = new Random(seed);
        TinyModel model = TinyModel.random(VOCABULARY, seed);
        String prompt = text(random, 1 + random.nextInt(8));
        Decoding decoding = Decoding.builder()
                .maxTokens(1 + random.nextInt(8))
                .temperature(seed % 3 == 0 ? 1 : 0)
                .seed(seed)
                .beams(seed % 3 == 1 ? 3 : 1)
                .topLogProbabilities(2)
                .build();
        // WHEN
        Completion completion = reader(model).complete(CompletionRequest.of(prompt, decoding));
        // THEN
        int[] before = IntStream.concat(prompt.chars().map(c -> c - 'a' + 1), IntStream.of(START))
                .toArray();
        Completion continued = generator(model, PieceTokenizer.letters(VOCABULARY), OptionalInt.empty())
                .continueAll(List.of(before), decoding, CancellationToken.never())
                .get(0);
        assertThat(completion.tokens()).as("seed %d", seed).isEqualTo(continued.tokens());
        assertThat(completion.score()).as("seed %d", seed).isEqualTo(continued.score());
        assertThat(completion.alternatives().stream().map(SourceGenerationTest::ids))
                .as("seed %d", seed)
                .isEqualTo(continued.alternatives().stream()
                        .map(SourceGenerationTest::ids)
                        .toList());
        assertThat(completion.usage().promptTokens()).isEqualTo(prompt.length());
    }

    @RepeatedTest(20)
    void completeAll_randomSources_equalsCompletingEachAlone(RepetitionInfo info) {
        // GIVEN
        int seed = info.getCurrentRepetition();
        var random = new Random(seed);
        TextGenerator generator = reader(TinyModel.random(VOCABULARY, seed));
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            prompts.add(text(random, 1 + random.nextInt(CONTEXT)));
        }
        Decoding decoding = Decoding.builder().maxTokens(6).build();
        // WHEN
        List<Completion> together = generator.completeAll(prompts, decoding, CancellationToken.never());
        // THEN
        for (int i = 0; i < prompts.size(); i++) {
            assertThat(ids(together.get(i)))
                    .as("seed %d, row %d", seed, i)
                    .isEqualTo(ids(generator.complete(CompletionRequest.of(prompts.get(i), decoding))));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void complete_tokenizerThatBeginsTextsDifferently_beginsOne(int beams) {
        // GIVEN
        var tokenizer = new PieceTokenizer("<end>", " one", " two", "x", "y", "z");
        TextGenerator generator = generator(TinyModel.chain(6, 0, 2, 0, 0, 0, 1), tokenizer, OptionalInt.of(START));
        var decoding = Decoding.builder().beams(beams).maxTokens(5).build();
        // WHEN
        Completion completion = generator.complete(CompletionRequest.of("xyz", decoding));
        // THEN
        assertThat(completion.text()).isEqualTo("one two");
    }

    @Test
    void complete_cancelledWhileStreaming_endsInGoodOrder() {
        // GIVEN
        CancellationToken cancellation = CancellationToken.create();
        var parts = new ArrayList<String>();
        var request = CompletionRequest.of("a", Decoding.greedy())
                .withCancellation(cancellation)
                .withSink(token -> {
                    parts.add(token.text());
                    if (parts.size() == 2) {
                        cancellation.cancel();
                    }
                });
        // WHEN
        Completion completion = alphabet().complete(request);
        // THEN
        assertThat(completion.finishReason()).isEqualTo(FinishReason.CANCELLED);
        assertThat(completion.text()).isEqualTo("ab");
        assertThat(parts).containsExactly("a", "b");
    }

    @Test
    void complete_timeIsUp_endsWithWhatThereIs() {
        // GIVEN
        TinyModel model = TinyModel.chain(VOCABULARY, 0, 2, 3, 4, 0, 1);
        model.onAppend(() -> clock.advance(Duration.ofSeconds(1)));
        // WHEN
        Completion completion = reader(model)
                .complete(CompletionRequest.of("a", Decoding.greedy()).withTimeLimit(Duration.ofMillis(2500)));
        // THEN
        assertThat(completion.finishReason()).isEqualTo(FinishReason.DEADLINE);
        assertThat(completion.text()).isEqualTo("ab");
    }

    // ---- long sources

    @Test
    void complete_sourceOfTheWholeContext_leavesTheAnswerItsOwn() {
        Completion completion = alphabet().complete(CompletionRequest.of("a".repeat(CONTEXT), Decoding.greedy()));
        assertThat(completion.text()).isEqualTo("abcd");
    }

    @Test
    void complete_sourceTooLong_isRefusedWithBothNumbers() {
        assertThatThrownBy(() -> alphabet().complete(CompletionRequest.of("a".repeat(CONTEXT + 1), Decoding.greedy())))
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("25")
                .hasMessageContaining("24");
    }

    @Test
    void complete_sourceTooLongMayBeTruncated_dropsThatSideAndSaysHowMuch() {
        // GIVEN a model that repeats the last token of its source
        float[][][] table = new float[VOCABULARY][VOCABULARY][VOCABULARY];
        for (int last = 1; last < START; last++) {
            table[last][START][last] = 20;
        }
        TextGenerator generator = reader(new TinyModel(table));
        String prompt = "a" + "b".repeat(CONTEXT - 1) + "c";
        for (Overflow overflow : List.of(Overflow.TRUNCATE_START, Overflow.TRUNCATE_END)) {
            var decoding = Decoding.builder().maxTokens(1).overflow(overflow).build();
            // WHEN
            Completion completion = generator.complete(CompletionRequest.of(prompt, decoding));
            // THEN
            assertThat(completion.text()).isEqualTo(overflow == Overflow.TRUNCATE_START ? "c" : "b");
            assertThat(completion.usage().promptTokens()).isEqualTo(CONTEXT);
            assertThat(completion.usage().droppedPromptTokens()).isEqualTo(1);
        }
    }

    @Test
    void complete_decoderFull_saysSo() {
        // GIVEN a model that never ends
        TextGenerator generator = reader(TinyModel.chain(VOCABULARY, 0, 1, 1, 1, 1, 1));
        // WHEN
        Completion completion = generator.complete(CompletionRequest.of("ab", Decoding.greedy()));
        // THEN the start token takes a place
        assertThat(completion.tokens()).hasSize(CONTEXT - 1);
        assertThat(completion.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
    }

    @Test
    void complete_emptySource_isRefused() {
        assertThatThrownBy(() -> alphabet().complete(CompletionRequest.of("", Decoding.greedy())))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("no tokens");
    }

    // ---- scores

    @RepeatedTest(20)
    void scoreWritten_allContinuationsOfOneLength_haveProbabilitiesThatSumToOne(RepetitionInfo info) {
        // GIVEN every text of two tokens, the special token apart
        int seed = info.getCurrentRepetition();
        TinyModel model = TinyModel.random(VOCABULARY, seed);
        models.add(model);
        List<String> all = new ArrayList<>();
        for (char first = 'a'; first < 'a' + VOCABULARY - 1; first++) {
            for (char second = 'a'; second < 'a' + VOCABULARY - 1; second++) {
                all.add("" + first + second);
            }
        }
        // WHEN
        List<ContinuationScore> scores = new ContinuationScorer(
                        model, PieceTokenizer.letters(VOCABULARY), CONTEXT, new SessionCache(0))
                .scoreWritten(new int[] {START}, "ab", all);
        // THEN
        double written =
                scores.stream().mapToDouble(s -> Math.exp(s.logProbability())).sum();
        double ended = Math.exp(model.logProbability(List.of(1, 2, START), 0));
        for (int first = 1; first < VOCABULARY; first++) {
            ended += Math.exp(model.logProbability(List.of(1, 2, START), first)
                    + model.logProbability(List.of(1, 2, START, first), 0));
        }
        assertThat(written + ended).as("seed %d", seed).isCloseTo(1, within(1e-9));
        assertThat(scores).allMatch(score -> score.tokens() == 2);
    }

    @Test
    void scoreWritten_doesNotFit_throws() {
        TinyModel model = TinyModel.random(VOCABULARY, 1);
        models.add(model);
        var scorer = new ContinuationScorer(model, PieceTokenizer.letters(VOCABULARY), 4, new SessionCache(0));
        int[] start = {START};
        assertThatThrownBy(() -> scorer.scoreWritten(start, "aaaaa", List.of("a")))
                .isInstanceOf(ContextLengthException.class);
        assertThatThrownBy(() -> scorer.scoreWritten(start, "a", List.of("aaaa")))
                .isInstanceOf(ContextLengthException.class);
        assertThatThrownBy(() -> scorer.scoreWritten(start, "a", List.of("")))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(scorer.scoreWritten(start, "a", List.of())).isEmpty();
    }

    // ---- what decodings rule out and force

    @Test
    void complete_forcedTokens_standFirstAndLast() {
        for (int beams : new int[] {1, 3}) {
            // GIVEN
            var decoding = Decoding.builder()
                    .maxTokens(4)
                    .beams(beams)
                    .tokenRules(TokenRules.NONE.withForced(OptionalInt.of(3), Set.of(0)))
                    .build();
            // WHEN
            Completion completion =
                    reader(TinyModel.chain(VOCABULARY, 1, 1, 1, 1, 1, 1)).complete(CompletionRequest.of("a", decoding));
            // THEN
            assertThat(ids(completion)).containsExactly(3, 1, 1, 0);
            assertThat(completion.finishReason()).isEqualTo(FinishReason.STOP_TOKEN);
        }
    }

    @RepeatedTest(40)
    void complete_randomDecoding_keepsWhatItPromises(RepetitionInfo info) {
        // GIVEN
        int seed = info.getCurrentRepetition();
        var random = new Random(seed);
        String prompt = text(random, 3 + random.nextInt(5));
        int own = 2 + random.nextInt(2);
        int ofSource = 2 + random.nextInt(2);
        List<Integer> bad = List.of(1 + random.nextInt(4), 1 + random.nextInt(4));
        Decoding decoding = Decoding.builder()
                .maxTokens(10)
                .ignoreEos(true)
                .temperature(seed % 2)
                .beams(seed % 4 == 2 ? 3 : 1)
                .seed(seed)
                .noRepeatNgramSize(own)
                .encoderNoRepeatNgramSize(ofSource)
                .tokenRules(TokenRules.NONE.withBadWords(Set.of(bad)).withSuppressed(Set.of(START), Set.of(2)))
                .build();
        // WHEN
        Completion completion =
                reader(TinyModel.random(VOCABULARY, seed)).complete(CompletionRequest.of(prompt, decoding));
        // THEN
        List<Integer> written = ids(completion);
        var decoder = new ArrayList<>(List.of(START));
        decoder.addAll(written);
        List<Integer> source = prompt.chars().map(c -> c - 'a' + 1).boxed().toList();
        assertThat(written).as("seed %d", seed).hasSize(10).doesNotContain(START);
        assertThat(written.get(0)).as("seed %d", seed).isNotEqualTo(2);
        assertThat(ngrams(decoder, own)).as("seed %d", seed).doesNotHaveDuplicates();
        assertThat(ngrams(decoder, ofSource)).as("seed %d", seed).doesNotContainAnyElementsOf(ngrams(source, ofSource));
        assertThat(ngrams(decoder, 2)).as("seed %d", seed).doesNotContain(bad);
    }

    private static List<List<Integer>> ngrams(List<Integer> ids, int size) {
        return IntStream.rangeClosed(0, ids.size() - size)
                .mapToObj(i -> ids.subList(i, i + size))
                .toList();
    }

    @Test
    void complete_nothingAllowed_saysSo() {
        for (int beams : new int[] {1, 2}) {
            var decoding = Decoding.builder()
                    .beams(beams)
                    .tokenRules(TokenRules.NONE.withSuppressed(Set.of(0, 1, 2, 3, 4, 5), Set.of()))
                    .build();
            assertThatThrownBy(() -> alphabet().complete(CompletionRequest.of("a", decoding)))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("every token");
        }
    }

    @Test
    void complete_ruleOfATokenThereIsNot_throws() {
        var decoding = Decoding.builder()
                .tokenRules(TokenRules.NONE.withSuppressed(Set.of(VOCABULARY), Set.of()))
                .build();
        assertThatThrownBy(() -> alphabet().complete(CompletionRequest.of("a", decoding)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("6");
    }

    @Test
    void tokenRules_outOfRange_throws() {
        assertThatThrownBy(() -> TokenRules.NONE.withBadWords(Set.of(List.of())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TokenRules.NONE.withSuppressed(Set.of(-1), Set.of()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TokenRules.NONE.withDecay(-1, 1)).isInstanceOf(IllegalArgumentException.class);
        for (Decoding.Builder builder : Arrays.asList(
                Decoding.builder().typicalP(0),
                Decoding.builder().epsilonCutoff(1),
                Decoding.builder().etaCutoff(-0.1),
                Decoding.builder().encoderRepetitionPenalty(0),
                Decoding.builder().frequencyPenalty(Double.NaN),
                Decoding.builder().noRepeatNgramSize(-1))) {
            assertThatThrownBy(builder::build).isInstanceOf(IllegalArgumentException.class);
        }
    }
}
