package dev.argot.core.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Document;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStep.Verdict;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What domains add to steps: patterns of personal data with check digits, lines that their documents repeat. */
class DomainSettingsTest {
    @ParameterizedTest
    @CsvSource({
        // The example of the Centers for Medicare & Medicaid Services, and neighbours
        "luhn 80840, 1234567893, true",
        "luhn 80840, 1234567894, false",
        "luhn 80840, 1243567893, false",
        "luhn, 79927398713, true",
        "luhn, 79927398710, false",
        // A routing number of the Federal Reserve Bank of Boston, and neighbours
        "'3,7,1,3,7,1,3,7,1', 011000015, true",
        "'3,7,1,3,7,1,3,7,1', 011000016, false",
        "'3,7,1,3,7,1,3,7,1', 101000015, false",
        // The Drug Enforcement Administration's: the first, third and fifth digit and twice the others end on the
        // seventh
        "'1,2,1,2,1,2,9', AB1234563, true",
        "'1,2,1,2,1,2,9', AB1234564, false",
        "'1,2,1,2,1,2,9', AB563, false"
    })
    void check_ofDigits_masksThoseThatAreRight(String check, String found, boolean right) {
        String text = "The number " + found + ", written.";
        Verdict verdict = judge(new PersonalData(), Map.of("pattern.id", "\\b[A-Z]*\\d+\\b", "check.id", check), text);
        assertThat(verdict)
                .isEqualTo(right ? new Verdict.Change("The number [ID], written.", Map.of("id", 1L)) : Verdict.KEEP);
    }

    @Test
    void pattern_withAGroup_masksThatAlone() {
        assertThat(judge(
                        new PersonalData(),
                        Map.of("pattern.account", "(?i)\\baccount no\\.? (\\d{6,})|\\bnothing\\b"),
                        "Nothing on Account No. 12345678."))
                .isEqualTo(new Verdict.Change("Nothing on Account No. [ACCOUNT].", Map.of("account", 1L)));
    }

    @Test
    void check_withoutItsPattern_isRefused() {
        assertThatThrownBy(() -> judge(new PersonalData(), Map.of("check.id", "luhn"), "text"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("pattern.id");
    }

    @Test
    void check_ofUnknownKind_isRefused() {
        assertThatThrownBy(() -> judge(new PersonalData(), Map.of("pattern.id", "\\d+", "check.id", "mod 97"), "text"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("check.id")
                .hasMessageContaining("'mod 97'");
    }

    @Test
    void line_thatMatchesWhole_isTakenOut() {
        assertThat(
                        judge(
                                new Boilerplate(),
                                Map.of("line.headers", "Cite as: .* Opinion of the Court"),
                                "One line.\n  Cite as: 589 U. S. ____ (2019) Opinion of the Court \nHe wrote Cite as: 1 Opinion of the Court.\n"))
                .isEqualTo(new Verdict.Change(
                        "One line.\nHe wrote Cite as: 1 Opinion of the Court.\n", Map.of("headers", 1L)));
    }

    @Test
    void line_thatIsNoExpression_isRefused() {
        assertThatThrownBy(() -> judge(new Boilerplate(), Map.of("line.headers", "("), "text"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("line.headers");
    }

    private static Verdict judge(CurationStepProvider provider, Map<String, String> given, String text) {
        Settings settings = new Settings("curation step '" + provider.name() + "'", given);
        CurationStep step = provider.open(
                settings,
                new CurationContext(
                        Optional.empty(),
                        () -> {
                            throw new IllegalStateException("not needed");
                        },
                        Stream::empty,
                        1));
        settings.requireAllKnown();
        return step.judge(new CurationDocument(new Document("a", text, "test", "")));
    }
}
