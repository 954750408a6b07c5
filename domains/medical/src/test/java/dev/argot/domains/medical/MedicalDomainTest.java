package dev.argot.domains.medical;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Domain;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextRules;
import dev.argot.testkit.DomainContract;
import dev.argot.tokenizers.lucene.LuceneTextAnalysisProvider;
import org.junit.jupiter.api.Test;

class MedicalDomainTest extends DomainContract {
    private final Domain domain = provider().open();
    private final TextAnalysis running = new LuceneTextAnalysisProvider().open(TextRules.of(domain));
    private final TextAnalysis notation = new LuceneTextAnalysisProvider().open(TextRules.ofNotation(domain));

    @Override
    protected DomainProvider provider() {
        return new MedicalDomainProvider();
    }

    @Test
    void vocabulary_knowsDrugsAndDiagnoses() {
        assertThat(domain.term("Warfarin").orElseThrow().category()).isEqualTo("drug");
        assertThat(domain.term("typhoid fever").orElseThrow().definition()).contains("ICD-10-CM code A01.0.");
    }

    @Test
    void analysis_ofPrescriptionCodes_expandsThem() {
        assertThat(running.normalise("1 tab po qid pc & hs"))
                .isEqualTo("1 tablet by mouth 4 times a day after meals and at bedtime");
    }

    @Test
    void analysis_ofRunningText_leavesOrdinaryWordsAlone() {
        assertThat(running.normalise("no better as seen in the AM; hx of MI"))
                .isEqualTo("no better as seen in the am history of myocardial infarction");
        assertThat(notation.normalise("gtt i as qam")).isEqualTo("drop 1 left ear every morning");
    }
}
