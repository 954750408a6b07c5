package dev.argot.api.adaptation;

import dev.argot.api.Domain;
import dev.argot.api.LoadOptions;
import dev.argot.api.Precision;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.PairSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What an adaptation shall do. The smallest one names a model, a domain and a folder for the result:
 *
 * {@snippet class="dev.argot.conformance.Snippets" region="adapt"}
 *
 * <p>The same spec, data, machine and number of threads give the same weights. Immutable and thread-safe.
 */
public final class AdaptationSpec {
    private final Builder values;

    private AdaptationSpec(Builder builder) {
        this.values = new Builder(builder);
    }

    /**
     * Begins a spec.
     *
     * @param model the model's name, as for {@link dev.argot.api.Argot#load}
     * @param out the folder the bundle is written to; must not exist or be empty. While the run goes on, a folder beside it whose name
     *     ends in {@code .run} holds its checkpoints
     */
    public static Builder builder(String model, Path out) {
        return new Builder(model, out);
    }

    /** This spec as a builder, to change something. */
    public Builder toBuilder() {
        return new Builder(values);
    }

    /** The model that is adapted. */
    public String model() {
        return values.model;
    }

    /** Where the bundle goes. */
    public Path out() {
        return values.out;
    }

    /** Engine, device, network. */
    public LoadOptions loading() {
        return values.loading;
    }

    /** Name of the domain, or of none. */
    public Optional<String> domainName() {
        return values.domain.map(Domain::name).or(() -> values.domainName);
    }

    /** The domain itself, where it was made by the application. */
    public Optional<Domain> domain() {
        return values.domain;
    }

    /** The domain's texts; empty: its sample corpus. */
    public List<CorpusSource> corpus() {
        return values.corpus;
    }

    /** Whether texts are curated by the domain's rules first. */
    public boolean curate() {
        return values.curate;
    }

    /** Prompts with completions; only the completions are scored. */
    public List<PairSource> pairs() {
        return values.pairs;
    }

    /** Share of the tokens that comes from {@link #pairs}, where there are any. */
    public double pairsShare() {
        return values.pairsShare;
    }

    /** General texts that are replayed; empty: a small sample that comes with Argot. */
    public List<CorpusSource> replay() {
        return values.replay;
    }

    /** Share of the tokens that is replayed. */
    public double replayShare() {
        return values.replayShare;
    }

    /** Texts of the domain that are held out; empty: a share of the corpus. */
    public List<CorpusSource> heldOut() {
        return values.heldOut;
    }

    /** Share of the corpus that is held out, where no texts are named. */
    public double heldOutShare() {
        return values.heldOutShare;
    }

    /** General texts that retention is measured on; empty: a sample that comes with Argot. */
    public List<CorpusSource> generalHeldOut() {
        return values.generalHeldOut;
    }

    /** The most tokens of a held-out text that are measured. */
    public int heldOutTokens() {
        return values.heldOutTokens;
    }

    /** What the model learns; empty: what models of its kind are pre-trained with. */
    public Optional<ObjectiveSettings> objective() {
        return values.objective;
    }

    /** Which weights are trained. */
    public Method method() {
        return values.method;
    }

    /** The update rule. */
    public Optimizer optimizer() {
        return values.optimizer;
    }

    /** The course of the learning rate. */
    public Schedule schedule() {
        return values.schedule;
    }

    /** The highest learning rate: 5e-4 for LoRA, 5e-5 otherwise, unless set. */
    public double learningRate() {
        return values.learningRate.orElse(values.method instanceof Lora ? 5e-4 : 5e-5);
    }

    /** Global norm to which gradients are clipped. */
    public double maxGradientNorm() {
        return values.maxGradientNorm;
    }

    /** How long training goes on. */
    public Budget budget() {
        return values.budget;
    }

    /** Tokens in a row. */
    public int sequenceLength() {
        return values.sequenceLength;
    }

    /** Rows of a micro-batch. */
    public int rows() {
        return values.rows;
    }

    /** Micro-batches whose gradients are added up in a step. */
    public int accumulation() {
        return values.accumulation;
    }

    /** Whether blocks are computed again in the backward pass, for less memory. */
    public boolean recompute() {
        return values.recompute;
    }

    /** Number format the steps are computed in, the weights being float32; empty: float32 on a CPU, bfloat16 on a GPU. */
    public Optional<Precision> computation() {
        return values.computation;
    }

    /** Where all randomness starts. */
    public long seed() {
        return values.seed;
    }

    /** New tokens for terms of the domain. */
    public Optional<VocabularyExtension> vocabulary() {
        return values.vocabulary;
    }

    /** Steps between checkpoints; 0: only where the run is cancelled. */
    public int checkpointEvery() {
        return values.checkpointEvery;
    }

    /** So many of the newest checkpoints are kept, beside the best. */
    public int keepCheckpoints() {
        return values.keepCheckpoints;
    }

    /** Steps between measurements of held-out text; 0: none between the first and the last step. */
    public int evaluateEvery() {
        return values.evaluateEvery;
    }

    /** Measurements in a row without a new best of the domain's held-out text after which the run stops; 0: never. */
    public int patience() {
        return values.patience;
    }

    /** What happens at a loss or gradient that is not finite or too large. */
    public OnAnomaly onAnomaly() {
        return values.onAnomaly;
    }

    /** Gradient norm that counts as too large. */
    public double anomalyAbove() {
        return values.anomalyAbove;
    }

    /** How much may be forgotten. */
    public Optional<RetentionGate> gate() {
        return values.gate;
    }

    /** Items of each of the domain's tasks that are measured before and after; 0: tasks are not measured. */
    public int taskItems() {
        return values.taskItems;
    }

    /** Numbers of exemplars the tasks are measured with. */
    public List<Integer> shots() {
        return values.shots;
    }

    /** Prompts that are completed before and after, for the report. */
    public List<String> prompts() {
        return values.prompts;
    }

    /** Whether a run that was interrupted goes on from its last checkpoint. */
    public boolean resume() {
        return values.resume;
    }

    /** What happens at a loss or gradient that is not finite or too large. */
    public enum OnAnomaly {
        /** The run ends with an error that names the documents of the batch; the last checkpoint stays. */
        STOP,
        /** The step changes nothing, and the run goes on. */
        SKIP
    }

    /** Collects settings. Not thread-safe. */
    public static final class Builder {
        private final String model;
        private final Path out;
        private LoadOptions loading = LoadOptions.DEFAULT;
        private Optional<String> domainName = Optional.empty();
        private Optional<Domain> domain = Optional.empty();
        private List<CorpusSource> corpus = List.of();
        private boolean curate = true;
        private List<PairSource> pairs = List.of();
        private double pairsShare = 0.5;
        private List<CorpusSource> replay = List.of();
        private double replayShare = 0.05;
        private List<CorpusSource> heldOut = List.of();
        private double heldOutShare = 0.05;
        private List<CorpusSource> generalHeldOut = List.of();
        private int heldOutTokens = 8192;
        private Optional<ObjectiveSettings> objective = Optional.empty();
        private Method method = Method.lora(16);
        private Optimizer optimizer = Optimizer.AdamW.defaults();
        private Schedule schedule = Schedule.defaults();
        private OptionalDouble learningRate = OptionalDouble.empty();
        private double maxGradientNorm = 1;
        private Budget budget = new Budget.Epochs(1);
        private int sequenceLength = 512;
        private int rows = 1;
        private int accumulation = 4;
        private boolean recompute;
        private Optional<Precision> computation = Optional.empty();
        private long seed = 42;
        private Optional<VocabularyExtension> vocabulary = Optional.empty();
        private int checkpointEvery = 50;
        private int keepCheckpoints = 2;
        private int evaluateEvery;
        private int patience;
        private OnAnomaly onAnomaly = OnAnomaly.STOP;
        private double anomalyAbove = Double.POSITIVE_INFINITY;
        private Optional<RetentionGate> gate = Optional.empty();
        private int taskItems = 20;
        private List<Integer> shots = List.of(0, 1, 5);
        private List<String> prompts = List.of();
        private boolean resume;

        private Builder(String model, Path out) {
            this.model = model;
            this.out = out;
        }

        private Builder(Builder from) {
            this(from.model, from.out);
            loading = from.loading;
            domainName = from.domainName;
            domain = from.domain;
            corpus = List.copyOf(from.corpus);
            curate = from.curate;
            pairs = List.copyOf(from.pairs);
            pairsShare = from.pairsShare;
            replay = List.copyOf(from.replay);
            replayShare = from.replayShare;
            heldOut = List.copyOf(from.heldOut);
            heldOutShare = from.heldOutShare;
            generalHeldOut = List.copyOf(from.generalHeldOut);
            heldOutTokens = from.heldOutTokens;
            objective = from.objective;
            method = from.method;
            optimizer = from.optimizer;
            schedule = from.schedule;
            learningRate = from.learningRate;
            maxGradientNorm = from.maxGradientNorm;
            budget = from.budget;
            sequenceLength = from.sequenceLength;
            rows = from.rows;
            accumulation = from.accumulation;
            recompute = from.recompute;
            computation = from.computation;
            seed = from.seed;
            vocabulary = from.vocabulary;
            checkpointEvery = from.checkpointEvery;
            keepCheckpoints = from.keepCheckpoints;
            evaluateEvery = from.evaluateEvery;
            patience = from.patience;
            onAnomaly = from.onAnomaly;
            anomalyAbove = from.anomalyAbove;
            gate = from.gate;
            taskItems = from.taskItems;
            shots = List.copyOf(from.shots);
            prompts = List.copyOf(from.prompts);
            resume = from.resume;
        }

        /**
         * Sets how the model is loaded.
         *
         * @param options engine, device, network; training needs {@link dev.argot.api.Precision#FLOAT32}, the default
         */
        public Builder loading(LoadOptions options) {
            loading = options;
            return this;
        }

        /**
         * Names the domain: its vocabulary, curation rules and tasks. Default: none.
         *
         * @param name the name of a domain plug-in, such as {@code "legal"}
         */
        public Builder domain(String name) {
            domainName = Optional.of(name);
            domain = Optional.empty();
            return this;
        }

        /**
         * Gives a domain that the application made.
         *
         * @param made the domain
         */
        public Builder domain(Domain made) {
            domain = Optional.of(made);
            return this;
        }

        /**
         * Adds texts of the domain. Default: the domain's sample corpus.
         *
         * @param paths files and folders, read as {@link CorpusSource#of} says
         */
        public Builder corpus(Path... paths) {
            return corpus(CorpusSource.of(paths));
        }

        /**
         * Adds texts of the domain.
         *
         * @param source where they are read from, and how
         */
        public Builder corpus(CorpusSource source) {
            corpus = with(corpus, source);
            return this;
        }

        /**
         * Sets whether texts are curated by the domain's rules (or the default ones, without a domain).
         *
         * @param wanted default true
         */
        public Builder curate(boolean wanted) {
            curate = wanted;
            return this;
        }

        /**
         * Adds prompts with completions: laid out as the model is used to, and only the completion is scored.
         *
         * @param source where they are read from
         * @param share share of the tokens; above 0 and below 1; default 0.5
         */
        public Builder pairs(PairSource source, double share) {
            pairs = with(pairs, source);
            pairsShare = positive("share of the pairs", share("share of the pairs", share));
            return this;
        }

        /**
         * Adds general texts to replay, against forgetting. Default: a small sample that comes with Argot.
         *
         * @param source where they are read from
         */
        public Builder replay(CorpusSource source) {
            replay = with(replay, source);
            return this;
        }

        /**
         * Sets the share of the tokens that is replayed general text.
         *
         * @param share 0 to below 1; default 0.05
         */
        public Builder replayShare(double share) {
            replayShare = share("replayShare", share);
            return this;
        }

        /**
         * Adds texts of the domain to measure on. Default: a share of the corpus is put aside.
         *
         * @param source where they are read from; not among the corpus
         */
        public Builder heldOut(CorpusSource source) {
            heldOut = with(heldOut, source);
            return this;
        }

        /**
         * Sets the share of the corpus that is held out where no texts are named for it.
         *
         * @param share 0 to below 1; default 0.05
         */
        public Builder heldOutShare(double share) {
            heldOutShare = share("heldOutShare", share);
            return this;
        }

        /**
         * Adds general texts to measure retention on. Default: a sample that comes with Argot.
         *
         * @param source where they are read from
         */
        public Builder generalHeldOut(CorpusSource source) {
            generalHeldOut = with(generalHeldOut, source);
            return this;
        }

        /**
         * Sets how many tokens of each held-out text are measured at most.
         *
         * @param tokens at least 2; default 8192
         */
        public Builder heldOutTokens(int tokens) {
            heldOutTokens = atLeast(2, "heldOutTokens", tokens);
            return this;
        }

        /**
         * Sets what the model learns from the texts.
         *
         * @param chosen default: {@link ObjectiveSettings#CAUSAL} for models that continue texts, {@link ObjectiveSettings#MASKED} for
         *     encoders, {@link ObjectiveSettings#SPAN_CORRUPTION} for encoder-decoders
         */
        public Builder objective(ObjectiveSettings chosen) {
            objective = Optional.of(chosen);
            return this;
        }

        /**
         * Sets which weights are trained.
         *
         * @param chosen default: LoRA of rank 16 on every linear layer but the head
         */
        public Builder method(Method chosen) {
            method = chosen;
            return this;
        }

        /**
         * Sets the update rule.
         *
         * @param chosen default: AdamW as in PyTorch
         */
        public Builder optimizer(Optimizer chosen) {
            optimizer = chosen;
            return this;
        }

        /**
         * Sets the course of the learning rate.
         *
         * @param chosen default {@link Schedule#defaults()}
         */
        public Builder schedule(Schedule chosen) {
            schedule = chosen;
            return this;
        }

        /**
         * Sets the highest learning rate.
         *
         * @param rate above 0; default 5e-4 for LoRA, 5e-5 otherwise
         */
        public Builder learningRate(double rate) {
            learningRate = OptionalDouble.of(positive("learningRate", rate));
            return this;
        }

        /**
         * Sets the global norm to which gradients are clipped.
         *
         * @param norm above 0; infinity: no clipping; default 1
         */
        public Builder maxGradientNorm(double norm) {
            maxGradientNorm = positive("maxGradientNorm", norm);
            return this;
        }

        /**
         * Sets how long training goes on.
         *
         * @param chosen default: one pass through the corpus
         */
        public Builder budget(Budget chosen) {
            budget = chosen;
            return this;
        }

        /**
         * Sets how many tokens are trained on.
         *
         * @param tokens at least 1
         */
        public Builder tokens(long tokens) {
            return budget(new Budget.Tokens(tokens));
        }

        /**
         * Sets the shape of a step: {@code length · rowsAtOnce · microBatches} tokens.
         *
         * @param length tokens in a row; at least 2, at most the model's context; default 512
         * @param rowsAtOnce rows of a micro-batch; at least 1; default 1
         * @param microBatches micro-batches whose gradients are added up in a step; at least 1; default 4
         */
        public Builder batch(int length, int rowsAtOnce, int microBatches) {
            sequenceLength = atLeast(2, "length", length);
            rows = atLeast(1, "rowsAtOnce", rowsAtOnce);
            accumulation = atLeast(1, "microBatches", microBatches);
            return this;
        }

        /**
         * Sets whether blocks are computed again in the backward pass: a third more work for much less memory (Chen et al. 2016).
         *
         * @param wanted default false
         */
        public Builder recompute(boolean wanted) {
            recompute = wanted;
            return this;
        }

        /**
         * Sets the number format the steps are computed in. Weights, gradients' sums and the optimizer's state are float32 in any case.
         *
         * @param precision {@link Precision#FLOAT32} or {@link Precision#BFLOAT16}; default: float32 on a CPU, bfloat16 on a GPU
         */
        public Builder computation(Precision precision) {
            if (precision != Precision.FLOAT32 && precision != Precision.BFLOAT16) {
                throw new IllegalArgumentException("training computes in float32 or bfloat16, not in " + precision);
            }
            computation = Optional.of(precision);
            return this;
        }

        /**
         * Sets where all randomness starts.
         *
         * @param start default 42
         */
        public Builder seed(long start) {
            seed = start;
            return this;
        }

        /**
         * Makes terms of the domain tokens of their own. Default: not done.
         *
         * @param extension how many terms
         */
        public Builder vocabulary(VocabularyExtension extension) {
            vocabulary = Optional.of(extension);
            return this;
        }

        /**
         * Sets how often a checkpoint is written.
         *
         * @param every steps between checkpoints; 0: none but on cancellation; default 50
         * @param keep so many of the newest are kept; at least 1; default 2
         */
        public Builder checkpoints(int every, int keep) {
            checkpointEvery = atLeast(0, "every", every);
            keepCheckpoints = atLeast(1, "keep", keep);
            return this;
        }

        /**
         * Sets how often held-out text is measured, and whether the run stops early.
         *
         * @param steps steps between measurements of held-out text; 0: none in between (default)
         * @param stopAfter measurements without a new best after which the run stops and goes back to the best; 0: never (default)
         */
        public Builder evaluateEvery(int steps, int stopAfter) {
            evaluateEvery = atLeast(0, "steps", steps);
            patience = atLeast(0, "stopAfter", stopAfter);
            return this;
        }

        /**
         * Sets what happens at a loss or gradient that is not finite or too large.
         *
         * @param reaction default {@link OnAnomaly#STOP}
         * @param above gradient norm that counts as too large; default infinity: only what is not finite
         */
        public Builder onAnomaly(OnAnomaly reaction, double above) {
            onAnomaly = reaction;
            anomalyAbove = positive("above", above);
            return this;
        }

        /**
         * Sets how much may be forgotten. Default: it is only reported.
         *
         * @param wanted the gate
         */
        public Builder gate(RetentionGate wanted) {
            gate = Optional.of(wanted);
            return this;
        }

        /**
         * Sets how the domain's tasks are measured before and after.
         *
         * @param items items of each task; 0: tasks are not measured; default 20
         * @param exemplars numbers of exemplars; default 0, 1 and 5
         */
        public Builder tasks(int items, List<Integer> exemplars) {
            taskItems = atLeast(0, "items", items);
            exemplars.forEach(k -> atLeast(0, "number of exemplars", k));
            shots = List.copyOf(exemplars);
            return this;
        }

        /**
         * Sets prompts that are completed before and after, for the report.
         *
         * @param texts untrusted texts, for encoders with a {@code [MASK]} in each; default: some that fit the domain, for models that
         *     continue texts
         */
        public Builder prompts(String... texts) {
            prompts = List.of(texts);
            return this;
        }

        /**
         * Sets whether a run that was interrupted goes on from its last checkpoint. The spec must be the same.
         *
         * @param wanted default false: a folder of an earlier run in the way is an error
         */
        public Builder resume(boolean wanted) {
            resume = wanted;
            return this;
        }

        /** The spec. */
        public AdaptationSpec build() {
            return new AdaptationSpec(this);
        }

        private static int atLeast(int least, String what, int value) {
            if (value < least) {
                throw new IllegalArgumentException(what + " must be at least " + least + ": " + value);
            }
            return value;
        }

        private static double share(String what, double value) {
            if (!(value >= 0 && value < 1)) {
                throw new IllegalArgumentException(what + " must be 0 to below 1: " + value);
            }
            return value;
        }

        private static double positive(String what, double value) {
            if (!(value > 0)) {
                throw new IllegalArgumentException(what + " must be above 0: " + value);
            }
            return value;
        }

        private static <T> List<T> with(List<T> known, T added) {
            var all = new ArrayList<>(known);
            all.add(added);
            return all;
        }
    }
}
