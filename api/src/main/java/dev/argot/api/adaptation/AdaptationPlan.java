package dev.argot.api.adaptation;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What an adaptation will take, worked out before it begins.
 *
 * @param parameters weights of the model
 * @param trainable weights that are trained
 * @param memory bytes, by what holds them
 * @param machineBytes physical memory of this machine; 0 where unknown
 * @param corpusTokens tokens of the domain's corpus after curation
 * @param steps steps
 * @param tokensPerStep tokens in a step
 * @param flops floating-point operations: 6·N·D for full training (Kaplan et al. 2020), N the weights, D the tokens; 4·N·D where the
 *     weights are frozen and only their inputs' gradients are needed
 * @param time estimated time of the steps, from a short calibration; empty where none was made
 * @param advice what to change, when it does not fit; empty: it fits
 */
public record AdaptationPlan(
        long parameters,
        long trainable,
        Memory memory,
        long machineBytes,
        long corpusTokens,
        long steps,
        long tokensPerStep,
        double flops,
        Optional<Duration> time,
        List<String> advice) {
    /** Copies the list. */
    public AdaptationPlan {
        advice = List.copyOf(advice);
    }

    /** Tokens trained on, repeats included. */
    public long tokens() {
        return steps * tokensPerStep;
    }

    /** Passes through the corpus; 0 where its size is unknown. */
    public double epochs() {
        return corpusTokens == 0 ? 0 : (double) tokens() / corpusTokens;
    }

    /** Tokens that training from scratch would take at 20 a parameter (Hoffmann et al. 2022). */
    public long chinchillaTokens() {
        return 20 * parameters;
    }

    /** Petaflop/s-days: {@link #flops} / (10¹⁵ · 86,400). */
    public double petaflopDays() {
        return flops / (1e15 * 86_400);
    }

    /** Whether it fits into this machine's memory. */
    public boolean fits() {
        return machineBytes == 0 || memory.total() <= machineBytes;
    }

    /**
     * Bytes, by what holds them.
     *
     * @param weights the weights
     * @param gradients a gradient for each trained weight
     * @param optimizer the optimizer's state
     * @param activations what the backward pass needs of the forward pass, at its peak
     * @param runtime the JVM, the engine and their buffers
     */
    public record Memory(long weights, long gradients, long optimizer, long activations, long runtime) {
        /** The sum. */
        public long total() {
            return weights + gradients + optimizer + activations + runtime;
        }

        /**
         * What the rule of thumb says: 24 bytes a weight for full training with Adam.
         *
         * @param parameters weights
         */
        public static long ruleOfThumb(long parameters) {
            return 24 * parameters;
        }
    }
}
