package dev.argot.core.prompt;

import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextRules;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Makes search indexes with the plug-in there is.
 *
 * @param provider gives the plug-in, or throws a {@link dev.argot.api.ProviderException} that says which module is missing
 * @param rules gives the rules of a domain by its name, or throws a {@link dev.argot.api.ProviderException}
 */
public record Searches(Supplier<SearchIndexProvider> provider, Function<String, TextRules> rules) {
    /**
     * Indexes texts. The caller closes the index.
     *
     * @param domain whose terms are kept whole and whose abbreviations are expanded; empty: words alone
     * @param texts what is searched
     * @param vectors one for each text; empty: none
     */
    public SearchIndex open(Optional<String> domain, List<String> texts, List<float[]> vectors) {
        return provider.get().open(domain.map(rules).orElse(TextRules.NONE), texts, vectors);
    }
}
