package dev.argot.core.corpus;

import dev.argot.api.Abbreviation;
import dev.argot.api.Domain;
import dev.argot.api.Term;
import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import dev.argot.spi.TextIndex;
import java.util.Locale;
import java.util.Map;

/**
 * Measures how much of a text is terms of the domain: its density is the share of the words that belong to terms or abbreviations of the
 * vocabulary, those aside that are everyday words as well. Without a domain everything passes.
 *
 * <ul>
 *   <li>{@code min-density} 0: the least share of the words; with 0 the step only counts
 *   <li>{@code min-terms} 0: how many terms must be there, repeated ones included
 * </ul>
 */
public final class Relevance implements CurationStepProvider {
    private static final String WORDS = "words";
    private static final String TERM_WORDS = "words of domain terms";

    /** For the service loader. */
    public Relevance() {}

    @Override
    public String name() {
        return CurationRules.RELEVANCE;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        double minDensity = settings.share("min-density", 0);
        int minTerms = settings.integer("min-terms", 0, 0);
        return context.domain()
                .map(domain -> (CurationStep) new Step(terms(domain), domain.name(), minDensity, minTerms))
                .orElse(document -> CurationStep.Verdict.KEEP);
    }

    private static TermTrie terms(Domain domain) {
        var terms = new TermTrie();
        for (Term term : domain.vocabulary()) {
            if (!term.category().equals(Term.EVERYDAY)) {
                terms.add(term.text());
            }
        }
        for (Abbreviation abbreviation : domain.abbreviations()) {
            if (!abbreviation.everyday() && abbreviation.text().length() > 1) {
                terms.add(abbreviation.text());
            }
        }
        return terms;
    }

    private record Step(TermTrie terms, String domain, double minDensity, int minTerms) implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            TextIndex index = document.index();
            int words = index.words();
            long found = 0;
            long covered = 0;
            int i = 0;
            while (i < words) {
                int length = terms.longestAt(index, i);
                if (length > 0) {
                    found++;
                    covered += length;
                }
                i += Math.max(1, length);
            }
            double density = words == 0 ? 0 : (double) covered / words;
            if (density < minDensity) {
                return new Verdict.Drop(
                        "off the domain",
                        String.format(
                                Locale.ROOT, "density %.3f of %s terms, at least %.3f", density, domain, minDensity));
            }
            if (found < minTerms) {
                return new Verdict.Drop(
                        "off the domain", found + " terms of the domain " + domain + ", at least " + minTerms);
            }
            return new Verdict.Keep(Map.of(WORDS, (long) words, TERM_WORDS, covered));
        }

        @Override
        public String note() {
            return minDensity == 0 && minTerms == 0 ? "measured only, nothing is dropped" : "";
        }
    }
}
