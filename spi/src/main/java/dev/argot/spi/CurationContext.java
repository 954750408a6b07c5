package dev.argot.spi;

import dev.argot.api.Domain;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What steps of a curation may need.
 *
 * @param domain the domain that is curated for; empty: none
 * @param analysis gives an analysis that splits into plain words; throws {@link dev.argot.api.ProviderException} where no plug-in
 *     analyses texts
 * @param evaluationTexts opens the texts a model will be measured on; the caller closes the stream
 * @param seed for what is random
 */
public record CurationContext(
        Optional<Domain> domain,
        Supplier<TextAnalysis> analysis,
        Supplier<Stream<String>> evaluationTexts,
        long seed) {}
