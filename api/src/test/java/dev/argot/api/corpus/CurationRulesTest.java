package dev.argot.api.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.corpus.CurationRules.Step;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CurationRulesTest {
    @Test
    void with_stepThatIsThere_changesOneSetting() {
        CurationRules rules = new CurationRules(List.of(Step.of("length").with("max-words", "9"), Step.of("quality")));
        assertThat(rules.with("length", "min-words", "3"))
                .isEqualTo(new CurationRules(
                        List.of(new Step("length", Map.of("max-words", "9", "min-words", "3")), Step.of("quality"))));
        assertThat(rules.without("length").steps()).containsExactly(Step.of("quality"));
    }

    @Test
    void with_stepThatIsNotThere_saysWhatThereIs() {
        assertThatThrownBy(() -> CurationRules.NONE.with("length", "min-words", "3"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected one of the steps [], found 'length'");
    }

    @Test
    void constructor_stepTwice_isAnError() {
        assertThatThrownBy(() -> new CurationRules(List.of(Step.of("length"), Step.of("length"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'length' is there twice");
    }
}
