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
import dev.argot.api.Decoding;
import dev.argot.api.EngineException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextGeneratorTest {
    private static final int CONTEXT = 64;

    private final ManualClock clock = new ManualClock();
    private final List<TinyModel> models = new ArrayList<>();

    @AfterEach
    void everySession_isClosed() {
        assertThat(models).isNotEmpty().allMatch(model -> model.openSessions() == 0);
    }

    private TextGenerator letters(TinyModel model, int vocabulary) {
        return generator(model, PieceTokenizer.letters(vocabulary));
    }

    private TextGenerator generator(TinyModel model, PieceTokenizer tokenizer) {
        models.add(model);
        return new TextGenerator(
                model,
                tokenizer,
                CONTEXT,
                Set.of(0),
                OptionalInt.empty(),
                OptionalInt.empty(),
                clock,
                new SessionCache(0));
    }

    /** After a comes b, then c, d and the end. */
    private TextGenerator alphabet() {
        return letters(TinyModel.chain(5, 0, 2, 3, 4, 0), 5);
    }

    private static List<Integer> ids(Completion completion) {
        return completion.tokens().stream().map(ScoredToken::id).toList();
    }

    // ---- greedy, ends

    @Test
    void complete_greedy_followsTheMostProbableToTheEnd() {
        // WHEN
        Completion completion = alphabet().complete(CompletionRequest.of("a", Decoding.greedy()));
        // THEN
        assertThat(completion.text()).isEqualTo("bcd");
        assertThat(ids(completion)).containsExactly(2, 3, 4, 0);
        assertThat(completion.finishReason()).isEqualTo(FinishReason.STOP_TOKEN);
        assertThat(completion.usage().promptTokens()).isEqualTo(1);
        assertThat(completion.usage().completionTokens()).isEqualTo(4);
        double logProbability = 20 - Math.log(Math.exp(20) + 4);
        assertThat(completion.score()).isCloseTo(4 * logProbability, within(1e-8));
    }

    @Test
    void complete_maxTokens_endsWithLength() {
        // WHEN
        Completion completion = alphabet()
                .complete(CompletionRequest.of(
                        "a", Decoding.builder().maxTokens(2).build()));
        // THEN
        assertThat(completion.text()).isEqualTo("bc");
        assertThat(completion.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void complete_stopId_endsThereWithoutItsText() {
        // WHEN
        Completion completion = alphabet()
                .complete(
                        CompletionRequest.of("a", Decoding.builder().stopIds(4).build()));
        // THEN
        assertThat(completion.text()).isEqualTo("bc");
        assertThat(ids(completion)).containsExactly(2, 3, 4);
        assertThat(completion.finishReason()).isEqualTo(FinishReason.STOP_TOKEN);
    }

    @Test
    void complete_minTokens_rulesTheEndOutUntilThen() {
        // WHEN
        Completion completion = alphabet()
                .complete(CompletionRequest.of(
                        "a", Decoding.builder().minTokens(6).maxTokens(9).build()));
        // THEN
        assertThat(completion.tokens().size()).isBetween(6, 9);
        assertThat(ids(completion).subList(0, 5)).doesNotContain(0);
    }

    @Test
    void complete_ignoreEos_goesOnPastTheEnd() {
        // WHEN
        Completion completion = alphabet()
                .complete(CompletionRequest.of(
                        "a", Decoding.builder().ignoreEos(true).maxTokens(7).build()));
        // THEN
        assertThat(completion.tokens()).hasSize(7);
        assertThat(completion.finishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void complete_contextFull_saysSo() {
        // GIVEN
        var endless = letters(TinyModel.chain(3, 0, 2, 1), 3);
        // WHEN
        Completion completion = endless.complete(CompletionRequest.of("a", Decoding.greedy()));
        // THEN
        assertThat(completion.tokens()).hasSize(CONTEXT - 1);
        assertThat(completion.finishReason()).isEqualTo(FinishReason.CONTEXT_FULL);
    }

    @Test
    void complete_repetitionPenalty_leavesTheLoop() {
        // GIVEN a loop a b a b with c nearly as probable
        float[][][] table = new float[4][4][4];
        for (float[][] rows : table) {
            rows[1] = new float[] {0, 0, 5, 4.9f};
            rows[2] = new float[] {0, 5, 0, 4.9f};
        }
        var looping = letters(new TinyModel(table), 4);
        // WHEN
        String plain = looping.complete(CompletionRequest.of(
                        "ab", Decoding.builder().maxTokens(4).build()))
                .text();
        String penalised = looping.complete(CompletionRequest.of(
                        "ab",
                        Decoding.builder().maxTokens(1).repetitionPenalty(1.2).build()))
                .text();
        // THEN
        assertThat(plain).isEqualTo("abab");
        assertThat(penalised).isEqualTo("c");
    }

    @Test
    void complete_logitsAreNotNumbers_isAnEngineError() {
        // GIVEN
        float[][][] table = new float[2][2][2];
        table[0][1][1] = Float.NaN;
        var broken = letters(new TinyModel(table), 2);
        // THEN
        assertThatThrownBy(() -> broken.complete(CompletionRequest.of("a", Decoding.greedy())))
                .isInstanceOf(EngineException.class)
                .hasMessageContaining("NaN");
    }

    // ---- prompts

    @Test
    void complete_promptTooLong_isRefusedWithBothNumbers() {
        assertThatThrownBy(() -> alphabet().complete(CompletionRequest.of("a".repeat(CONTEXT), Decoding.greedy())))
                .isInstanceOf(ContextLengthException.class)
                .hasMessageContaining("64");
    }

    @Test
    void complete_promptTooLongMayBeTruncated_dropsTheStartAndSaysHowMuch() {
        // GIVEN
        var decoding = Decoding.builder()
                .maxTokens(10)
                .overflow(Decoding.Overflow.TRUNCATE_START)
                .build();
        // WHEN
        Completion completion = alphabet().complete(CompletionRequest.of("b".repeat(80) + "a", decoding));
        // THEN
        assertThat(completion.text()).isEqualTo("bcd");
        assertThat(completion.usage().promptTokens()).isEqualTo(CONTEXT - 10);
        assertThat(completion.usage().droppedPromptTokens()).isEqualTo(81 - (CONTEXT - 10));
    }

    @Test
    void complete_emptyPrompt_beginsWithTheBeginningOrIsRefused() {
        // GIVEN
        TinyModel model = TinyModel.chain(5, 0, 2, 3, 4, 0);
        models.add(model);
        var beginsWithA = new TextGenerator(
                model,
                PieceTokenizer.letters(5),
                CONTEXT,
                Set.of(0),
                OptionalInt.of(1),
                OptionalInt.empty(),
                clock,
                new SessionCache(0));
        // THEN
        assertThat(beginsWithA
                        .complete(CompletionRequest.of("", Decoding.greedy()))
                        .text())
                .isEqualTo("bcd");
        assertThatThrownBy(() -> alphabet().complete(CompletionRequest.of("", Decoding.greedy())))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("no tokens");
    }

    // ---- stop strings and streaming

    @Test
    void complete_stopStringAcrossTokens_neverShowsAPartOfIt() {
        // GIVEN a model that says "xx##yy" in pieces
        var tokenizer = new PieceTokenizer("<end>", "x", "x#", "#", "y", "!");
        var model = generator(TinyModel.chain(6, 0, 2, 3, 4, 0, 0), tokenizer);
        var streamed = new ArrayList<String>();
        var request = CompletionRequest.of(
                        "x", Decoding.builder().stopStrings("##").build())
                .withSink(token -> streamed.add(token.text()));
        // WHEN
        Completion completion = model.complete(request);
        // THEN
        assertThat(completion.text()).isEqualTo("x");
        assertThat(streamed).containsExactly("x", "");
        assertThat(completion.finishReason()).isEqualTo(FinishReason.STOP_STRING);
        assertThat(ids(completion)).containsExactly(2, 3);
    }

    @Test
    void complete_beginningOfAStopStringThatDoesNotCome_isHandedOutLater() {
        // GIVEN
        var tokenizer = new PieceTokenizer("<end>", "x", "x#", "#", "y", "!");
        var model = generator(TinyModel.chain(6, 0, 2, 4, 0, 0, 0), tokenizer);
        var streamed = new ArrayList<String>();
        var request = CompletionRequest.of(
                        "x", Decoding.builder().stopStrings("##", "y!").build())
                .withSink(token -> streamed.add(token.text()));
        // WHEN
        Completion completion = model.complete(request);
        // THEN
        assertThat(completion.text()).isEqualTo("x#y");
        assertThat(streamed).containsExactly("x", "#", "y");
    }

    @RepeatedTest(50)
    void complete_randomStopStrings_cutsAtTheFirstAndStreamsTheText(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        var tokenizer = new PieceTokenizer("<end>", "a", "b", "ab", "ba", "aab");
        var model = generator(TinyModel.random(6, seed), tokenizer);
        var stops = new String[1 + random.nextInt(3)];
        for (int i = 0; i < stops.length; i++) {
            var stop = new StringBuilder();
            int length = 1 + random.nextInt(5);
            for (int j = 0; j < length; j++) {
                stop.append(random.nextBoolean() ? 'a' : 'b');
            }
            stops[i] = stop.toString();
        }
        var sampling = Decoding.builder().temperature(1).seed(seed).maxTokens(40);
        String whole =
                model.complete(CompletionRequest.of("a", sampling.build())).text();
        var streamed = new StringBuilder();
        // WHEN
        Completion completion = model.complete(
                CompletionRequest.of("a", sampling.stopStrings(stops).build()).withSink(t -> {
                    streamed.append(t.text());
                    assertThat(whole).as("seed %d", seed).startsWith(streamed.toString());
                }));
        // THEN the text is cut where the first token that completes a stop string completes it
        int cut = whole.length();
        boolean stopped = false;
        var said = new StringBuilder();
        for (ScoredToken token : completion.tokens()) {
            said.append(tokenizer.decode(token.id()));
            for (String stop : stops) {
                int at = said.indexOf(stop);
                if (at >= 0) {
                    cut = Math.min(cut, at);
                    stopped = true;
                }
            }
            if (stopped) {
                assertThat(token)
                        .isSameAs(completion.tokens().get(completion.tokens().size() - 1));
            }
        }
        assertThat(completion.text()).as("seed %d", seed).isEqualTo(whole.substring(0, cut));
        assertThat(streamed.toString()).as("seed %d", seed).isEqualTo(completion.text());
        assertThat(completion.finishReason() == FinishReason.STOP_STRING).isEqualTo(stopped);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void complete_tokenizerThatBeginsTextsDifferently_continuesInstead(int beams) {
        // GIVEN a tokenizer that drops a space at the beginning of a text
        var model = generator(TinyModel.chain(4, 0, 2, 3, 0), new PieceTokenizer("<end>", " once", " upon", " a"));
        // WHEN
        Completion completion = model.complete(
                CompletionRequest.of(" once", Decoding.builder().beams(beams).build()));
        // THEN
        assertThat(completion.text()).isEqualTo(" upon a");
    }

    // ---- interruption

    @Test
    void complete_cancelledWhileStreaming_endsInGoodOrder() {
        // GIVEN
        var endless = letters(TinyModel.chain(3, 0, 2, 1), 3);
        var cancellation = CancellationToken.create();
        var request = CompletionRequest.of("a", Decoding.greedy())
                .withCancellation(cancellation)
                .withSink(token -> {
                    if (token.id() == 1) {
                        cancellation.cancel();
                    }
                });
        // WHEN
        Completion completion = endless.complete(request);
        // THEN
        assertThat(completion.text()).isEqualTo("ba");
        assertThat(completion.finishReason()).isEqualTo(FinishReason.CANCELLED);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void complete_cancelledBefore_doesNothing(int beams) {
        // GIVEN
        var cancellation = CancellationToken.create();
        cancellation.cancel();
        var decoding = Decoding.builder().beams(beams).build();
        // WHEN
        Completion completion =
                alphabet().complete(CompletionRequest.of("a", decoding).withCancellation(cancellation));
        // THEN
        assertThat(completion.tokens()).isEmpty();
        assertThat(completion.finishReason()).isEqualTo(FinishReason.CANCELLED);
    }

    @Test
    void completeAll_cancelledOnTheWay_returnsWhatThereIs() {
        // GIVEN a model that goes on for ever, cancelled with the third pass
        TinyModel chain = TinyModel.chain(3, 0, 2, 1);
        var endless = letters(chain, 3);
        var cancellation = CancellationToken.create();
        var passes = new AtomicInteger();
        chain.onAppend(() -> {
            if (passes.incrementAndGet() == 3) {
                cancellation.cancel();
            }
        });
        // WHEN
        List<Completion> completions = endless.completeAll(List.of("a", "b"), Decoding.greedy(), cancellation);
        // THEN
        assertThat(completions).extracting(Completion::text).containsExactly("ba", "ab");
        assertThat(completions).extracting(Completion::finishReason).containsOnly(FinishReason.CANCELLED);
        assertThat(chain.openSessions()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void completeAll_cancelledBefore_doesNothing(int beams) {
        var cancellation = CancellationToken.create();
        cancellation.cancel();
        var decoding = Decoding.builder().beams(beams).build();
        assertThat(alphabet().completeAll(List.of("a", "b"), decoding, cancellation))
                .hasSize(2)
                .allSatisfy(completion -> {
                    assertThat(completion.tokens()).isEmpty();
                    assertThat(completion.finishReason()).isEqualTo(FinishReason.CANCELLED);
                });
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void complete_timeIsUp_endsWithWhatThereIs(int beams) {
        // GIVEN a step that takes a second
        TinyModel model = TinyModel.chain(3, 0, 2, 1);
        model.onAppend(() -> clock.advance(Duration.ofSeconds(1)));
        var request = CompletionRequest.of("a", Decoding.builder().beams(beams).build())
                .withTimeLimit(Duration.ofMillis(3500));
        // WHEN
        Completion completion = letters(model, 3).complete(request);
        // THEN
        assertThat(completion.text()).isEqualTo("bab");
        assertThat(completion.finishReason()).isEqualTo(FinishReason.DEADLINE);
        assertThat(completion.usage().prefill()).isEqualTo(Duration.ofSeconds(1));
        assertThat(completion.usage().decode()).isEqualTo(Duration.ofSeconds(3));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void complete_sinkThrows_reachesTheCaller(int beams) {
        // GIVEN
        var request = CompletionRequest.of("a", Decoding.builder().beams(beams).build())
                .withSink(token -> {
                    throw new IllegalStateException("enough");
                });
        // THEN
        assertThatThrownBy(() -> alphabet().complete(request)).hasMessage("enough");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void complete_engineFails_closesTheSessions(int beams) {
        // GIVEN a model that fails at its third step
        TinyModel model = TinyModel.chain(3, 0, 2, 1);
        var steps = new int[1];
        model.onAppend(() -> {
            if (++steps[0] == 3) {
                throw new EngineException("out of memory");
            }
        });
        var decoding = Decoding.builder().beams(beams).build();
        // THEN
        assertThatThrownBy(() -> letters(model, 3).complete(CompletionRequest.of("a", decoding)))
                .hasMessage("out of memory");
    }

    // ---- sampling

    @Test
    void complete_sameSeed_givesTheSameText() {
        // GIVEN
        var model = letters(TinyModel.random(20, 1), 20);
        var texts = new HashSet<String>();
        for (long seed = 0; seed < 20; seed++) {
            var request = CompletionRequest.of("a", Decoding.sampling(1.5, seed));
            // WHEN
            String text = model.complete(request).text();
            // THEN
            assertThat(model.complete(request).text()).isEqualTo(text);
            texts.add(text);
        }
        assertThat(texts).hasSizeGreaterThan(10);
    }

    @Test
    void complete_manySeeds_drawTokensByTheirProbability() {
        // GIVEN the first token after "a", at temperature 2
        TinyModel table = TinyModel.random(8, 5);
        var model = letters(table, 8);
        int draws = 20_000;
        Map<Integer, Integer> counts = new HashMap<>();
        // WHEN
        for (int seed = 0; seed < draws; seed++) {
            var decoding =
                    Decoding.builder().temperature(2).seed(seed).maxTokens(1).build();
            counts.merge(
                    ids(model.complete(CompletionRequest.of("a", decoding))).get(0), 1, Integer::sum);
        }
        // THEN
        float[] logits = table.logits(List.of(1));
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit / 2);
        }
        for (int id = 0; id < 8; id++) {
            double p = Math.exp(logits[id] / 2) / sum;
            double deviation = Math.sqrt(p * (1 - p) / draws);
            assertThat(counts.getOrDefault(id, 0) / (double) draws)
                    .as("token %d", id)
                    .isCloseTo(p, within(5 * deviation));
        }
    }

    @RepeatedTest(10)
    void complete_logProbabilities_areThoseOfTheRawLogits(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        TinyModel table = TinyModel.random(10, seed);
        var decoding = Decoding.builder()
                .temperature(0.7)
                .topK(5)
                .topP(0.9)
                .minP(0.02)
                .repetitionPenalty(1.3)
                .seed(seed)
                .maxTokens(20)
                .topLogProbabilities(3)
                .build();
        // WHEN
        Completion completion = letters(table, 10).complete(CompletionRequest.of("a", decoding));
        // THEN
        var before = new ArrayList<>(List.of(1));
        double score = 0;
        for (ScoredToken token : completion.tokens()) {
            double expected = table.logProbability(before, token.id());
            assertThat(token.logProbability()).as("seed %d", seed).isCloseTo(expected, within(1e-6));
            assertThat(token.top()).hasSize(3);
            assertThat(token.top().get(0).logProbability())
                    .isCloseTo(table.logProbability(before, token.top().get(0).id()), within(1e-6));
            before.add(token.id());
            score += expected;
        }
        assertThat(completion.score()).as("seed %d", seed).isCloseTo(score, within(1e-5));
    }

    // ---- batches

    @RepeatedTest(20)
    void completeAll_randomPrompts_equalsCompletingEachAlone(RepetitionInfo info) {
        // GIVEN
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        var model = letters(TinyModel.random(6, seed), 6);
        var prompts = new ArrayList<String>();
        for (int i = 0; i < 4; i++) {
            prompts.add("abcde".substring(random.nextInt(5)).repeat(1 + random.nextInt(3)));
        }
        var decoding = Decoding.builder()
                .temperature(random.nextInt(2))
                .seed(seed)
                .maxTokens(12)
                .stopStrings("ab")
                .build();
        // WHEN
        List<Completion> together = model.completeAll(prompts, decoding, CancellationToken.never());
        // THEN
        for (int i = 0; i < prompts.size(); i++) {
            var alone = model.complete(CompletionRequest.of(
                    prompts.get(i), decoding.toBuilder().seed(seed + i).build()));
            assertThat(together.get(i)).as("seed %d, row %d", seed, i).isEqualTo(alone);
        }
    }

    @Test
    void completeAll_noPrompts_givesNothing() {
        assertThat(alphabet().completeAll(List.of(), Decoding.greedy(), CancellationToken.never()))
                .isEmpty();
    }

    // ---- beams

    @RepeatedTest(20)
    void complete_beamsForEverything_findsWhatExhaustiveSearchFinds(RepetitionInfo info) {
        // GIVEN as many beams as there are sequences
        long seed = info.getCurrentRepetition();
        double lengthPenalty = List.of(0.0, 1.0, -0.5).get((int) (seed % 3));
        int vocabulary = 4;
        int length = 3;
        TinyModel table = TinyModel.random(vocabulary, seed);
        var decoding = Decoding.builder()
                .beams(64)
                .maxTokens(length)
                .lengthPenalty(lengthPenalty)
                .earlyStopping(Decoding.EarlyStopping.EXHAUSTIVE)
                .build();
        // WHEN
        Completion completion = letters(table, vocabulary).complete(CompletionRequest.of("b", decoding));
        // THEN
        var all = new ArrayList<Completion>();
        all.add(completion);
        all.addAll(completion.alternatives());
        Map<List<Integer>, Double> expected = new HashMap<>();
        enumerate(table, new ArrayList<>(List.of(2)), 0, length, lengthPenalty, expected);
        double best = expected.values().stream().mapToDouble(d -> d).max().orElseThrow();
        assertThat(completion.score()).as("seed %d", seed).isCloseTo(best, within(1e-5));
        assertThat(all).as("seed %d", seed).isSortedAccordingTo((a, b) -> Double.compare(b.score(), a.score()));
        assertThat(all).extracting(c -> ids(c)).doesNotHaveDuplicates();
        for (Completion one : all) {
            assertThat(one.score()).as("seed %d", seed).isCloseTo(expected.get(ids(one)), within(1e-5));
        }
    }

    private static void enumerate(
            TinyModel table,
            List<Integer> sequence,
            double score,
            int length,
            double lengthPenalty,
            Map<List<Integer>, Double> found) {
        int generated = sequence.size() - 1;
        if (generated > 0 && (generated == length || sequence.get(generated) == 0)) {
            found.put(List.copyOf(sequence.subList(1, sequence.size())), score / Math.pow(generated, lengthPenalty));
            return;
        }
        for (int id = 0; id < 4; id++) {
            double logProbability = table.logProbability(sequence, id);
            sequence.add(id);
            enumerate(table, sequence, score + logProbability, length, lengthPenalty, found);
            sequence.remove(sequence.size() - 1);
        }
    }

    @Test
    void complete_oneBeamWorthMoreLater_beamsFindItGreedyDoesNot() {
        // GIVEN b is a little more probable than c, but only c goes on surely
        float[][][] table = new float[5][5][5];
        for (float[][] rows : table) {
            rows[1] = new float[] {-9, -9, 1, 0.9f, -9};
            rows[2] = new float[] {0, 0, 0, 0, 0};
            rows[3] = new float[] {-9, -9, -9, -9, 9};
            rows[4] = new float[] {9, -9, -9, -9, -9};
        }
        var model = letters(new TinyModel(table), 5);
        // WHEN
        var decoding = Decoding.builder().maxTokens(3);
        // THEN
        assertThat(model.complete(CompletionRequest.of("a", decoding.build())).text())
                .startsWith("b");
        assertThat(model.complete(CompletionRequest.of("a", decoding.beams(2).build()))
                        .text())
                .isEqualTo("cd");
    }

    @ParameterizedTest
    @ValueSource(strings = {"FIRST_FINISHED", "HEURISTIC", "EXHAUSTIVE"})
    void complete_beamsWithStopString_cutEveryAlternative(String earlyStopping) {
        // GIVEN
        var model = letters(TinyModel.random(5, 7), 5);
        var decoding = Decoding.builder()
                .beams(3)
                .maxTokens(8)
                .stopStrings("ba", "c")
                .earlyStopping(Decoding.EarlyStopping.valueOf(earlyStopping))
                .build();
        var streamed = new StringBuilder();
        // WHEN
        Completion completion =
                model.complete(CompletionRequest.of("a", decoding).withSink(token -> streamed.append(token.text())));
        // THEN
        assertThat(completion.alternatives()).hasSize(2);
        assertThat(streamed.toString()).isEqualTo(completion.text());
        for (Completion one : completion.alternatives()) {
            assertThat(one.text()).doesNotContain("ba", "c");
        }
    }
}
