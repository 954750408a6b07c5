package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Curates with the rules that the domains bring along. */
class DomainCurationTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"legal", "medical", "finance"})
    void rules_ofADomain_keepNearlyAllOfItsSamples(String name) throws IOException {
        try (Argot argot = Argot.open()) {
            Domain domain = argot.domain(name);
            int number = 0;
            for (Document sample : domain.samples()) {
                Files.writeString(folder.resolve(String.format("%04d.txt", number++)), sample.text());
            }
            CurationReport report = argot.curate(
                    CurationSpec.builder(CorpusSource.of(folder)).domain(domain).build());
            assertThat(report.in().documents()).isEqualTo(domain.samples().size());
            assertThat(report.keptShare()).as(report.toJson()).isGreaterThan(0.95);
            assertThat(report.steps().stream().map(CurationReport.Step::name))
                    .containsExactlyElementsOf(domain.curation().steps().stream()
                            .map(step -> step.name())
                            .toList());
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "legal; Counsel's State Bar No. 123456 was stricken.; Counsel's State Bar No. [BAR-NUMBER] was stricken.",
                "legal; The alien A 087-654-321 has left.; The alien A [ALIEN-NUMBER] has left.",
                "legal; Inmate No. 12345-678 filed it.; Inmate No. [INMATE-NUMBER] filed it.",
                "legal; See 589 U. S. 123456, 42 U.S.C. 1983.; See 589 U. S. 123456, 42 U.S.C. 1983.",
                "medical; Seen by NPI 1234567893 today.; Seen by NPI [NPI] today.",
                "medical; Seen by NPI 1234567890 today.; Seen by NPI 1234567890 today.",
                "medical; Prescribed under AB1234563 twice.; Prescribed under [DEA] twice.",
                "medical; Prescribed under AB1234567 twice.; Prescribed under AB1234567 twice.",
                "medical; Medicare 1EG4-TE5-MK73 is covered.; Medicare [MEDICARE-BENEFICIARY] is covered.",
                "medical; Patient ID: 00123456, DOB: 03/04/1961.; Patient ID: [RECORD-NUMBER], DOB: [BIRTH-DATE].",
                "finance; Wire it to 011000015 now.; Wire it to [ROUTING-NUMBER] now.",
                "finance; Wire it to 011000016 now.; Wire it to 011000016 now.",
                "finance; From account number 000123456789 it went.; From account number [ACCOUNT-NUMBER] it went.",
                "finance; Filed under 912-78-1234 late.; Filed under [ITIN] late."
            })
    void rules_ofADomain_maskItsPersonalData(String name, String sentence, String masked) throws IOException {
        assertThat(curate(name, sentence)).startsWith(masked);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "legal; 4 HERNANDEZ v. MESA",
                "legal; Cite as: 589 U. S. ____ (2020)",
                "legal; GORSUCH, J., dissenting",
                "medical; Last reviewed: May 2, 2016",
                "finance; See accompanying notes to consolidated financial statements.",
                "finance; F-12"
            })
    void rules_ofADomain_takeItsRepeatedLinesOut(String name, String line) throws IOException {
        assertThat(curate(name, line)).doesNotContain(line);
    }

    @Test
    void personalData_isCountedByKind() throws IOException {
        write("Seen by NPI 1234567893 today.");
        try (Argot argot = Argot.open()) {
            CurationReport report = argot.curate(CurationSpec.builder(CorpusSource.of(folder.resolve("in.txt")))
                    .domain(argot.domain("medical"))
                    .build());
            assertThat(report.steps().stream()
                            .filter(step -> step.name().equals("personal-data"))
                            .map(CurationReport.Step::counts))
                    .isEqualTo(List.of(Map.of("npi", 1L)));
        }
    }

    /** The text that is kept of a line and some more of ordinary text. */
    private String curate(String name, String line) throws IOException {
        write(line);
        Path output = folder.resolve("out");
        try (Argot argot = Argot.open()) {
            argot.curate(CurationSpec.builder(CorpusSource.of(folder.resolve("in.txt")))
                    .domain(argot.domain(name))
                    .output(output)
                    .build());
        }
        String json = Files.readString(output.resolve(CurationSpec.DOCUMENTS));
        return json.substring(json.indexOf("\"text\":\"") + 8);
    }

    private void write(String line) throws IOException {
        Files.writeString(
                folder.resolve("in.txt"),
                line
                        + "\nThis is what was said of the matter in that year, and nothing else is known of it to the present day.\n");
    }
}
