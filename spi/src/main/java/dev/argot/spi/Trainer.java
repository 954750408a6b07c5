package dev.argot.spi;

import dev.argot.api.Precision;
import dev.argot.api.adaptation.Optimizer;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Changes the weights of a compiled model, step by step. Not thread-safe. Who opens it closes it.
 *
 * <p>A step accumulates the gradients of the loss summed over the tokens of all its micro-batches, divides by the number of tokens scored,
 * clips the global norm, and updates: many micro-batches give the same weights as one large batch, up to rounding.
 *
 * <p>A step that fails or is skipped changes nothing: neither a weight nor the optimizer's state.
 */
public interface Trainer extends AutoCloseable {
    /**
     * One step.
     *
     * @param request batches and learning rate
     * @throws IllegalArgumentException if an input is missing or no token is scored
     */
    Result step(StepRequest request);

    /**
     * The mean loss over the tokens scored and its gradients, without changing a weight.
     *
     * @param inputs as for {@link CompiledModel#run}, with {@code labels}
     * @return gradients by parameter name, and the scalar {@code "loss"}
     */
    Map<String, Tensor> gradients(Map<String, Tensor> inputs);

    /**
     * Updates the weights by gradients that were computed elsewhere, such as the mean of several machines'.
     *
     * @param gradients a gradient for every trained parameter, by its name and in its shape; other entries (the loss) are not looked at
     * @param update how far to go
     * @return gradient norm, and whether the update was made
     * @throws IllegalArgumentException if a gradient is missing or of the wrong shape
     */
    Applied apply(Map<String, Tensor> gradients, Update update);

    /**
     * Everything that later steps depend on: {@code "parameter.NAME"} for each trained parameter, {@code "optimizer.KIND.NAME"} for what the
     * optimizer keeps of it, with the kinds of PyTorch ({@code exp_avg}, {@code exp_avg_sq}, …), and the scalar {@code "optimizer.step"},
     * the number of updates made. A trainer that was given this state continues as this one would, to the bit, on the same machine.
     *
     * @return views of float32, row-major; valid until the next step or until the trainer or its model is closed
     */
    Map<String, StoredTensor> state();

    /**
     * Takes over a state.
     *
     * @param state what {@link #state()} gave for the same parameters and optimizer
     * @throws IllegalArgumentException if a tensor is missing, unknown or of another shape; nothing is changed then
     */
    void restore(Map<String, StoredTensor> state);

    /** Frees gradients and optimizer state; the weights stay as they are. Idempotent. */
    @Override
    void close();

    /**
     * What is trained, and how.
     *
     * @param parameters names of the parameters that change; the others are frozen and take no memory for gradients
     * @param optimizer the update rule
     * @param recompute whether each block keeps only what it takes, and is computed a second time for its gradient: less memory, about a
     *     third more work, the same gradients (gradient checkpointing, Chen et al. 2016)
     * @param compute in what forward and backward are computed, float32 or bfloat16; weights, gradients once added up, and the optimizer's
     *     state stay float32 (mixed precision, Micikevicius et al. 2018)
     * @param firstRows for a parameter of which only the last rows (of its first dimension) are trained, the first of them; the rows
     *     before it stay as they are to the bit. Its gradient counts, and everything a trainer gives or takes for it ({@link #gradients},
     *     {@link #apply}, {@link #state}) has a shape, as if it had those rows alone. Empty: all parameters are trained whole
     */
    record Request(
            Set<String> parameters,
            Optimizer optimizer,
            boolean recompute,
            Precision compute,
            Map<String, Long> firstRows) {
        /**
         * Copies the collections.
         *
         * @throws IllegalArgumentException if the precision is another one, or a first row is negative or of a parameter that is not
         *     trained
         */
        public Request {
            parameters = Set.copyOf(parameters);
            firstRows = Map.copyOf(firstRows);
            for (Map.Entry<String, Long> entry : firstRows.entrySet()) {
                if (!parameters.contains(entry.getKey()) || entry.getValue() < 0) {
                    throw new IllegalArgumentException(
                            "first rows must be 0 or more, and of parameters that are trained: " + entry);
                }
            }
            if (compute != Precision.FLOAT32 && compute != Precision.BFLOAT16) {
                throw new IllegalArgumentException("training computes in float32 or bfloat16, not " + compute);
            }
        }

        /**
         * Whole parameters.
         *
         * @param parameters names of the parameters that change
         * @param optimizer the update rule
         * @param recompute whether blocks are computed a second time
         * @param compute in what forward and backward are computed
         */
        public Request(Set<String> parameters, Optimizer optimizer, boolean recompute, Precision compute) {
            this(parameters, optimizer, recompute, compute, Map.of());
        }

        /**
         * Whole parameters, without recomputation, in float32.
         *
         * @param parameters names of the parameters that change
         * @param optimizer the update rule
         */
        public Request(Set<String> parameters, Optimizer optimizer) {
            this(parameters, optimizer, false, Precision.FLOAT32);
        }
    }

    /**
     * How far an update goes, and when it is not made. Gradients that are not finite are never applied.
     *
     * @param learningRate the learning rate of this step; 0 or more
     * @param maxGradientNorm gradients are scaled by {@code min(1, max / (norm + 1e-6))}; above 0, infinity: no clipping
     * @param skipAbove gradients with a larger global norm (before clipping) are not applied; infinity: whatever is finite is
     */
    record Update(double learningRate, double maxGradientNorm, double skipAbove) {
        /** Checks the numbers. */
        public Update {
            if (!(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("the learning rate must be 0 or more: " + learningRate);
            }
            if (!(maxGradientNorm > 0)) {
                throw new IllegalArgumentException("the largest gradient norm must be above 0: " + maxGradientNorm);
            }
            if (!(skipAbove > 0)) {
                throw new IllegalArgumentException(
                        "the gradient norm from which steps are skipped must be above 0: " + skipAbove);
            }
        }

        /**
         * Skips nothing that is finite.
         *
         * @param learningRate the learning rate of this step
         * @param maxGradientNorm gradients are scaled down to this global norm; infinity: no clipping
         */
        public Update(double learningRate, double maxGradientNorm) {
            this(learningRate, maxGradientNorm, Double.POSITIVE_INFINITY);
        }
    }

    /**
     * One step's input.
     *
     * @param microBatches inputs as for {@link CompiledModel#run}, with {@code labels}; at least one
     * @param update how far the step goes
     */
    record StepRequest(List<Map<String, Tensor>> microBatches, Update update) {
        /** Copies the list. */
        public StepRequest {
            microBatches = List.copyOf(microBatches);
            if (microBatches.isEmpty()) {
                throw new IllegalArgumentException("a step needs at least one micro-batch");
            }
        }
    }

    /**
     * One step's outcome.
     *
     * @param loss mean cross entropy in nats over the tokens scored, before the update
     * @param tokens tokens scored
     * @param gradientNorm global L2 norm of the gradients before clipping
     * @param applied whether the weights were updated; false if the loss or the norm is not finite or the norm too large
     */
    record Result(double loss, long tokens, double gradientNorm, boolean applied) {}

    /**
     * Outcome of {@link Trainer#apply}.
     *
     * @param gradientNorm global L2 norm of the gradients before clipping
     * @param applied whether the weights were updated; false if the norm is not finite or too large
     */
    record Applied(double gradientNorm, boolean applied) {}
}
