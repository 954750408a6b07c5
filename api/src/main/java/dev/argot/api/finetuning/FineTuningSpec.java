package dev.argot.api.finetuning;

import dev.argot.api.LoadOptions;
import dev.argot.api.Precision;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.api.adaptation.Schedule;
import dev.argot.api.evaluation.Metric;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What a fine-tuning shall do: put a head on an encoder, or go on with the one it has, and train it on labelled data. The head is trained
 * whole whatever the method; new weights are drawn from a normal distribution of the configuration's {@code initializer_range}, biases are
 * zero.
 *
 * <p>The same spec, machine and number of threads give the same weights. Immutable and thread-safe.
 */
public final class FineTuningSpec {
    private final Builder values;

    private FineTuningSpec(Builder builder) {
        this.values = new Builder(builder);
    }

    /**
     * Begins a spec.
     *
     * @param model the model's name, as for {@link dev.argot.api.Argot#load}: an encoder with any head or none
     * @param task what is learned, with the data
     * @param out the folder the model is written to; must not exist or be empty
     */
    public static Builder builder(String model, FineTuningTask task, Path out) {
        return new Builder(model, task, out);
    }

    /** This spec as a builder, to change something. */
    public Builder toBuilder() {
        return new Builder(values);
    }

    /** The model it begins with. */
    public String model() {
        return values.model;
    }

    /** What is learned, with the data. */
    public FineTuningTask task() {
        return values.task;
    }

    /** Where the model goes. */
    public Path out() {
        return values.out;
    }

    /** Engine, device, network. */
    public LoadOptions loading() {
        return values.loading;
    }

    /** Which weights are trained beside the head. */
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

    /** Passes through the training items. */
    public int epochs() {
        return values.epochs;
    }

    /** The most tokens of a row, special tokens included. */
    public int maxLength() {
        return values.maxLength;
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

    /** What the best epoch is chosen by, where there are validation items. */
    public Metric selectBy() {
        return values.selectBy.orElse(values.task.metrics().getFirst());
    }

    /** Collects settings. Not thread-safe. */
    public static final class Builder {
        private final String model;
        private final FineTuningTask task;
        private final Path out;
        private LoadOptions loading = LoadOptions.DEFAULT;
        private Method method = Method.full();
        private Optimizer optimizer = Optimizer.AdamW.defaults();
        private Schedule schedule = new Schedule.Linear(Schedule.Span.share(0.1));
        private OptionalDouble learningRate = OptionalDouble.empty();
        private double maxGradientNorm = 1;
        private int epochs = 3;
        private int maxLength = 128;
        private int rows = 16;
        private int accumulation = 1;
        private boolean recompute;
        private Optional<Precision> computation = Optional.empty();
        private long seed = 42;
        private Optional<Metric> selectBy = Optional.empty();

        private Builder(String model, FineTuningTask task, Path out) {
            this.model = model;
            this.task = task;
            this.out = out;
        }

        private Builder(Builder from) {
            this(from.model, from.task, from.out);
            loading = from.loading;
            method = from.method;
            optimizer = from.optimizer;
            schedule = from.schedule;
            learningRate = from.learningRate;
            maxGradientNorm = from.maxGradientNorm;
            epochs = from.epochs;
            maxLength = from.maxLength;
            rows = from.rows;
            accumulation = from.accumulation;
            recompute = from.recompute;
            computation = from.computation;
            seed = from.seed;
            selectBy = from.selectBy;
        }

        /**
         * Sets how the model is loaded.
         *
         * @param options engine, device, network; training needs {@link Precision#FLOAT32}, the default
         */
        public Builder loading(LoadOptions options) {
            loading = options;
            return this;
        }

        /**
         * Sets which weights are trained beside the head.
         *
         * @param chosen default: all
         */
        public Builder method(Method chosen) {
            method = chosen;
            return this;
        }

        /**
         * Sets the update rule.
         *
         * @param rule default: AdamW as PyTorch has it
         */
        public Builder optimizer(Optimizer rule) {
            optimizer = rule;
            return this;
        }

        /**
         * Sets the course of the learning rate.
         *
         * @param course default: up over a tenth of the steps, then down to 0, in straight lines
         */
        public Builder schedule(Schedule course) {
            schedule = course;
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
            if (!(norm > 0)) {
                throw new IllegalArgumentException("maxGradientNorm must be above 0: " + norm);
            }
            maxGradientNorm = norm;
            return this;
        }

        /**
         * Sets how often the training items are gone through.
         *
         * @param count at least 1; default 3
         */
        public Builder epochs(int count) {
            epochs = atLeast("epochs", count, 1);
            return this;
        }

        /**
         * Sets the most tokens of a row. Texts to classify are cut at their end; words and passages beyond it are read in further rows.
         *
         * @param tokens at least 8, special tokens included; default 128
         */
        public Builder maxLength(int tokens) {
            maxLength = atLeast("maxLength", tokens, 8);
            return this;
        }

        /**
         * Sets the size of a step.
         *
         * @param count rows of a micro-batch; at least 1; default 16. Rows of similar length are put together and padded to the longest
         * @param microBatches micro-batches in a step; at least 1; default 1
         */
        public Builder batch(int count, int microBatches) {
            rows = atLeast("rows", count, 1);
            accumulation = atLeast("accumulation", microBatches, 1);
            return this;
        }

        /**
         * Sets whether blocks are computed again in the backward pass: less memory for a third more work.
         *
         * @param wanted default false
         */
        public Builder recompute(boolean wanted) {
            recompute = wanted;
            return this;
        }

        /**
         * Sets the number format the steps are computed in.
         *
         * @param format float32 or bfloat16; default: float32 on a CPU, bfloat16 on a GPU
         */
        public Builder computation(Precision format) {
            computation = Optional.of(format);
            return this;
        }

        /**
         * Sets where all randomness starts: new weights, order of items, dropout.
         *
         * @param start default 42
         */
        public Builder seed(long start) {
            seed = start;
            return this;
        }

        /**
         * Sets what the best epoch is chosen by.
         *
         * @param metric one of the task's {@link FineTuningTask#metrics()}; default: the first of them
         */
        public Builder selectBy(Metric metric) {
            if (!task.metrics().contains(metric)) {
                throw new IllegalArgumentException("selectBy: expected one of " + task.metrics() + ", found " + metric);
            }
            selectBy = Optional.of(metric);
            return this;
        }

        /** The spec. */
        public FineTuningSpec build() {
            return new FineTuningSpec(this);
        }

        private static double positive(String name, double value) {
            if (!(value > 0 && Double.isFinite(value))) {
                throw new IllegalArgumentException(name + " must be above 0: " + value);
            }
            return value;
        }

        private static int atLeast(String name, int value, int least) {
            if (value < least) {
                throw new IllegalArgumentException(name + " must be at least " + least + ": " + value);
            }
            return value;
        }
    }
}
