package dev.argot.core.decoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Compares the fast processors with slow ones written from the definitions: whole sorts, {@link Math#exp}, sets. */
class LogitsProcessorsTest {
    private static final int N = 500;

    @Test
    void minP_moreTokensToKeepThanThereAre_keepsAll() {
        float[] logits = {3, -4, 1};
        LogitsProcessors.minP(logits, 0.9, 5);
        assertThat(logits).containsExactly(3, -4, 1);
    }

    @Test
    void frequencyAndPresencePenalty_nearTheLogit_isNotRoundedBefore() {
        float[] logits = {0.68028116f};
        LogitsProcessors.frequencyAndPresencePenalty(logits, 0, 0.682, new int[] {0}, 0, 1);
        assertThat((double) logits[0]).isCloseTo(0.68028116f - 0.682, within(1e-9));
    }

    @RepeatedTest(30)
    void topK_randomLogits_keepsWhatSortingKeeps(RepetitionInfo info) {
        // GIVEN
        var random = new Random(info.getCurrentRepetition());
        float[] logits = logits(random);
        int k = 1 + random.nextInt(N);
        // WHEN
        float[] kept = logits.clone();
        LogitsProcessors.topK(kept, k, 1);
        // THEN
        float[] sorted = logits.clone();
        Arrays.sort(sorted);
        assertThat(kept)
                .as("seed %d", info.getCurrentRepetition())
                .isEqualTo(keep(logits, i -> logits[i] >= sorted[N - k]));
    }

    @RepeatedTest(30)
    void topP_randomLogits_keepsSmallestSetThatReachesP(RepetitionInfo info) {
        // GIVEN
        var random = new Random(info.getCurrentRepetition());
        float[] logits = logits(random);
        double p = random.nextBoolean() ? random.nextDouble() : 1 - 1e-3 * random.nextDouble();
        // WHEN
        float[] kept = logits.clone();
        LogitsProcessors.topP(kept, p, 1);
        // THEN
        var order = new TreeSet<Integer>(
                Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(Comparator.reverseOrder()));
        double[] probabilities = probabilities(logits);
        IntStream.range(0, N).forEach(order::add);
        var nucleus = new TreeSet<Integer>();
        double sum = 0;
        for (int i : order) {
            if (sum >= p) {
                break;
            }
            sum += probabilities[i];
            nucleus.add(i);
        }
        assertThat(kept).as("seed %d", info.getCurrentRepetition()).isEqualTo(keep(logits, nucleus::contains));
    }

    @RepeatedTest(30)
    void minP_randomLogits_keepsTokensAboutAsProbableAsTheBest(RepetitionInfo info) {
        // GIVEN
        var random = new Random(info.getCurrentRepetition());
        float[] logits = logits(random);
        double p = random.nextDouble();
        // WHEN
        float[] kept = logits.clone();
        LogitsProcessors.minP(kept, p, 1);
        // THEN
        double[] probabilities = probabilities(logits);
        double best = Arrays.stream(probabilities).max().orElseThrow();
        assertThat(kept)
                .as("seed %d", info.getCurrentRepetition())
                .isEqualTo(keep(logits, i -> probabilities[i] >= p * best));
    }

    @RepeatedTest(10)
    void exp_notAboveZero_agreesWithMath(RepetitionInfo info) {
        // GIVEN
        var random = new Random(info.getCurrentRepetition());
        for (int i = 0; i < 1000; i++) {
            double x = -Math.pow(random.nextDouble(), 3) * 800;
            // WHEN
            double fast = Softmax.exp(x);
            // THEN
            double exact = x < -700 ? 0 : Math.exp(x);
            assertThat(fast).as("seed %d: e^%s", info.getCurrentRepetition(), x).isCloseTo(exact, within(1e-9 * exact));
        }
        assertThat(Softmax.exp(0)).isEqualTo(1);
    }

    @RepeatedTest(20)
    void top_randomLogits_areThoseOfSorting(RepetitionInfo info) {
        // GIVEN
        var random = new Random(info.getCurrentRepetition());
        float[] logits = logits(random);
        int count = 1 + random.nextInt(20);
        // WHEN
        var top = Softmax.top(logits, Softmax.logSumExp(logits, Softmax.max(logits)), count);
        // THEN
        double[] probabilities = probabilities(logits);
        var expected = IntStream.range(0, N)
                .boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -logits[i]).thenComparing(Comparator.naturalOrder()))
                .limit(count)
                .toList();
        assertThat(top)
                .as("seed %d", info.getCurrentRepetition())
                .extracting(dev.argot.api.Completion.Candidate::id)
                .isEqualTo(expected);
        for (var candidate : top) {
            assertThat(candidate.logProbability()).isCloseTo(Math.log(probabilities[candidate.id()]), within(1e-6));
        }
    }

    /** Coarse values, so that there are ties, of various spreads, some ruled out. */
    private static float[] logits(Random random) {
        double spread = Math.exp(3 * random.nextDouble());
        float[] logits = new float[N];
        for (int i = 0; i < N; i++) {
            logits[i] = random.nextInt(10) == 0
                    ? Float.NEGATIVE_INFINITY
                    : Math.round(random.nextGaussian() * spread * 64) / 64f;
        }
        return logits;
    }

    private static double[] probabilities(float[] logits) {
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit);
        }
        double[] probabilities = new double[logits.length];
        for (int i = 0; i < logits.length; i++) {
            probabilities[i] = Math.exp(logits[i]) / sum;
        }
        return probabilities;
    }

    private static float[] keep(float[] logits, java.util.function.IntPredicate which) {
        float[] kept = logits.clone();
        for (int i = 0; i < kept.length; i++) {
            if (!which.test(i)) {
                kept[i] = Float.NEGATIVE_INFINITY;
            }
        }
        return kept;
    }
}
