package dev.argot.core;

import dev.argot.api.Argot.ProviderInfo;
import dev.argot.core.corpus.Corpora;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CorpusReaderProvider;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.DomainProvider;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.ModelSourceProvider;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.SearchIndexProvider;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TokenizerProvider;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Every plug-in there is.
 *
 * @param sources find models by name
 * @param formats read checkpoints
 * @param adapters read and write adapters
 * @param architectures describe families
 * @param tokenizers make tokenizers
 * @param engines execute graphs
 * @param analyses analyse texts
 * @param searches search texts
 * @param domains describe trades
 * @param readers read corpora
 * @param curationSteps choose and clean documents
 * @param objectives say what models learn from texts
 */
record Providers(
        ProviderRegistry<ModelSourceProvider> sources,
        ProviderRegistry<CheckpointFormatProvider> formats,
        ProviderRegistry<AdapterFormatProvider> adapters,
        ProviderRegistry<ArchitectureProvider> architectures,
        ProviderRegistry<TokenizerProvider> tokenizers,
        ProviderRegistry<EngineProvider> engines,
        ProviderRegistry<TextAnalysisProvider> analyses,
        ProviderRegistry<SearchIndexProvider> searches,
        ProviderRegistry<DomainProvider> domains,
        ProviderRegistry<CorpusReaderProvider> readers,
        ProviderRegistry<CurationStepProvider> curationSteps,
        ProviderRegistry<ObjectiveProvider> objectives) {

    /** Finds them through the thread's context class loader and the one that loaded Argot. */
    static Providers discover() {
        var loaders = new LinkedHashSet<ClassLoader>();
        Stream.of(Thread.currentThread().getContextClassLoader(), Providers.class.getClassLoader())
                .filter(Objects::nonNull)
                .forEach(loaders::add);
        return discover(loaders);
    }

    /**
     * Finds them.
     *
     * @param loaders where to look
     */
    static Providers discover(Collection<ClassLoader> loaders) {
        return new Providers(
                ProviderRegistry.load(ModelSourceProvider.class, "source", ModelSourceProvider::name, loaders),
                ProviderRegistry.load(
                        CheckpointFormatProvider.class, "format", CheckpointFormatProvider::name, loaders),
                ProviderRegistry.load(
                        AdapterFormatProvider.class, "adapter format", AdapterFormatProvider::name, loaders),
                ProviderRegistry.load(ArchitectureProvider.class, "architecture", ArchitectureProvider::name, loaders),
                ProviderRegistry.load(TokenizerProvider.class, "tokenizer", TokenizerProvider::name, loaders),
                ProviderRegistry.load(EngineProvider.class, "engine", EngineProvider::name, loaders),
                ProviderRegistry.load(TextAnalysisProvider.class, "text analysis", TextAnalysisProvider::name, loaders),
                ProviderRegistry.load(SearchIndexProvider.class, "search", SearchIndexProvider::name, loaders),
                ProviderRegistry.load(DomainProvider.class, "domain", DomainProvider::name, loaders),
                ProviderRegistry.load(CorpusReaderProvider.class, "corpus reader", CorpusReaderProvider::name, loaders),
                ProviderRegistry.load(CurationStepProvider.class, "curation step", CurationStepProvider::name, loaders),
                ProviderRegistry.load(ObjectiveProvider.class, "objective", ObjectiveProvider::name, loaders));
    }

    /** Reads corpora with the readers there are. */
    Corpora corpora() {
        return new Corpora(readers::get, readers.byName().values());
    }

    /** What was found, the broken ones with the reason. */
    List<ProviderInfo> infos() {
        var infos = new ArrayList<ProviderInfo>();
        sources.byName().forEach((name, p) -> infos.add(info("source", name, p, "order " + p.order())));
        formats.byName()
                .forEach((name, p) -> infos.add(info("format", name, p, p.writes() ? "reads and writes" : "reads")));
        adapters.byName().forEach((name, p) -> infos.add(info("adapter format", name, p, "")));
        architectures
                .byName()
                .forEach((name, p) -> infos.add(info(
                        "architecture",
                        name,
                        p,
                        p.modelTypes().stream().sorted().toList().toString())));
        tokenizers.byName().forEach((name, p) -> infos.add(info("tokenizer", name, p, "")));
        engines.byName().forEach((name, p) -> infos.add(engine(name, p)));
        analyses.byName().forEach((name, p) -> infos.add(info("text analysis", name, p, "")));
        searches.byName().forEach((name, p) -> infos.add(info("search", name, p, "")));
        domains.byName().forEach((name, p) -> infos.add(info("domain", name, p, "")));
        readers.byName().forEach((name, p) -> infos.add(info("corpus reader", name, p, "")));
        curationSteps.byName().forEach((name, p) -> infos.add(info("curation step", name, p, "")));
        objectives.byName().forEach((name, p) -> infos.add(info("objective", name, p, "")));
        Stream.of(
                        sources,
                        formats,
                        adapters,
                        architectures,
                        tokenizers,
                        engines,
                        analyses,
                        searches,
                        domains,
                        readers,
                        curationSteps,
                        objectives)
                .flatMap(registry -> registry.broken().stream())
                .forEach(infos::add);
        return List.copyOf(infos);
    }

    private static ProviderInfo info(String kind, String name, Object provider, String remark) {
        return new ProviderInfo(kind, name, ProviderRegistry.origin(provider.getClass()), true, remark);
    }

    private static ProviderInfo engine(String name, EngineProvider provider) {
        String origin = ProviderRegistry.origin(provider.getClass());
        return switch (availability(provider)) {
            case EngineProvider.Availability.Available available ->
                new ProviderInfo("engine", name, origin, true, available.detail());
            case EngineProvider.Availability.Unavailable unavailable ->
                new ProviderInfo("engine", name, origin, false, unavailable.reason());
        };
    }

    /** Whether an engine can run here; one that fails to answer can't. */
    static EngineProvider.Availability availability(EngineProvider provider) {
        try {
            return provider.availability();
        } catch (LinkageError | RuntimeException e) {
            return new EngineProvider.Availability.Unavailable("its check failed: " + e);
        }
    }
}
