package dev.argot.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DomainTest {
    private final DomainBuilder builder =
            Domain.builder("sailing", "Sailing").source(new DataSource("own", "Our own", "Apache-2.0"));

    @ParameterizedTest
    @ValueSource(strings = {"", "Sailing", "a b", "-a", "1a", "ä"})
    void builder_withUnfitName_isRefused(String name) {
        assertThatThrownBy(() -> Domain.builder(name, "Title"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'" + name + "'");
    }

    @Test
    void term_inAnyCaseAndSpacing_isFound() {
        Term term = new Term("Dead reckoning", "navigation", Optional.of("Position by course and speed."), "own");
        Domain domain = builder.term(term).build();
        assertThat(domain.term(" dead  RECKONING\n")).contains(term);
        assertThat(domain.term("reckoning")).isEmpty();
    }

    @Test
    void abbreviation_whoseCaseMatters_isFoundInThatAlone() {
        Abbreviation southEast = abbreviation("SE", true, "south-east");
        Abbreviation knots = abbreviation("kn", false, "knots");
        Domain domain = builder.abbreviation(southEast).abbreviation(knots).build();
        assertThat(domain.abbreviation("SE")).contains(southEast);
        assertThat(domain.abbreviation("se")).isEmpty();
        assertThat(domain.abbreviation("KN")).contains(knots);
    }

    @Test
    void abbreviation_inTwoSpellingsWhoseCaseMatters_isTwo() {
        Domain domain = builder.abbreviation(abbreviation("SE", true, "south-east"))
                .abbreviation(abbreviation("se", true, "standard error"))
                .build();
        assertThat(domain.abbreviation("se").orElseThrow().expansions()).containsExactly("standard error");
    }

    @Test
    void add_twice_isRefused() {
        builder.abbreviation(abbreviation("kn", false, "knots"));
        assertThatThrownBy(() -> builder.abbreviation(abbreviation("KN", false, "knot")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'kn' twice");
    }

    @Test
    void sample_withAnotherLicenceThanItsSource_isRefused() {
        assertThatThrownBy(() -> builder.sample(new Document("a", "text", "own", "MIT")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Apache-2.0")
                .hasMessageContaining("MIT");
    }

    @Test
    void build_thenBuilderChanged_domainStays() {
        Domain domain = builder.build();
        builder.term(new Term("jib", "sail", Optional.empty(), "own"));
        assertThat(domain.vocabulary()).isEmpty();
        assertThatThrownBy(() -> domain.vocabulary().clear()).isInstanceOf(UnsupportedOperationException.class);
    }

    private static Abbreviation abbreviation(String text, boolean matchCase, String expansion) {
        return new Abbreviation(text, List.of(expansion), matchCase, false, "own");
    }
}
