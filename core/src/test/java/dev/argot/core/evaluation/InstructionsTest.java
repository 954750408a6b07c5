package dev.argot.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.core.evaluation.Instructions.Instruction;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstructionsTest {
    private static final Map<String, Instruction> BY_ID =
            Instructions.load().stream().collect(Collectors.toMap(Instruction::id, i -> i));

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
            yes-or-no-water   | No, it makes things wet.              | Water is wet, yes.
            yes-or-no-sun     | no                                    | It rises in the east.
            true-or-false     | True, of course.                      | That is true.
            letter-choice     | B)                                    | B) apple
            one-word-opposite | Cold.                                 | The opposite is cold.
            one-word-animal   | owl                                   | a bat
            three-colours     | red, green, blue                      | red, green, blue, black
            four-fruits       | Here:\\n\\n- fig\\n- plum\\n- pear\\n- kiwi | fig, plum, pear, kiwi
            upper-case        | COWS EAT GRASS.                       | Cows eat GRASS.
            lower-case        | the rain falls softly.                | The rain falls softly.
            digits            | A week has 7 days.                    | A week has seven days.
            digits-sum        | 42                                    | 20 + 22 = 42
            bullets           | - dark\\n- quiet\\n- cool             | - dark\\n- quiet
            numbered          | 1. pan\\n2. pot\\n3. knife            | pan, pot, knife
            two-lines         | The sea is wide,\\nand so am I.       | The sea is wide.
            at-most-ten-words | It leads a road over water.           | It is for people and cars who wish to cross a river.
            one-sentence      | A cat is a small animal that purrs.   | A cat purrs. It sleeps.
            question          | Why do you love it?                   | I like books.
            begins-dear       | Dear Anna, how are you?               | Hello Anna,
            ends-thanks       | Please water them. Thank you.         | Thank you for watering them!
            repeat            | Good morning.                         | Good morning to you
            quotes            | "Hello and welcome!"                  | Hello and welcome!
            json              | {"city": "Kyoto"}                     | The city is {"city": "Kyoto"}
            avoid-word        | A lake is a big pond.                 | A lake is a body of water.
            must-contain      | Her lantern lit the path.             | The night was dark.
            greet-by-name     | Hello Maria, good to see you!         | Hello, good to see you!
            about-a-dog       | The dog found a red ball.             | He found a red ball.
            french            | Bonjour!                              | In French it is bonjour.
            """)
    void isFollowedBy_completionThatDoesAndOneThatDoesNot_tellsThemApart(String id, String does, String doesNot) {
        Instruction instruction = Objects.requireNonNull(BY_ID.get(id), id);
        assertThat(instruction.isFollowedBy("\n " + does.replace("\\n", "\n") + " \n"))
                .isTrue();
        assertThat(instruction.isFollowedBy(doesNot.replace("\\n", "\n"))).isFalse();
        assertThat(instruction.isFollowedBy("")).isFalse();
    }

    @Test
    void load_gives20To30_eachWithARuleForAReader() {
        List<Instruction> all = Instructions.load();
        assertThat(all).hasSizeBetween(20, 30).hasSize(BY_ID.size());
        assertThat(all).allMatch(i -> !i.rule().isBlank() && !i.text().isBlank());
    }
}
