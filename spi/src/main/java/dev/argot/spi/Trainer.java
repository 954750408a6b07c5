package dev.argot.spi;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Changes the weights of a compiled model, step by step. Not thread-safe. Who opens it closes it.
 *
 * <p>A step accumulates the gradients of the loss summed over the tokens of all its micro-batches, divides by the number of tokens scored,
 * clips the global norm, and updates: many micro-batches give the same weights as one large batch, up to rounding.
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

    /** Frees gradients and optimizer state; the weights stay as they are. Idempotent. */
    @Override
    void close();

    /**
     * What is trained, and how.
     *
     * @param parameters names of the parameters that change; the others are frozen
     * @param optimizer the update rule
     */
    record Request(Set<String> parameters, Optimizer optimizer) {
        /** Copies the set. */
        public Request {
            parameters = Set.copyOf(parameters);
        }
    }

    /** An update rule. */
    sealed interface Optimizer {
        /**
         * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as {@code torch.optim.AdamW}.
         *
         * @param beta1 decay of the first moment; default 0.9
         * @param beta2 decay of the second moment; default 0.999
         * @param epsilon added to the denominator; default 1e-8
         * @param weightDecay multiplied with the learning rate and the weight at each step; default 0.01
         * @param withoutDecay names of parameters that do not decay, such as biases and norms
         */
        record AdamW(double beta1, double beta2, double epsilon, double weightDecay, Set<String> withoutDecay)
                implements Optimizer {
            /** Copies the set. */
            public AdamW {
                withoutDecay = Set.copyOf(withoutDecay);
            }

            /** The defaults of PyTorch, with decay on every parameter. */
            public static AdamW defaults() {
                return new AdamW(0.9, 0.999, 1e-8, 0.01, Set.of());
            }
        }
    }

    /**
     * One step's input.
     *
     * @param microBatches inputs as for {@link CompiledModel#run}, with {@code labels}; at least one
     * @param learningRate the learning rate of this step
     * @param maxGradientNorm gradients are scaled by {@code min(1, max / (norm + 1e-6))}; infinity: no clipping
     */
    record StepRequest(List<Map<String, Tensor>> microBatches, double learningRate, double maxGradientNorm) {
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
     */
    record Result(double loss, long tokens, double gradientNorm) {}
}
