package dev.argot.api.adaptation;

import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.evaluation.Comparison;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What an adaptation did and what came of it, for people and for programs. {@link Reports} writes it as {@code report.json} and
 * {@code report.html}.
 *
 * @param model the name of the model that was adapted
 * @param domain the title of the domain it was adapted to
 * @param method how, for a reader, such as {@code "LoRA, rank 16, all-linear"}
 * @param finished when the adaptation ended
 * @param elapsed time it took, evaluation included
 * @param training one point for each step, in order
 * @param heldOut how well held-out texts were predicted, by text and then step
 * @param comparison what was measured before and after; empty where nothing was
 * @param gate what became of the limit on forgetting; empty where there was none
 * @param curation how the corpus was curated; empty where it was not
 * @param vocabulary what was added to the vocabulary; empty where nothing was
 * @param plan what was planned beside what was measured
 * @param samples prompts answered before and after
 * @param insight what changed inside the model; empty where it was not looked at
 * @param configuration the settings, in the order they are shown
 * @param seeds seeds by what they seed, in the order they are shown
 * @param inputs files that went in, with their hashes
 * @param outputs files that came out, with their hashes
 * @param licences licences of the model and the data
 * @param environment what it ran on
 */
public record AdaptationReport(
        String model,
        String domain,
        String method,
        Instant finished,
        Duration elapsed,
        List<TrainingPoint> training,
        List<HeldOutPoint> heldOut,
        Optional<Comparison> comparison,
        Optional<Gate> gate,
        Optional<CurationReport> curation,
        Optional<VocabularyGain> vocabulary,
        List<PlannedQuantity> plan,
        List<Sample> samples,
        Optional<Insight> insight,
        Map<String, String> configuration,
        Map<String, Long> seeds,
        List<HashedFile> inputs,
        List<HashedFile> outputs,
        List<Licence> licences,
        Environment environment) {
    /** Copies the collections. */
    public AdaptationReport {
        training = List.copyOf(training);
        heldOut = List.copyOf(heldOut);
        plan = List.copyOf(plan);
        samples = List.copyOf(samples);
        configuration = Collections.unmodifiableMap(new LinkedHashMap<>(configuration));
        seeds = Collections.unmodifiableMap(new LinkedHashMap<>(seeds));
        inputs = List.copyOf(inputs);
        outputs = List.copyOf(outputs);
        licences = List.copyOf(licences);
    }

    /**
     * Begins a report.
     *
     * @param model the name of the model that was adapted
     * @param domain the title of the domain it was adapted to
     * @param method how, for a reader
     * @param environment what it ran on
     */
    public static Builder builder(String model, String domain, String method, Environment environment) {
        return new Builder(model, domain, method, environment);
    }

    /**
     * A step of training.
     *
     * @param step number of the step, from 1
     * @param tokens tokens trained on so far, this step included
     * @param loss mean negative log-likelihood of the step's tokens, in nats
     * @param learningRate the learning rate of the step
     * @param gradientNorm L2 norm of all gradients before clipping
     * @param tokensPerSecond speed of the step
     */
    public record TrainingPoint(
            long step, long tokens, double loss, double learningRate, double gradientNorm, double tokensPerSecond) {}

    /**
     * How well a held-out text was predicted during the run.
     *
     * @param text the text's name
     * @param step steps done; 0 before the first
     * @param tokens tokens trained on so far
     * @param loss mean negative log-likelihood of the text's tokens, in nats
     */
    public record HeldOutPoint(String text, long step, long tokens, double loss) {}

    /**
     * The limit on forgetting: the adapted weights are moved back towards the original ones until general text is not worse than allowed
     * (interpolation of weights, Wortsman et al. 2022).
     *
     * @param largestGeneralChange the largest relative change of bits per byte on general text that is allowed
     * @param trials what was tried, in order
     * @param kept the share of the change of weights that was kept: 1 all of it
     * @param held whether the limit holds
     */
    public record Gate(double largestGeneralChange, List<Trial> trials, double kept, boolean held) {
        /** Copies the list. */
        public Gate {
            trials = List.copyOf(trials);
        }

        /**
         * A share that was tried.
         *
         * @param share the share of the change of weights
         * @param domainGain by which part bits per byte fell on the domain's texts
         * @param generalChange by which part they rose on general texts
         */
        public record Trial(double share, double domainGain, double generalChange) {}
    }

    /**
     * What was added to the vocabulary, and what that saves.
     *
     * @param text what the tokens were counted on, such as {@code "held-out text"}
     * @param tokensBefore tokens of that text with the old vocabulary
     * @param tokensAfter tokens of it with the new one
     * @param added terms added, those that save most first
     */
    public record VocabularyGain(String text, long tokensBefore, long tokensAfter, List<AddedTerm> added) {
        /** Copies the list. */
        public VocabularyGain {
            added = List.copyOf(added);
        }

        /**
         * A term added.
         *
         * @param term the term
         * @param pieces tokens it took before
         * @param occurrences how often it occurs in the training text
         */
        public record AddedTerm(String term, int pieces, long occurrences) {}
    }

    /**
     * A quantity that was planned.
     *
     * @param name what it is, such as {@code "peak memory"}
     * @param unit its unit, such as {@code "bytes"}, {@code "s"}, {@code "tokens"}, {@code "tokens/s"}; empty where it has none
     * @param planned the plan's value
     * @param measured what was measured; empty where it was not
     */
    public record PlannedQuantity(String name, String unit, double planned, OptionalDouble measured) {}

    /**
     * A prompt answered before and after.
     *
     * @param prompt the prompt
     * @param before the completion of the original model
     * @param after the completion of the adapted model
     */
    public record Sample(String prompt, String before, String after) {}

    /**
     * What changed inside the model.
     *
     * @param neighbours tokens close to terms of the domain
     * @param nextTokens what a decoder is most likely to say next
     */
    public record Insight(List<TermNeighbours> neighbours, List<NextTokens> nextTokens) {
        /** Copies the lists. */
        public Insight {
            neighbours = List.copyOf(neighbours);
            nextTokens = List.copyOf(nextTokens);
        }

        /**
         * Tokens close to a term; see {@link dev.argot.api.Model#neighbours}. They stay the same where input embeddings are not trained,
         * as mostly with LoRA.
         *
         * @param term a term of the domain that the texts hold
         * @param before neighbours in the original model, closest first
         * @param after neighbours in the adapted model, closest first
         */
        public record TermNeighbours(String term, List<TokenNeighbour> before, List<TokenNeighbour> after) {
            /** Copies the lists. */
            public TermNeighbours {
                before = List.copyOf(before);
                after = List.copyOf(after);
            }
        }

        /**
         * The most probable next tokens after a text; see {@link dev.argot.api.CausalModel#nextTokens}.
         *
         * @param text the text
         * @param before those of the original model, most probable first
         * @param after those of the adapted model, most probable first
         */
        public record NextTokens(String text, List<TokenCandidate> before, List<TokenCandidate> after) {
            /** Copies the lists. */
            public NextTokens {
                before = List.copyOf(before);
                after = List.copyOf(after);
            }
        }
    }

    /**
     * A file and its hash.
     *
     * @param name its path, relative to the corpus or bundle it belongs to
     * @param bytes its size
     * @param sha256 its SHA-256, in lower-case hexadecimal digits
     */
    public record HashedFile(String name, long bytes, String sha256) {}

    /**
     * Terms on which something may be used.
     *
     * @param what the model or data
     * @param licence an SPDX expression; empty where unknown
     */
    public record Licence(String what, String licence) {}

    /**
     * What an adaptation ran on.
     *
     * @param argot version of Argot
     * @param java the Java runtime, such as {@code "25.0.1+8 (Eclipse Adoptium)"}
     * @param system operating system and processor architecture
     * @param engine the engine with its version
     * @param device where it ran
     * @param precision how weights were held
     * @param threads processor threads for one operation
     * @param memoryBytes memory of the machine; 0 where unknown
     */
    public record Environment(
            String argot,
            String java,
            String system,
            String engine,
            String device,
            String precision,
            int threads,
            long memoryBytes) {}

    /** Collects the parts of a report; whatever is not set is empty. Not thread-safe. */
    public static final class Builder {
        private final String model;
        private final String domain;
        private final String method;
        private final Environment environment;
        private Instant finished = Instant.EPOCH;
        private Duration elapsed = Duration.ZERO;
        private final List<TrainingPoint> training = new ArrayList<>();
        private final List<HeldOutPoint> heldOut = new ArrayList<>();
        private Optional<Comparison> comparison = Optional.empty();
        private Optional<Gate> gate = Optional.empty();
        private Optional<CurationReport> curation = Optional.empty();
        private Optional<VocabularyGain> vocabulary = Optional.empty();
        private final List<PlannedQuantity> plan = new ArrayList<>();
        private final List<Sample> samples = new ArrayList<>();
        private Optional<Insight> insight = Optional.empty();
        private final Map<String, String> configuration = new LinkedHashMap<>();
        private final Map<String, Long> seeds = new LinkedHashMap<>();
        private final List<HashedFile> inputs = new ArrayList<>();
        private final List<HashedFile> outputs = new ArrayList<>();
        private final List<Licence> licences = new ArrayList<>();

        private Builder(String model, String domain, String method, Environment environment) {
            this.model = model;
            this.domain = domain;
            this.method = method;
            this.environment = environment;
        }

        /**
         * Sets when it ended and how long it took.
         *
         * @param finished when the adaptation ended
         * @param elapsed time it took, evaluation included
         */
        public Builder finished(Instant finished, Duration elapsed) {
            this.finished = finished;
            this.elapsed = elapsed;
            return this;
        }

        /**
         * Adds a step of training.
         *
         * @param point the step; after those added before
         */
        public Builder training(TrainingPoint point) {
            training.add(point);
            return this;
        }

        /**
         * Adds a measurement of a held-out text.
         *
         * @param point the measurement; of each text after those added before
         */
        public Builder heldOut(HeldOutPoint point) {
            heldOut.add(point);
            return this;
        }

        /**
         * Sets what was measured before and after.
         *
         * @param comparison before and after
         */
        public Builder comparison(Comparison comparison) {
            this.comparison = Optional.of(comparison);
            return this;
        }

        /**
         * Sets what became of the limit on forgetting.
         *
         * @param gate limit and trials
         */
        public Builder gate(Gate gate) {
            this.gate = Optional.of(gate);
            return this;
        }

        /**
         * Sets how the corpus was curated.
         *
         * @param curation what was read, dropped and kept
         */
        public Builder curation(CurationReport curation) {
            this.curation = Optional.of(curation);
            return this;
        }

        /**
         * Sets what was added to the vocabulary.
         *
         * @param vocabulary terms and savings
         */
        public Builder vocabulary(VocabularyGain vocabulary) {
            this.vocabulary = Optional.of(vocabulary);
            return this;
        }

        /**
         * Adds a planned quantity.
         *
         * @param quantity plan and measurement
         */
        public Builder plan(PlannedQuantity quantity) {
            plan.add(quantity);
            return this;
        }

        /**
         * Adds a prompt answered before and after.
         *
         * @param sample prompt and completions
         */
        public Builder sample(Sample sample) {
            samples.add(sample);
            return this;
        }

        /**
         * Sets what changed inside the model.
         *
         * @param insight neighbours and next tokens
         */
        public Builder insight(Insight insight) {
            this.insight = Optional.of(insight);
            return this;
        }

        /**
         * Sets one of the settings.
         *
         * @param key its name
         * @param value its value
         */
        public Builder configuration(String key, String value) {
            configuration.put(key, value);
            return this;
        }

        /**
         * Sets a seed.
         *
         * @param what what it seeds
         * @param seed the seed
         */
        public Builder seed(String what, long seed) {
            seeds.put(what, seed);
            return this;
        }

        /**
         * Adds a file that went in.
         *
         * @param file the file
         */
        public Builder input(HashedFile file) {
            inputs.add(file);
            return this;
        }

        /**
         * Adds a file that came out.
         *
         * @param file the file
         */
        public Builder output(HashedFile file) {
            outputs.add(file);
            return this;
        }

        /**
         * Adds a licence.
         *
         * @param licence of the model or of data
         */
        public Builder licence(Licence licence) {
            licences.add(licence);
            return this;
        }

        /** The report. */
        public AdaptationReport build() {
            return new AdaptationReport(
                    model,
                    domain,
                    method,
                    finished,
                    elapsed,
                    training,
                    heldOut,
                    comparison,
                    gate,
                    curation,
                    vocabulary,
                    plan,
                    samples,
                    insight,
                    configuration,
                    seeds,
                    inputs,
                    outputs,
                    licences,
                    environment);
        }
    }
}
