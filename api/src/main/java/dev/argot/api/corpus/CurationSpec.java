package dev.argot.api.corpus;

import dev.argot.api.CancellationToken;
import dev.argot.api.Domain;
import dev.argot.api.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What is curated, and how.
 *
 * @param sources where the documents are read from, in this order
 * @param domain whose terms say what is relevant, and whose rules are used where none are given
 * @param rules the steps; empty: those of the domain, or {@link CurationRules#DEFAULT} without one
 * @param evaluationSets texts the model will be measured on, which must not be trained on; the items of the domain's tasks always are
 * @param output folder that is made; it must not exist or be empty. Empty: nothing is written, there is just the report
 * @param gzip whether the documents are written compressed
 * @param tokenizer counts tokens for the report; empty: they are not counted
 * @param seed chooses the hash functions of near-duplicates and the examples in the report
 * @param cancellation ends the work early: nothing is written
 */
public record CurationSpec(
        List<CorpusSource> sources,
        Optional<Domain> domain,
        Optional<CurationRules> rules,
        List<CorpusSource> evaluationSets,
        Optional<Path> output,
        boolean gzip,
        Optional<Tokenizer> tokenizer,
        long seed,
        CancellationToken cancellation) {
    /** Name of the file of documents in the output folder; {@code .gz} follows where it is compressed. */
    public static final String DOCUMENTS = "documents.jsonl";

    /**
     * Name of the manifest in the output folder: a JSON object a line for each document that was kept, with {@code id}, {@code source},
     * {@code licence}, {@code sha256} (of the text in UTF-8), {@code characters}, {@code tokens} (where counted) and {@code steps}.
     */
    public static final String MANIFEST = "manifest.jsonl";

    /**
     * Name of the list of what was dropped in the output folder: a JSON object a line with {@code id}, {@code source}, {@code licence},
     * {@code step}, {@code reason} and {@code detail}.
     */
    public static final String DROPPED = "dropped.jsonl";

    /** Name of the report in the output folder: {@link CurationReport#toJson}. */
    public static final String REPORT = "curation.json";

    /** Copies the lists. */
    public CurationSpec {
        sources = List.copyOf(sources);
        evaluationSets = List.copyOf(evaluationSets);
        if (sources.isEmpty()) {
            throw new IllegalArgumentException("a curation needs at least one source");
        }
    }

    /**
     * Begins a spec.
     *
     * @param sources where the documents are read from
     */
    public static Builder builder(CorpusSource... sources) {
        return new Builder(List.of(sources));
    }

    /** Collects what is curated, and how. Not thread-safe. */
    public static final class Builder {
        private final List<CorpusSource> sources;
        private Optional<Domain> domain = Optional.empty();
        private Optional<CurationRules> rules = Optional.empty();
        private List<CorpusSource> evaluationSets = List.of();
        private Optional<Path> output = Optional.empty();
        private boolean gzip;
        private Optional<Tokenizer> tokenizer = Optional.empty();
        private long seed = 1;
        private CancellationToken cancellation = CancellationToken.never();

        private Builder(List<CorpusSource> sources) {
            this.sources = sources;
        }

        /**
         * Sets the domain; default: none.
         *
         * @param value whose terms and rules are used
         */
        public Builder domain(Domain value) {
            domain = Optional.of(value);
            return this;
        }

        /**
         * Sets the steps; default: those of the domain, else {@link CurationRules#DEFAULT}.
         *
         * @param value the steps
         */
        public Builder rules(CurationRules value) {
            rules = Optional.of(value);
            return this;
        }

        /**
         * Sets what must not be trained on; default: nothing.
         *
         * @param values texts the model will be measured on
         */
        public Builder evaluationSets(CorpusSource... values) {
            evaluationSets = List.of(values);
            return this;
        }

        /**
         * Sets the folder that is made; default: none.
         *
         * @param value a folder that does not exist or is empty
         */
        public Builder output(Path value) {
            output = Optional.of(value);
            return this;
        }

        /**
         * Sets whether the documents are written compressed; default: no.
         *
         * @param value whether they are
         */
        public Builder gzip(boolean value) {
            gzip = value;
            return this;
        }

        /**
         * Sets what counts tokens; default: nothing does.
         *
         * @param value the tokenizer of the model that will be trained
         */
        public Builder tokenizer(Tokenizer value) {
            tokenizer = Optional.of(value);
            return this;
        }

        /**
         * Sets the seed; default: 1.
         *
         * @param value any number
         */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * Sets what ends the work early; default: nothing does.
         *
         * @param value the token
         */
        public Builder cancellation(CancellationToken value) {
            cancellation = value;
            return this;
        }

        /** The spec. */
        public CurationSpec build() {
            return new CurationSpec(
                    sources, domain, rules, evaluationSets, output, gzip, tokenizer, seed, cancellation);
        }
    }
}
