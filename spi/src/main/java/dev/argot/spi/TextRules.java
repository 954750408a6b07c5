package dev.argot.spi;

import dev.argot.api.Abbreviation;
import dev.argot.api.Domain;
import dev.argot.api.Term;
import java.util.List;

/**
 * What a text analysis knows of a domain.
 *
 * @param terms kept whole, as one token, where they have several words; recognised in any case
 * @param abbreviations expanded, the everyday ones as well
 */
public record TextRules(List<String> terms, List<Abbreviation> abbreviations) {
    /** Knows nothing: splits into lower-case words. */
    public static final TextRules NONE = new TextRules(List.of(), List.of());

    /** Copies the lists. */
    public TextRules {
        terms = List.copyOf(terms);
        abbreviations = List.copyOf(abbreviations);
    }

    /**
     * The rules for running text: everyday words such as <i>as</i> and <i>no</i> stay what they are.
     *
     * @param domain vocabulary and abbreviations
     */
    public static TextRules of(Domain domain) {
        return new TextRules(
                terms(domain),
                domain.abbreviations().stream().filter(a -> !a.everyday()).toList());
    }

    /**
     * The rules for text that is written in the domain's notation alone, such as the directions of a prescription: every abbreviation is
     * expanded.
     *
     * @param domain vocabulary and abbreviations
     */
    public static TextRules ofNotation(Domain domain) {
        return new TextRules(terms(domain), domain.abbreviations());
    }

    private static List<String> terms(Domain domain) {
        return domain.vocabulary().stream().map(Term::text).toList();
    }
}
