package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContextLengthException;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import dev.argot.api.TokenContinuations;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores of many continuations at once, and prompts that begin as earlier ones did, on every engine. */
class TokenScoringTest {
    private static final double A_TOKEN = 1e-4;

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void scoreTokens_requestsOfAllShapes_areThoseOfTheTextsTokenByToken(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            for (long seed = 1; seed <= 3; seed++) {
                List<TokenContinuations> requests = requests(new Random(seed));
                // WHEN
                List<List<ContinuationScore>> scores = model.scoreTokens(requests, Optional.empty());
                // THEN each token has the probability it has as the only candidate after the tokens before it
                assertThat(scores).hasSameSizeAs(requests);
                for (int i = 0; i < requests.size(); i++) {
                    List<int[]> continuations = requests.get(i).continuations();
                    assertThat(scores.get(i)).hasSameSizeAs(continuations);
                    for (int k = 0; k < continuations.size(); k++) {
                        ContinuationScore score = scores.get(i).get(k);
                        assertThat(score.tokens()).isEqualTo(continuations.get(k).length);
                        assertThat(score.continuation())
                                .isEqualTo(model.tokenizer().decode(continuations.get(k)));
                        assertThat(score.logProbability())
                                .as("seed %d, request %d, continuation %d", seed, i, k)
                                .isCloseTo(
                                        tokenByToken(model, requests.get(i).prompt(), continuations.get(k)),
                                        within(A_TOKEN * score.tokens()));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void completeTokens_rowsThatBeginAlike_areThoseAlone(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            for (long seed = 1; seed <= 3; seed++) {
                var random = new Random(seed);
                int[] beginning =
                        random.ints(50, 3, model.tokenizer().vocabularySize()).toArray();
                List<int[]> prompts = IntStream.of(1, 4, 9, 12)
                        .mapToObj(length -> IntStream.concat(
                                        Arrays.stream(beginning),
                                        random.ints(length, 3, model.tokenizer().vocabularySize()))
                                .toArray())
                        .toList();
                Decoding decoding =
                        Decoding.builder().maxTokens(8).ignoreEos(true).build();
                // WHEN
                List<Completion> together = model.completeTokens(prompts, decoding);
                // THEN
                for (int i = 0; i < prompts.size(); i++) {
                    Completion alone = model.completeTokens(List.of(prompts.get(i)), decoding)
                            .get(0);
                    assertThat(together.get(i).tokens().stream().map(Completion.ScoredToken::id))
                            .as("seed %d, prompt %d", seed, i)
                            .isEqualTo(alone.tokens().stream()
                                    .map(Completion.ScoredToken::id)
                                    .toList());
                    assertThat(together.get(i).score()).isCloseTo(alone.score(), within(8 * A_TOKEN));
                    assertThat(together.get(i).usage().reusedPromptTokens()).isGreaterThanOrEqualTo(50);
                }
            }
        }
    }

    /** The log-probabilities of greedy tokens, where the request forces each of them. */
    private static double tokenByToken(CausalModel model, int[] prompt, int[] continuation) {
        double sum = 0;
        for (int i = 0; i < continuation.length; i++) {
            int[] before = IntStream.concat(Arrays.stream(prompt), Arrays.stream(continuation, 0, i))
                    .toArray();
            Decoding decoding = Decoding.builder()
                    .maxTokens(1)
                    .ignoreEos(true)
                    .topLogProbabilities(model.tokenizer().vocabularySize())
                    .build();
            int id = continuation[i];
            sum += model.completeTokens(List.of(before), decoding).get(0).tokens().get(0).top().stream()
                    .filter(candidate -> candidate.id() == id)
                    .findFirst()
                    .orElseThrow()
                    .logProbability();
        }
        return sum;
    }

    /** Prompts with a common beginning, some of them twice, some with more in common; continuations that begin one another. */
    private static List<TokenContinuations> requests(Random random) {
        int[] prefix = ids(random, random.nextInt(20));
        int[] deeper = concat(prefix, ids(random, 70));
        List<TokenContinuations> requests = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int[] prompt = concat(i % 2 == 0 ? prefix : deeper, ids(random, 1 + random.nextInt(12)));
            List<int[]> continuations = new ArrayList<>();
            int[] first = ids(random, 1 + random.nextInt(5));
            continuations.add(first);
            continuations.add(concat(first, ids(random, 2)));
            continuations.add(concat(first, ids(random, 1)));
            continuations.add(ids(random, 1));
            requests.add(new TokenContinuations(prompt, i == 4 ? List.of(first, first) : continuations));
        }
        requests.add(new TokenContinuations(requests.get(0).prompt(), List.of(ids(random, 2))));
        requests.add(1, new TokenContinuations(ids(random, 4), List.of()));
        return requests;
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void scoreTokens_onePromptOrNone_isTheSame(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            int[] one = {1};
            int[] longer = ids(new Random(7), 30);
            for (int[] prompt : List.of(one, longer)) {
                var request = new TokenContinuations(prompt, List.of(new int[] {5, 6, 7}, new int[] {5, 6, 8, 9}));
                List<ContinuationScore> scores =
                        model.scoreTokens(List.of(request), Optional.empty()).get(0);
                for (int k = 0; k < 2; k++) {
                    assertThat(scores.get(k).logProbability())
                            .isCloseTo(
                                    tokenByToken(
                                            model,
                                            prompt,
                                            request.continuations().get(k)),
                                    within(A_TOKEN * 4));
                }
            }
            assertThat(model.scoreTokens(List.of(), Optional.empty())).isEmpty();
            assertThat(model.scoreTokens(List.of(new TokenContinuations(one, List.of())), Optional.of("tenant")))
                    .containsExactly(List.of());
            var tooLong = new TokenContinuations(new int[model.description().contextLength()], List.of(new int[] {1}));
            assertThatThrownBy(() -> model.scoreTokens(List.of(tooLong), Optional.empty()))
                    .isInstanceOf(ContextLengthException.class);
        }
    }

    /** With what tenants asked before, and without, the same comes out. */
    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void scoreTokens_knownBeginning_scoresAlike(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            for (long seed = 4; seed <= 6; seed++) {
                List<TokenContinuations> requests = requests(new Random(seed));
                requests.remove(1);
                List<List<ContinuationScore>> cold = model.scoreTokens(requests, Optional.empty());
                for (int again = 0; again < 2; again++) {
                    for (List<TokenContinuations> some : List.of(requests, requests.subList(0, 1))) {
                        List<List<ContinuationScore>> warm = model.scoreTokens(some, Optional.of("tenant"));
                        for (int i = 0; i < some.size(); i++) {
                            for (int k = 0; k < warm.get(i).size(); k++) {
                                ContinuationScore score = warm.get(i).get(k);
                                assertThat(score.logProbability())
                                        .as("seed %d, request %d, continuation %d", seed, i, k)
                                        .isCloseTo(
                                                cold.get(i).get(k).logProbability(), within(A_TOKEN * score.tokens()));
                            }
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"pytorch, 1", "pytorch, 3", "reference, 1", "reference, 3"})
    void complete_knownBeginning_completesAlikeAndSaysWhatWasReused(String engine, int beams) {
        String story = "Once upon a time there was a little girl named Lily. She liked to play in the park.";
        Decoding decoding = Decoding.builder().maxTokens(20).beams(beams).build();
        try (Argot argot = Argot.open();
                CausalModel model = load(argot, engine)) {
            var first = CompletionRequest.of(story + " One day,", decoding);
            var second = CompletionRequest.of(story + " Her friend Ben", decoding);
            model.complete(first.withTenant("alice"));
            Completion cold = model.complete(second);
            Completion others = model.complete(second.withTenant("bob"));
            Completion warm = model.complete(second.withTenant("alice"));
            int common = model.tokenizer().encode(story).size();
            assertThat(cold.usage().reusedPromptTokens()).isZero();
            assertThat(others.usage().reusedPromptTokens()).isZero();
            assertThat(warm.usage().reusedPromptTokens()).isBetween(common - 1, common + 1);
            for (Completion completion : List.of(others, warm)) {
                assertThat(completion.text()).isEqualTo(cold.text());
                assertThat(completion.score()).isCloseTo(cold.score(), within(A_TOKEN * 20));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void complete_cacheSwitchedOff_reusesNothing(String engine) {
        try (Argot argot = Argot.open(ArgotOptions.DEFAULT.withPrefixCacheBytes(0));
                CausalModel model = load(argot, engine)) {
            var request = CompletionRequest.of(
                            "Once upon a time", Decoding.builder().maxTokens(2).build())
                    .withTenant("alice");
            model.complete(request);
            assertThat(model.complete(request).usage().reusedPromptTokens()).isZero();
        }
    }

    private static CausalModel load(Argot argot, String engine) {
        return argot.load(CausalModel.class, "stories260k", LoadOptions.DEFAULT.withEngine(engine));
    }

    private static int[] ids(Random random, int count) {
        return random.ints(count, 3, 500).toArray();
    }

    private static int[] concat(int[] a, int[] b) {
        return IntStream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
    }
}
