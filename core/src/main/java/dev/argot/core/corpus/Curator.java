package dev.argot.core.corpus;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Document;
import dev.argot.api.Tokenizer;
import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStep.Verdict;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Steps that are ready for one run over a corpus. */
public final class Curator {
    private final List<Step> steps;
    private final Options options;

    private Curator(List<Step> steps, Options options) {
        this.steps = steps;
        this.options = options;
    }

    /**
     * Makes the steps of rules.
     *
     * @param rules the steps and what they are told
     * @param providers gives a plug-in by name, or throws a {@link dev.argot.api.ProviderException}
     * @param context what steps may need
     * @param options threads, tokenizer and the like
     * @throws ArgotException if a setting is wrong or unknown
     */
    public static Curator open(
            CurationRules rules,
            Function<String, CurationStepProvider> providers,
            CurationContext context,
            Options options) {
        var steps = new ArrayList<Step>();
        for (CurationRules.Step rule : rules.steps()) {
            CurationStepProvider provider = providers.apply(rule.name());
            var settings = new Settings("curation step '" + rule.name() + "'", rule.settings());
            try {
                CurationStep step = provider.open(settings, context);
                settings.requireAllKnown();
                steps.add(new Step(rule.name(), settings.effective(), step));
            } catch (IllegalArgumentException e) {
                throw new ArgotException(String.valueOf(e.getMessage()), e);
            }
        }
        return new Curator(List.copyOf(steps), options);
    }

    /**
     * Runs over documents. May be called once, since steps remember what they saw. Documents are judged by several threads ahead of the
     * one that asks; what comes out, and in which order, does not depend on them.
     *
     * @param documents what is curated; read on the thread that asks for results; the caller closes where they come from
     * @param dropped told of each document that is dropped, in order, on the thread that asks for results
     * @return what is kept; the caller closes it
     */
    public Curation run(Iterator<Document> documents, Consumer<Dropped> dropped) {
        return new Curation(steps, options, documents, dropped);
    }

    /**
     * How to run.
     *
     * @param domain name of the domain, for the report
     * @param threads how many judge documents; 1: the thread that asks for results does it all
     * @param tokenizer counts tokens; empty: nobody does
     * @param seed chooses examples for the report
     * @param cancellation ends the run with an {@link ArgotException}
     */
    public record Options(
            Optional<String> domain,
            int threads,
            Optional<Tokenizer> tokenizer,
            long seed,
            CancellationToken cancellation) {
        /** Checks the number of threads. */
        public Options {
            if (threads < 1) {
                throw new IllegalArgumentException("threads must be at least 1: " + threads);
            }
        }
    }

    /**
     * A step with its name.
     *
     * @param settings all of them, defaults included
     */
    record Step(String name, Map<String, String> settings, CurationStep step) {}

    /**
     * How long a text is.
     *
     * @param characters in UTF-16 units
     * @param bytes in UTF-8
     * @param tokens in tokens; 0 where nobody counts
     */
    record Size(long characters, long bytes, long tokens) {
        static Size of(String text, @Nullable Tokenizer tokenizer) {
            return new Size(
                    text.length(),
                    Utf8.length(text),
                    tokenizer == null
                            ? 0
                            : tokenizer
                                    .encode(text, dev.argot.api.EncodeOptions.PLAIN)
                                    .size());
        }
    }

    /**
     * What a step said of a document that was kept in the end.
     *
     * @param step name of the step
     * @param changed whether it changed the text
     * @param counts what it found or changed
     */
    public record Passed(String step, boolean changed, Map<String, Long> counts) {}

    /**
     * A document that was kept.
     *
     * @param document as the steps left it; its id is unique among those kept
     * @param tokens its length in tokens; 0 where nobody counts
     * @param passed what each step said
     */
    public record Kept(Document document, long tokens, List<Passed> passed) {}

    /**
     * A document that was dropped.
     *
     * @param document as it was read
     * @param step name of the step that dropped it
     * @param reason the kind of reason
     * @param detail what was found and what was expected; may be empty
     */
    public record Dropped(Document document, String step, String reason, String detail) {}

    /** A document and what the steps say of it, up to the one that drops it. */
    record Judged(Document document, Size size, List<Said> said) {}

    /**
     * What a step says.
     *
     * @param document as it is behind the step
     * @param size its size
     */
    record Said(Verdict verdict, Document document, Size size) {}
}
