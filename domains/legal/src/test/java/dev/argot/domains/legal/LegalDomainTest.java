package dev.argot.domains.legal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Domain;
import dev.argot.api.Term;
import dev.argot.api.evaluation.Task;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextRules;
import dev.argot.testkit.DomainContract;
import dev.argot.tokenizers.lucene.LuceneTextAnalysisProvider;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LegalDomainTest extends DomainContract {
    private final Domain domain = provider().open();
    private final TextAnalysis running = new LuceneTextAnalysisProvider().open(TextRules.of(domain));

    @Override
    protected DomainProvider provider() {
        return new LegalDomainProvider();
    }

    @Test
    void vocabulary_knowsLatinAndOrdinaryWords() {
        assertThat(domain.term("Res Judicata").orElseThrow().definition().orElseThrow())
                .contains("final judgment");
        assertThat(domain.term("mens rea").orElseThrow().category()).isEqualTo("latin");
        assertThat(domain.term("consideration").orElseThrow().category()).isEqualTo(Term.EVERYDAY);
    }

    @Test
    void sectionSummary_doesNotQuoteTheHeading() {
        Task task = domain.task("section-summary").orElseThrow();
        assertThat(Stream.of(task.exemplars(), task.training(), task.items()).flatMap(List::stream))
                .allSatisfy(example -> assertThat(example.inputs().getOrDefault("text", ""))
                        .doesNotContainIgnoringCase(example.answer()));
    }

    @Test
    void analysis_ofACitation_expandsIt_andKeepsTermsWhole() {
        assertThat(running.normalise("See 42 U.S.C. § 1983; Roe v. Wade"))
                .isEqualTo("see 42 united states code section 1983 roe versus wade");
        assertThat(running.terms("barred by res judicata")).containsExactly("barred", "by", "res judicata");
    }
}
