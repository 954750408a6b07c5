package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Scores of continuations on every engine, compared with slower ways to the same numbers. */
class ContinuationScoreTest {
    private static final List<String> CONTINUATIONS =
            List.of(" happy.", " very happy and ran to her mom to tell her.", " a", " sad, so she cried.", " Zebra 7!");

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void score_ofGreedyText_isWhatItsTokensHad(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model =
                        argot.load(CausalModel.class, "stories260k", LoadOptions.DEFAULT.withEngine(engine))) {
            // GIVEN
            String prompt = "Once upon a";
            Completion completion =
                    model.complete(prompt, Decoding.builder().maxTokens(12).build());
            // WHEN
            ContinuationScore score =
                    model.score(prompt, List.of(completion.text())).get(0);
            // THEN
            assertThat(score.tokens()).isEqualTo(12);
            assertThat(score.logProbability()).isCloseTo(completion.score(), within(1e-4));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch", "reference"})
    void score_ofSeveral_isThatOfEachAloneAndTheDifferenceOfTexts(String engine) {
        try (Argot argot = Argot.open();
                CausalModel model =
                        argot.load(CausalModel.class, "stories260k", LoadOptions.DEFAULT.withEngine(engine))) {
            String prompt = "Lily saw a big red ball in the park. She was";
            List<ContinuationScore> scores = model.score(prompt, CONTINUATIONS);
            for (int i = 0; i < CONTINUATIONS.size(); i++) {
                String continuation = CONTINUATIONS.get(i);
                ContinuationScore alone =
                        model.score(prompt, List.of(continuation)).get(0);
                assertThat(scores.get(i).logProbability())
                        .as(continuation)
                        .isCloseTo(alone.logProbability(), within(1e-4));
                assertThat(scores.get(i).tokens()).as(continuation).isEqualTo(alone.tokens());
                // what a text costs is what its prompt costs and what its continuation costs, the same token standing
                // before both
                double whole =
                        model.score("", List.of(prompt + continuation)).get(0).logProbability();
                double start = model.score("", List.of(prompt)).get(0).logProbability();
                assertThat(scores.get(i).logProbability()).as(continuation).isCloseTo(whole - start, within(1e-3));
            }
        }
    }
}
