package dev.argot.core.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class MaskedLanguageTest {
    private static final String[] WORD_PIECES = {
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "fever", "blood", "pressure", "met", "##form", "##in", "##s"
    };
    private static final int MASK = 4;

    private static Objective objective(List<String> terms, Map<String, String> settings, String... spellings) {
        var tokenizer = new SpelledTokenizer(spellings);
        return new MaskedLanguage()
                .open(
                        new Settings("objective 'masked'", settings),
                        new ObjectiveContext(tokenizer, tokenizer.vocabularySize(), terms));
    }

    private static boolean[] scored(Objective.Example example) {
        var scored = new boolean[example.labels().length];
        IntStream.range(0, scored.length).forEach(i -> scored[i] = example.labels()[i] != -100);
        return scored;
    }

    /** Words of one to three pieces. */
    private static int[] words(SplittableRandom random, int count) {
        return IntStream.range(0, count)
                .flatMap(i -> switch (random.nextInt(3)) {
                    case 0 -> IntStream.of(5);
                    case 1 -> IntStream.of(6, 12);
                    default -> IntStream.of(9, 10, 11);
                })
                .toArray();
    }

    private static int[] filled(int count) {
        var tokens = new int[count];
        Arrays.fill(tokens, 6);
        return tokens;
    }

    @RepeatedTest(5)
    void example_wholeWords_hidesAllPiecesOfAWordOrNone(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        Objective objective = objective(List.of(), Map.of("whole-words", "true"), WORD_PIECES);
        long hidden = 0;
        long all = 0;
        for (int n = 0; n < 200; n++) {
            int[] tokens = words(random, 150);
            boolean[] scored = scored(objective.example(tokens, 0, random));
            for (int i = 1; i < tokens.length; i++) {
                if (tokens[i] >= 10) {
                    assertThat(scored[i + 1]).as("seed %d", seed).isEqualTo(scored[i]);
                }
            }
            all += tokens.length;
            hidden += IntStream.range(0, scored.length).filter(i -> scored[i]).count();
        }
        // 30,000 words: five standard deviations of the share are 0.011
        assertThat((double) hidden / all).as("seed %d", seed).isCloseTo(0.15, within(0.013));
    }

    @ParameterizedTest
    @CsvSource({"1,10", "2,10", "3.8,10", "6,4"})
    void example_spans_keepTheShareAndTheirLength(double meanSpan, int maxSpan) {
        var random = new SplittableRandom(17);
        Objective objective = objective(
                List.of(), Map.of("mean-span", "" + meanSpan, "max-span", "" + maxSpan), WORD_PIECES);
        long hidden = 0;
        long runs = 0;
        int longest = 0;
        int stretch = 400;
        int stretches = 1000;
        for (int n = 0; n < stretches; n++) {
            boolean[] scored = scored(objective.example(filled(stretch), 0, random));
            int run = 0;
            for (boolean hides : scored) {
                run = hides ? run + 1 : 0;
                hidden += hides ? 1 : 0;
                runs += run == 1 ? 1 : 0;
                longest = Math.max(longest, run);
            }
        }
        assertThat((double) hidden / stretch / stretches).isCloseTo(0.15, within(0.006));
        // runs that touch look like one: the next begins at once as often as at any other token
        double go = 1 - 1 / meanSpan;
        double mean = meanSpan == 1 ? 1 : (1 - Math.pow(go, maxSpan)) / (1 - go);
        double begin = 0.15 / (0.15 + mean * 0.85);
        assertThat((double) hidden / runs).isCloseTo(mean / (1 - begin), within(0.1));
        assertThat(longest).isGreaterThan(meanSpan > 1 ? 4 : 1);
    }

    @Test
    void example_spans_shareOneFate() {
        var random = new SplittableRandom(5);
        Objective objective = objective(
                List.of(), Map.of("mean-span", "3", "probability", "0.05", "random-share", "0"), WORD_PIECES);
        for (int n = 0; n < 100; n++) {
            Objective.Example example = objective.example(filled(300), 0, random);
            boolean[] scored = scored(example);
            long mixed = IntStream.range(1, scored.length)
                    .filter(i -> scored[i] && scored[i - 1] && example.inputs()[i] != example.inputs()[i - 1])
                    .count();
            // two runs that touch may differ
            assertThat(mixed).isLessThan(5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,0.15", "2,0.30", "4,0.60", "10,1.0"})
    void example_terms_areHiddenWholeAndMoreOften(double factor, double share) {
        var random = new SplittableRandom(3);
        Objective objective = objective(
                List.of("blood pressure", "Metformin"), Map.of("term-factor", "" + factor), WORD_PIECES);
        int[] tokens = {5, 7, 8, 6, 5, 9, 10, 11, 5, 7, 6, 9, 10, 12};
        int rounds = 8000;
        var hidden = new long[tokens.length];
        for (int n = 0; n < rounds; n++) {
            boolean[] scored = scored(objective.example(tokens, 0, random));
            for (int i = 0; i < tokens.length; i++) {
                hidden[i] += scored[i + 1] ? 1 : 0;
            }
            assertThat(scored[2]).isEqualTo(scored[3]);
            assertThat(scored[7]).isEqualTo(scored[6]).isEqualTo(scored[8]);
        }
        assertThat((double) hidden[1] / rounds).isCloseTo(share, within(0.025));
        assertThat((double) hidden[5] / rounds).isCloseTo(share, within(0.025));
        // "blood" alone, and "metforms", are no terms
        for (int i : new int[] {0, 3, 4, 8, 9, 10, 11, 12, 13}) {
            assertThat((double) hidden[i] / rounds).as("token %d", i).isCloseTo(0.15, within(0.025));
        }
    }

    @Test
    void example_withoutTermFactor_termsAreNothingSpecial() {
        var random = new SplittableRandom(9);
        Objective objective = objective(List.of("blood pressure"), Map.of("term-factor", "0"), WORD_PIECES);
        boolean apart = false;
        for (int n = 0; n < 200; n++) {
            boolean[] scored = scored(objective.example(new int[] {5, 7, 8, 6, 5, 6, 5}, 0, random));
            apart |= scored[2] != scored[3];
        }
        assertThat(apart).isTrue();
    }

    @RepeatedTest(3)
    void example_specialTokensAndPrompts_areNeverHidden(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        Objective objective = objective(
                List.of(),
                Map.of("probability", "0.9", "mean-span", seed == 2 ? "4" : "1", "whole-words", "" + (seed == 3)),
                WORD_PIECES);
        for (int n = 0; n < 100; n++) {
            int[] tokens = random.ints(60, 0, WORD_PIECES.length).toArray();
            Objective.Example example = objective.example(tokens, 20, random);
            for (int i = 0; i < example.labels().length; i++) {
                if (i <= 20 || i == 61 || tokens[i - 1] < 5) {
                    assertThat(example.labels()[i]).as("seed %d", seed).isEqualTo(-100);
                }
            }
            assertThat(scored(example)).as("seed %d", seed).contains(true);
        }
    }

    @Test
    void example_fewTokens_hidesAtLeastOne() {
        var random = new SplittableRandom(1);
        Objective objective = objective(List.of(), Map.of(), WORD_PIECES);
        for (int n = 0; n < 50; n++) {
            assertThat(scored(objective.example(new int[] {5, 6, 7}, 0, random))).contains(true);
        }
    }

    @Test
    void example_seed_decidesEverything() {
        Objective objective = objective(List.of("fever"), Map.of("mean-span", "2"), WORD_PIECES);
        int[] tokens = words(new SplittableRandom(4), 80);
        Objective.Example one = objective.example(tokens, 0, new SplittableRandom(7));
        Objective.Example same = objective.example(tokens, 0, new SplittableRandom(7));
        Objective.Example other = objective.example(tokens, 0, new SplittableRandom(8));
        assertThat(same.inputs()).containsExactly(one.inputs());
        assertThat(same.labels()).containsExactly(one.labels());
        assertThat(other.labels()).isNotEqualTo(one.labels());
    }

    @Test
    void fitting_leavesRoomForTheSpecialTokens() {
        Objective objective = objective(List.of(), Map.of(), WORD_PIECES);
        assertThat(objective.documentTokens(128)).isEqualTo(126);
        assertThat(objective.fitting(50, 0, 128, Integer.MAX_VALUE)).isEqualTo(50);
        assertThat(objective.fitting(50, 0, 2, Integer.MAX_VALUE)).isZero();
        assertThat(objective.targetTokens(128)).isZero();
    }

    static List<List<String>> vocabularies() {
        return List.of(
                List.of(WORD_PIECES),
                List.of("[UNK]", "[MASK]", "met", "form", "in", "Ġmet", "Ġfever", "Met", "ĠMet", "s", "fever", "Ġin", "."),
                List.of("[UNK]", "[MASK]", "▁met", "form", "in", "▁Met", "▁fever", "s", "▁in", "."));
    }

    @ParameterizedTest
    @MethodSource("vocabularies")
    void terms_areFoundInEachKindOfVocabularyAndCasing(List<String> spellings) {
        var tokenizer = new SpelledTokenizer(spellings.toArray(String[]::new));
        var finder = new TermFinder(tokenizer, List.of("metformin"));
        boolean cased = tokenizer.id("##form").isEmpty();
        for (String text : cased ? List.of("metformin fever", "Metformin fever") : List.of("metformin fever")) {
            int[] tokens = tokenizer
                    .encode(text, EncodeOptions.PLAIN)
                    .ids();
            assertThat(finder.lengthAt(tokens, 0)).as(text).isEqualTo(3);
            assertThat(finder.lengthAt(tokens, 1)).isZero();
        }
        int[] behind = tokenizer
                .encode("fever metformin", EncodeOptions.PLAIN)
                .ids();
        assertThat(finder.lengthAt(behind, 1)).isEqualTo(3);
        int[] longer = Arrays.copyOf(behind, 5);
        longer[4] = tokenizer.id("##s").orElseGet(() -> tokenizer.id("s").orElseThrow());
        assertThat(finder.lengthAt(longer, 1)).isZero();
    }

    @Test
    void words_ofOtherVocabularies_beginWithABlank() {
        var bytes = new SpelledTokenizer("[MASK]", "a", "Ġb", "c", "Ċ", "d");
        assertThat(new WordStarts(bytes).words(new int[] {1, 3, 2, 3, 0, 5, 4, 5}))
                .containsExactly(0, 0, 1, 1, -1, 2, 3, 3);
        var pieces = new SpelledTokenizer("[MASK]", "▁a", "b", "▁", "c");
        assertThat(new WordStarts(pieces).words(new int[] {2, 1, 2, 3, 4})).containsExactly(0, 1, 1, 2, 2);
        var letters = new SpelledTokenizer("[MASK]", "a", "b");
        assertThat(new WordStarts(letters).words(new int[] {1, 2, 2})).containsExactly(0, 1, 2);
    }

    @Test
    void open_tokenizerWithoutMask_isRefused() {
        assertThatThrownBy(() -> objective(List.of(), Map.of(), "[CLS]", "a"))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("mask token");
    }

    @Test
    void open_sharesBeyondOne_areRefused() {
        assertThatThrownBy(() -> objective(
                        List.of(), Map.of("mask-share", "0.8", "random-share", "0.3"), WORD_PIECES))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("random-share");
    }

    @Test
    void hidden_share_isOfTheTokens() {
        var random = new SplittableRandom(2);
        Objective objective = objective(List.of(), Map.of("mask-share", "1", "random-share", "0"), WORD_PIECES);
        int[] tokens = words(random, 500);
        Objective.Example example = objective.example(tokens, 0, random);
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < example.labels().length; i++) {
            if (example.labels()[i] != -100) {
                found.add(example.inputs()[i]);
            }
        }
        assertThat(found).isNotEmpty().containsOnly(MASK);
    }
}
