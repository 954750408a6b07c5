package dev.argot.core.prompt;

import dev.argot.api.ArgotException;
import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingOptions;
import dev.argot.spi.SearchIndex;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextRules;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
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

    /**
     * Embeds texts to be indexed or looked for.
     *
     * @param embedder the embedder
     * @param texts none blank
     * @param name names a text by its number, for messages
     * @throws ArgotException if an embedding is zero or not finite
     */
    public static List<float[]> embed(Embedder embedder, List<String> texts, IntFunction<String> name) {
        List<float[]> vectors = texts.isEmpty() ? List.of() : embedder.embedAll(texts, EmbeddingOptions.DEFAULT);
        for (int i = 0; i < vectors.size(); i++) {
            double sum = 0;
            for (float x : vectors.get(i)) {
                sum += (double) x * x;
            }
            if (!(sum > 0) || !Double.isFinite(sum)) {
                throw new ArgotException(name.apply(i)
                        + ": expected an embedding of finite numbers that are not all zero, found one of the length "
                        + Math.sqrt(sum));
            }
        }
        return vectors;
    }
}
