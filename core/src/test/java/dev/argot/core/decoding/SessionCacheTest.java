package dev.argot.core.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.TokenContinuations;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionCacheTest {
    private static final int VOCABULARY = 8;
    private static final Optional<String> ALICE = Optional.of("alice");
    private static final Optional<String> BOB = Optional.of("bob");

    private final TinyModel model = TinyModel.random(VOCABULARY, 5);
    private final SessionCache sessions = new SessionCache(1 << 20);

    @Test
    void open_promptThatBeginsAsAnEarlierOne_hasWhatBothHave() {
        keep(ALICE, 1, 2, 3, 4);
        try (SessionCache.Lease lease = sessions.open(model, ALICE, new int[] {1, 2, 3, 7, 7}, 9)) {
            assertThat(lease.reused()).isEqualTo(3);
            assertThat(lease.session().length(0)).isEqualTo(3);
            assertThat(lease.session().capacity()).isEqualTo(9);
            assertThat(lease.session().append(new int[][] {{7}})[0]).isEqualTo(model.logits(List.of(1, 2, 3, 7)));
        }
        assertThat(reused(ALICE, 1, 2, 3, 4, 5)).as("is as it was").isEqualTo(4);
        assertThat(reused(ALICE, 1, 2)).as("shorter than what is known").isEqualTo(2);
        assertThat(reused(ALICE, 2, 1)).isZero();
        assertThat(reused(ALICE)).isZero();
    }

    @Test
    void open_ofSeveral_takesTheLongestBeginning() {
        keep(ALICE, 1, 2, 5);
        keep(ALICE, 1, 2, 3, 4);
        keep(ALICE, 1, 6);
        assertThat(reused(ALICE, 1, 2, 3, 7)).isEqualTo(3);
        assertThat(reused(ALICE, 1, 6, 6)).isEqualTo(2);
    }

    @Test
    void open_otherTenantOrModel_knowsNothing() {
        keep(ALICE, 1, 2, 3, 4);
        assertThat(reused(BOB, 1, 2, 3, 4)).isZero();
        assertThat(reused(Optional.empty(), 1, 2, 3, 4)).isZero();
        try (SessionCache.Lease lease =
                sessions.open(TinyModel.random(VOCABULARY, 5), ALICE, new int[] {1, 2, 3, 4}, 9)) {
            assertThat(lease.reused()).isZero();
        }
        keep(Optional.empty(), 5, 6);
        assertThat(reused(Optional.empty(), 5, 6)).isZero();
        assertThat(reused(ALICE, 5, 6)).isZero();
    }

    @Test
    void keep_whatIsKnownOrContinuesIt_isKeptOnce() {
        keep(ALICE, 1, 2, 3);
        keep(ALICE, 1, 2);
        assertThat(model.openSessions()).isOne();
        keep(ALICE, 1, 2, 3, 4, 5);
        assertThat(model.openSessions()).isOne();
        keep(BOB, 1, 2, 3, 4, 5);
        assertThat(model.openSessions()).as("one for each tenant").isEqualTo(2);
        assertThat(reused(ALICE, 1, 2, 3, 4, 5)).isEqualTo(5);
    }

    @RepeatedTest(10)
    void keep_moreThanFits_freesSessions(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        var small = new SessionCache(40 << 10); // a session takes 1 KiB to 3 KiB
        for (int i = 0; i < 100; i++) {
            int[] tokens = random.ints(1 + random.nextInt(20), 0, VOCABULARY).toArray();
            keep(small, ALICE, tokens);
            assertThat(small.bytes()).as("seed %d", seed).isBetween(1L, 40L << 10);
            assertThat(model.openSessions()).as("seed %d", seed).isBetween(1, 40);
        }
        small.forget(model);
        assertThat(small.bytes()).as("seed %d", seed).isZero();
        assertThat(model.openSessions()).as("seed %d", seed).isZero();
    }

    @Test
    void keep_withoutRoom_keepsNothing() {
        var off = new SessionCache(0);
        keep(off, ALICE, 1, 2, 3);
        assertThat(model.openSessions()).isZero();
        var tiny = new SessionCache(1);
        keep(tiny, ALICE, 1, 2, 3);
        assertThat(tiny.bytes()).isZero();
        assertThat(model.openSessions()).isZero();
    }

    @Test
    void forget_model_leavesOthers() {
        TinyModel other = TinyModel.random(VOCABULARY, 6);
        keep(ALICE, 1, 2);
        try (SessionCache.Lease lease = sessions.open(other, ALICE, new int[0], 5)) {
            lease.session().append(new int[][] {{1, 2, 3}});
            lease.keep(new int[] {1, 2, 3});
        }
        sessions.forget(model);
        assertThat(model.openSessions()).isZero();
        assertThat(other.openSessions()).isOne();
        assertThat(reused(ALICE, 1, 2)).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void complete_sameTenant_runsTheRestOfThePromptAndCompletesAlike(int beams) {
        // GIVEN
        Decoding decoding =
                Decoding.builder().maxTokens(6).beams(beams).ignoreEos(true).build();
        TextGenerator generator = generator();
        CompletionRequest first = CompletionRequest.ofTokens(new int[] {1, 2, 3, 4, 5}, decoding);
        CompletionRequest second = CompletionRequest.ofTokens(new int[] {1, 2, 3, 4, 6, 7}, decoding);
        Completion cold = generator.complete(second);
        generator.complete(first.withTenant("alice"));
        model.appended();
        // WHEN
        Completion warm = generator.complete(second.withTenant("alice"));
        int run = model.appended();
        Completion others = generator.complete(second.withTenant("bob"));
        int runForOthers = model.appended();
        // THEN
        assertThat(warm.usage().reusedPromptTokens()).isEqualTo(4);
        assertThat(warm.usage().promptTokens()).isEqualTo(6);
        assertThat(warm.tokens()).isEqualTo(cold.tokens());
        assertThat(warm.score()).isEqualTo(cold.score());
        assertThat(others.usage().reusedPromptTokens()).isZero();
        assertThat(others.tokens()).isEqualTo(cold.tokens());
        assertThat(runForOthers - run).isEqualTo(4);
    }

    @Test
    void complete_samePromptAgain_runsItsLastToken() {
        Decoding decoding = Decoding.builder().maxTokens(3).ignoreEos(true).build();
        var request =
                CompletionRequest.ofTokens(new int[] {1, 2, 3, 4}, decoding).withTenant("alice");
        Completion first = generator().complete(request);
        Completion again = generator().complete(request);
        assertThat(first.usage().reusedPromptTokens()).isZero();
        assertThat(again.usage().reusedPromptTokens()).isEqualTo(3);
        assertThat(again.tokens()).isEqualTo(first.tokens());
    }

    @Test
    void complete_promptThatIsAnEarlierOneWithItsAnswer_runsWhatIsNew() {
        Decoding decoding = Decoding.builder().maxTokens(4).ignoreEos(true).build();
        Completion answer = generator()
                .complete(CompletionRequest.ofTokens(new int[] {1, 2, 3}, decoding)
                        .withTenant("alice"));
        List<Integer> next = new ArrayList<>(List.of(1, 2, 3));
        answer.tokens().forEach(token -> next.add(token.id()));
        next.add(7);
        Completion second = generator()
                .complete(CompletionRequest.ofTokens(
                                next.stream().mapToInt(Integer::intValue).toArray(), decoding)
                        .withTenant("alice"));
        assertThat(second.usage().reusedPromptTokens())
                .as("all but the answer's last token, which was never run, and the new one")
                .isEqualTo(6);
    }

    @Test
    void score_sameTenant_runsTheCommonBeginningOnce() {
        var scorer = new ContinuationScorer(model, PieceTokenizer.letters(VOCABULARY), 64, sessions);
        List<TokenContinuations> requests = new ArrayList<>();
        for (int last = 1; last <= 3; last++) {
            requests.add(new TokenContinuations(
                    new int[] {1, 2, 3, 4, 5, last}, List.of(new int[] {1}, new int[] {2, 3}, new int[] {2, 4, 5})));
        }
        model.appended();
        List<List<ContinuationScore>> cold = scorer.score(requests, ALICE);
        // the beginning; a token of each prompt; of the continuations "2" and "2 4" what the longer has
        assertThat(model.appended()).isEqualTo(5 + 3 + 3 * 2);
        List<List<ContinuationScore>> warm = scorer.score(requests, ALICE);
        assertThat(model.appended()).isEqualTo(3 + 3 * 2);
        assertThat(warm).isEqualTo(cold);
        assertThat(scorer.score(requests, BOB)).isEqualTo(cold);
        assertThat(model.appended()).isEqualTo(5 + 3 + 3 * 2);
    }

    /** Many threads, several tenants, and so little room that sessions are freed while others are copied from them. */
    @RepeatedTest(5)
    void complete_manyAtOnce_completesAsAlone(RepetitionInfo info) throws Exception {
        long seed = info.getCurrentRepetition();
        var random = new Random(seed);
        var small = new SessionCache(8 << 10);
        Decoding decoding = Decoding.builder().maxTokens(5).ignoreEos(true).build();
        var generator = generator(small);
        List<CompletionRequest> requests = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int[] prompt = random.ints(1 + random.nextInt(6), 1, 3).toArray();
            requests.add(CompletionRequest.ofTokens(prompt, decoding));
        }
        List<Callable<Completion>> calls = new ArrayList<>();
        for (int i = 0; i < requests.size(); i++) {
            CompletionRequest request = requests.get(i).withTenant("tenant " + i % 3);
            calls.add(() -> generator.complete(request));
        }
        try (var executor = Executors.newFixedThreadPool(8)) {
            List<Future<Completion>> completions = executor.invokeAll(calls);
            for (int i = 0; i < requests.size(); i++) {
                assertThat(completions.get(i).get().tokens())
                        .as("seed %d, prompt %d", seed, i)
                        .isEqualTo(generator.complete(requests.get(i)).tokens());
            }
        }
        small.forget(model);
        assertThat(model.openSessions()).as("seed %d", seed).isZero();
    }

    private TextGenerator generator() {
        return generator(sessions);
    }

    private TextGenerator generator(SessionCache cache) {
        return new TextGenerator(
                model,
                PieceTokenizer.letters(VOCABULARY),
                64,
                Set.of(),
                OptionalInt.empty(),
                OptionalInt.empty(),
                InstantSource.system(),
                cache);
    }

    private void keep(Optional<String> tenant, int... tokens) {
        keep(sessions, tenant, tokens);
    }

    private void keep(SessionCache cache, Optional<String> tenant, int... tokens) {
        try (SessionCache.Lease lease = cache.open(model, tenant, tokens, 100)) {
            int[] rest = Arrays.copyOfRange(tokens, lease.reused(), tokens.length);
            if (rest.length > 0) {
                lease.session().append(new int[][] {rest});
            }
            lease.keep(tokens);
        }
    }

    private int reused(Optional<String> tenant, int... beginning) {
        try (SessionCache.Lease lease = sessions.open(model, tenant, beginning, 100)) {
            return lease.reused();
        }
    }
}
