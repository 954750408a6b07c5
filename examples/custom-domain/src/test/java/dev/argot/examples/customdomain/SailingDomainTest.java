package dev.argot.examples.customdomain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Domain;
import dev.argot.api.Term;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextRules;
import dev.argot.testkit.DomainContract;
import dev.argot.tokenizers.lucene.LuceneTextAnalysisProvider;
import org.junit.jupiter.api.Test;

class SailingDomainTest extends DomainContract {
    private final Domain domain = provider().open();
    private final TextAnalysis notation = new LuceneTextAnalysisProvider().open(TextRules.ofNotation(domain));

    @Override
    protected DomainProvider provider() {
        return new SailingDomainProvider();
    }

    @Test
    void vocabulary_knowsOrdinaryWords() {
        assertThat(domain.term("sheet").orElseThrow().category()).isEqualTo(Term.EVERYDAY);
        assertThat(domain.term("dead reckoning").orElseThrow().definition()).isPresent();
    }

    @Test
    void analysis_ofALogEntry_expandsIt_andKeepsTermsWhole() {
        assertThat(notation.normalise("SW 5, vis 2 nm, baro falling"))
                .isEqualTo("south west 5 visibility 2 nautical miles barometer falling");
        assertThat(notation.terms("position by dead reckoning")).containsExactly("position", "by", "dead reckoning");
    }
}
