package dev.argot.core;

import dev.argot.api.ArgotException;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CancellationToken;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.Tokenizer;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationRules;
import dev.argot.api.corpus.CurationSpec;
import dev.argot.core.corpus.Corpora;
import dev.argot.core.corpus.Curation;
import dev.argot.core.corpus.CurationOutput;
import dev.argot.core.corpus.Curator;
import dev.argot.spi.CurationContext;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TextRules;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Curates as a spec says. */
final class CurationRun {
    private final Providers providers;
    private final ArgotOptions options;
    private final CurationSpec spec;

    CurationRun(Providers providers, ArgotOptions options, CurationSpec spec) {
        this.providers = providers;
        this.options = options;
        this.spec = spec;
    }

    CurationReport run() {
        Corpora corpora = providers.corpora();
        Curator curator = curator(
                providers,
                spec.rules().orElseGet(() -> rules(spec.domain())),
                spec.domain(),
                () -> texts(corpora, spec),
                options,
                spec.tokenizer(),
                spec.seed(),
                spec.cancellation());
        try (Stream<Document> documents = corpora.open(spec.sources())) {
            if (spec.output().isEmpty()) {
                try (Curation curation = curator.run(documents.iterator(), dropped -> {})) {
                    curation.forEachRemaining(kept -> {});
                    return curation.report();
                }
            }
            try (var output = new CurationOutput(
                            spec.output().get(), spec.gzip(), spec.tokenizer().isPresent());
                    Curation curation = curator.run(documents.iterator(), output::write)) {
                curation.forEachRemaining(output::write);
                CurationReport report = curation.report();
                output.finish(report);
                return report;
            }
        } catch (UncheckedIOException e) {
            throw new ArgotException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * The rules for a domain, where none are given.
     *
     * @param domain the domain; empty: none
     */
    static CurationRules rules(Optional<Domain> domain) {
        return domain.map(Domain::curation).orElse(CurationRules.DEFAULT);
    }

    /**
     * Makes a curator of the plug-ins there are.
     *
     * @param providers the plug-ins
     * @param rules the steps
     * @param domain whose terms say what is relevant
     * @param evaluationTexts opens what must not be trained on
     * @param options gives the number of threads
     * @param tokenizer counts tokens; empty: nobody does
     * @param seed for what is random
     * @param cancellation ends the run early
     */
    static Curator curator(
            Providers providers,
            CurationRules rules,
            Optional<Domain> domain,
            Supplier<Stream<String>> evaluationTexts,
            ArgotOptions options,
            Optional<Tokenizer> tokenizer,
            long seed,
            CancellationToken cancellation) {
        var context = new CurationContext(domain, new PlainAnalysis(providers), evaluationTexts, seed);
        return Curator.open(
                rules,
                providers.curationSteps()::get,
                context,
                new Curator.Options(
                        domain.map(Domain::name),
                        options.threads().orElse(Runtime.getRuntime().availableProcessors()),
                        tokenizer,
                        seed,
                        cancellation));
    }

    /** What the model will be measured on: the sets of the spec, and the items of the domain's tasks. */
    private static Stream<String> texts(Corpora corpora, CurationSpec spec) {
        Stream<String> items = spec.domain().stream()
                .flatMap(domain -> domain.tasks().stream())
                .flatMap(task -> task.items().stream())
                .flatMap(item -> item.inputs().values().stream().sorted());
        Stream<Document> sets = corpora.open(spec.evaluationSets());
        return Stream.concat(sets.map(Document::text), items).onClose(sets::close);
    }

    /** Makes an analysis when it is first asked for. */
    private static final class PlainAnalysis implements Supplier<TextAnalysis> {
        private final Providers providers;
        private @Nullable TextAnalysis analysis;

        PlainAnalysis(Providers providers) {
            this.providers = providers;
        }

        @Override
        public synchronized TextAnalysis get() {
            if (analysis == null) {
                TextAnalysisProvider provider = providers.analyses().byName().values().stream()
                        .findFirst()
                        .orElseThrow(
                                () -> providers.analyses().missing("No text analysis is there to find duplicates."));
                analysis = provider.open(TextRules.NONE);
            }
            return analysis;
        }
    }
}
