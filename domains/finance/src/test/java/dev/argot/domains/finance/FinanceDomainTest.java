package dev.argot.domains.finance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Domain;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextRules;
import dev.argot.testkit.DomainContract;
import dev.argot.tokenizers.lucene.LuceneTextAnalysisProvider;
import org.junit.jupiter.api.Test;

class FinanceDomainTest extends DomainContract {
    private final Domain domain = provider().open();
    private final TextAnalysis running = new LuceneTextAnalysisProvider().open(TextRules.of(domain));

    @Override
    protected DomainProvider provider() {
        return new FinanceDomainProvider();
    }

    @Test
    void vocabulary_knowsStatementItemsAndTickers() {
        assertThat(domain.term("Goodwill").orElseThrow().definition()).isPresent();
        assertThat(domain.term("NVDA").orElseThrow().category()).isEqualTo("ticker");
    }

    @Test
    void analysis_ofAReport_expandsIt_andKeepsTermsWhole() {
        assertThat(running.terms("EBITDA rose 5% YoY, said the FOMC"))
                .containsExactly(
                        "earnings",
                        "before",
                        "interest",
                        "taxes",
                        "depreciation",
                        "and",
                        "amortization",
                        "rose",
                        "5",
                        "percent",
                        "year",
                        "over",
                        "year",
                        "said",
                        "the",
                        "federal",
                        "open",
                        "market",
                        "committee");
        assertThat(running.terms("a higher P/E")).containsExactly("a", "higher", "price to earnings ratio");
        assertThat(running.terms("one sec, the SEC"))
                .containsExactly("one", "sec", "the", "securities and exchange commission");
    }
}
