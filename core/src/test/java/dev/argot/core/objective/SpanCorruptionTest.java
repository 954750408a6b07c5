package dev.argot.core.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.core.objective.SpanCorruption.Corruption;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class SpanCorruptionTest {
    private static final int END = 1;

    private static Corruption corruption(double density, double meanSpan, int sentinels) {
        return new Corruption(
                density, meanSpan, IntStream.range(0, sentinels).map(i -> 999 - i).toArray(), END);
    }

    @RepeatedTest(30)
    void example_targetsPutIntoInputs_giveTheTextBack(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        Corruption corruption =
                corruption(random.nextDouble(0.05, 0.6), random.nextDouble(1, 6), 400);
        int[] text = random.ints(2 + random.nextInt(300), 2, 500).toArray();
        Objective.Example example = corruption.example(text, 0, random);
        List<Integer> whole = new ArrayList<>();
        for (int token : example.inputs()) {
            if (token < 500) {
                whole.add(token);
                continue;
            }
            int at = IntStream.range(0, example.labels().length)
                    .filter(i -> example.labels()[i] == token)
                    .findFirst()
                    .orElseThrow();
            for (int i = at + 1; example.labels()[i] < 500 && example.labels()[i] != END; i++) {
                whole.add(example.labels()[i]);
            }
        }
        assertThat(whole.remove(whole.size() - 1)).as("seed %d", seed).isEqualTo(END);
        assertThat(whole)
                .as("seed %d", seed)
                .containsExactlyElementsOf(IntStream.of(text).boxed().toList());
        assertThat(example.inputs()[0]).as("starts with kept tokens").isEqualTo(text[0]);
    }

    @RepeatedTest(20)
    void fitting_isTheMostThatFits(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        Corruption corruption = corruption(random.nextDouble(0.02, 0.8), random.nextDouble(1, 9), 1 + random.nextInt(60));
        int tokens = 1 + random.nextInt(600);
        int inputs = random.nextInt(400);
        int targets = random.nextInt(200);
        int slow = 0;
        for (int n = 2; n <= tokens; n++) {
            slow = corruption.inputsLength(n) <= inputs
                            && corruption.targetsLength(n) <= targets
                            && corruption.noiseSpans(n) <= corruption.sentinels().length
                    ? n
                    : slow;
        }
        assertThat(corruption.fitting(tokens, 0, inputs, targets)).as("seed %d", seed).isEqualTo(slow);
    }

    @Test
    void noise_everyTokenButTheFirst_isReplacedAboutAsOften() {
        Corruption corruption = corruption(0.15, 3, 100);
        var random = new SplittableRandom(6);
        var hidden = new int[100];
        int rounds = 20_000;
        for (int n = 0; n < rounds; n++) {
            boolean[] noise = corruption.noise(100, random);
            assertThat(noise[0]).isFalse();
            assertThat(noise[99]).isTrue();
            IntStream.range(0, 100).forEach(i -> hidden[i] += noise[i] ? 1 : 0);
        }
        assertThat(IntStream.of(hidden).sum()).isEqualTo(15 * rounds);
        // in the middle neither end is felt
        for (int i = 40; i < 60; i++) {
            assertThat((double) hidden[i] / rounds).as("token %d", i).isCloseTo(0.12, within(0.04));
        }
    }

    @Test
    void example_prompt_isReadAndTheRestWritten() {
        Corruption corruption = corruption(0.15, 3, 10);
        Objective.Example example = corruption.example(new int[] {5, 6, 7, 8, 9}, 3, new SplittableRandom(1));
        assertThat(example.inputs()).containsExactly(5, 6, 7, END);
        assertThat(example.labels()).containsExactly(8, 9, END);
        assertThat(corruption.fitting(5, 3, 4, 3)).isEqualTo(5);
        assertThat(corruption.fitting(5, 3, 3, 3)).isZero();
        assertThat(corruption.fitting(5, 3, 4, 2)).isZero();
    }

    @Test
    void open_tokenizerWithoutSentinels_isRefused() {
        var context = new ObjectiveContext(new SpelledTokenizer("[EOS]", "a"), 2, List.of());
        assertThatThrownBy(() -> new SpanCorruption().open(new Settings("test", Map.of()), context))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("<extra_id_0>");
    }

    @Test
    void open_sentinels_countDownFromTheFirst() {
        var tokenizer = new SpelledTokenizer("[EOS]", "<extra_id_2>", "<extra_id_1>", "<extra_id_0>", "a");
        Objective objective =
                new SpanCorruption().open(new Settings("test", Map.of()), new ObjectiveContext(tokenizer, 5, List.of()));
        Objective.Example example = objective.example(new int[] {4, 4, 4}, 0, new SplittableRandom(1));
        assertThat(example.inputs()).containsExactly(4, 4, 3, 0);
        assertThat(example.labels()).containsExactly(3, 4, 0);
    }
}
