package dev.argot.api.adaptation;

/**
 * The rule by which gradients change weights. Names and defaults are those of PyTorch ({@code torch.optim}) and, for
 * {@link Adafactor}, of Transformers; the learning rate comes from the {@link Schedule}, step by step.
 *
 * <p>Weight decay pulls weights towards zero. Where {@link #decaysVectors()} is false, parameters with one dimension, which are the biases
 * and the gains of norms, do not decay.
 */
public sealed interface Optimizer {
    /** Strength of the weight decay; 0 for none. */
    double weightDecay();

    /** Whether biases and gains of norms decay too. */
    boolean decaysVectors();

    /**
     * The same rule with another weight decay.
     *
     * @param weightDecay 0 for none
     * @param decaysVectors whether biases and gains of norms decay too
     */
    Optimizer withWeightDecay(double weightDecay, boolean decaysVectors);

    /**
     * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as {@code torch.optim.AdamW}. Keeps two numbers a weight, three with
     * AMSGrad.
     *
     * @param beta1 decay of the mean of gradients, 0 to below 1; default 0.9
     * @param beta2 decay of the mean of their squares, 0 to below 1; default 0.999
     * @param epsilon added to the denominator; default 1e-8
     * @param weightDecay share of a weight lost at each step, multiplied with the learning rate; default 0.01
     * @param decaysVectors whether biases and gains of norms decay too; default true
     * @param amsgrad whether the largest mean of squares so far is divided by (Reddi et al. 2018); default false
     */
    record AdamW(double beta1, double beta2, double epsilon, double weightDecay, boolean decaysVectors, boolean amsgrad)
            implements Optimizer {
        /** Checks the numbers. */
        public AdamW {
            share("beta1", beta1);
            share("beta2", beta2);
            notNegative("epsilon", epsilon);
            notNegative("weightDecay", weightDecay);
        }

        /** The defaults of PyTorch. */
        public static AdamW defaults() {
            return new AdamW(0.9, 0.999, 1e-8, 0.01, true, false);
        }

        @Override
        public AdamW withWeightDecay(double weightDecay, boolean decaysVectors) {
            return new AdamW(beta1, beta2, epsilon, weightDecay, decaysVectors, amsgrad);
        }
    }

    /**
     * Adam (Kingma and Ba 2015), as {@code torch.optim.Adam}: weight decay is a part of the gradient (L2). Keeps two numbers a weight.
     *
     * @param beta1 decay of the mean of gradients, 0 to below 1; default 0.9
     * @param beta2 decay of the mean of their squares, 0 to below 1; default 0.999
     * @param epsilon added to the denominator; default 1e-8
     * @param weightDecay multiplied with the weight and added to its gradient; default 0
     * @param decaysVectors whether biases and gains of norms decay too; default true
     */
    record Adam(double beta1, double beta2, double epsilon, double weightDecay, boolean decaysVectors)
            implements Optimizer {
        /** Checks the numbers. */
        public Adam {
            share("beta1", beta1);
            share("beta2", beta2);
            notNegative("epsilon", epsilon);
            notNegative("weightDecay", weightDecay);
        }

        /** The defaults of PyTorch. */
        public static Adam defaults() {
            return new Adam(0.9, 0.999, 1e-8, 0, true);
        }

        @Override
        public Adam withWeightDecay(double weightDecay, boolean decaysVectors) {
            return new Adam(beta1, beta2, epsilon, weightDecay, decaysVectors);
        }
    }

    /**
     * Stochastic gradient descent, as {@code torch.optim.SGD}. Keeps nothing, with momentum one number a weight.
     *
     * @param momentum decay of the velocity (Sutskever et al. 2013), 0 to below 1; default 0
     * @param dampening share of the gradient kept out of the velocity, from the second step on; default 0
     * @param nesterov whether the gradient is taken ahead of the velocity (Nesterov); needs momentum and no dampening; default false
     * @param weightDecay multiplied with the weight and added to its gradient; default 0
     * @param decaysVectors whether biases and gains of norms decay too; default true
     */
    record Sgd(double momentum, double dampening, boolean nesterov, double weightDecay, boolean decaysVectors)
            implements Optimizer {
        /** Checks the numbers. */
        public Sgd {
            share("momentum", momentum);
            notNegative("weightDecay", weightDecay);
            if (!(dampening >= 0 && dampening <= 1)) {
                throw new IllegalArgumentException("dampening must be 0 to 1: " + dampening);
            }
            if (nesterov && (momentum == 0 || dampening != 0)) {
                throw new IllegalArgumentException("nesterov needs momentum above 0 and dampening 0: momentum "
                        + momentum + ", dampening " + dampening);
            }
        }

        /** The defaults of PyTorch: plain descent. */
        public static Sgd defaults() {
            return new Sgd(0, 0, false, 0, true);
        }

        @Override
        public Sgd withWeightDecay(double weightDecay, boolean decaysVectors) {
            return new Sgd(momentum, dampening, nesterov, weightDecay, decaysVectors);
        }
    }

    /**
     * RMSprop (Hinton 2012), as {@code torch.optim.RMSprop} without momentum and not centred. Keeps one number a weight.
     *
     * @param alpha decay of the mean of squared gradients, 0 to below 1; default 0.99
     * @param epsilon added to the denominator; default 1e-8
     * @param weightDecay multiplied with the weight and added to its gradient; default 0
     * @param decaysVectors whether biases and gains of norms decay too; default true
     */
    record RmsProp(double alpha, double epsilon, double weightDecay, boolean decaysVectors) implements Optimizer {
        /** Checks the numbers. */
        public RmsProp {
            share("alpha", alpha);
            notNegative("epsilon", epsilon);
            notNegative("weightDecay", weightDecay);
        }

        /** The defaults of PyTorch. */
        public static RmsProp defaults() {
            return new RmsProp(0.99, 1e-8, 0, true);
        }

        @Override
        public RmsProp withWeightDecay(double weightDecay, boolean decaysVectors) {
            return new RmsProp(alpha, epsilon, weightDecay, decaysVectors);
        }
    }

    /**
     * Adafactor (Shazeer and Stern 2018), as Transformers has it: of the squared gradients of a matrix only the means of its rows and of its
     * columns are kept, so that the state of a model takes next to no memory.
     *
     * @param gradientEpsilon added to squared gradients; default 1e-30
     * @param parameterEpsilon least root mean square of a parameter when it scales the learning rate; default 1e-3
     * @param clipThreshold largest root mean square of a parameter's update before the learning rate; default 1
     * @param decayRate exponent of the decay of the mean of squares, {@code 1 - t^decayRate} at step t from 1; below 0; default -0.8
     * @param beta1 decay of a mean of updates, 0 to below 1; 0 for none, which saves its memory; default 0
     * @param weightDecay share of a weight lost at each step, multiplied with the learning rate; default 0
     * @param decaysVectors whether biases and gains of norms decay too; default true
     * @param scaleParameter whether a parameter's learning rate is multiplied with its root mean square; default true
     * @param relativeStep whether the learning rate is {@code min(0.01, 1/√t)} and the schedule's is not used; default true
     * @param warmupInit with a relative step, whether it begins with {@code 1e-6 · t} in place of 0.01; default false
     */
    record Adafactor(
            double gradientEpsilon,
            double parameterEpsilon,
            double clipThreshold,
            double decayRate,
            double beta1,
            double weightDecay,
            boolean decaysVectors,
            boolean scaleParameter,
            boolean relativeStep,
            boolean warmupInit)
            implements Optimizer {
        /** Checks the numbers. */
        public Adafactor {
            share("beta1", beta1);
            notNegative("gradientEpsilon", gradientEpsilon);
            notNegative("parameterEpsilon", parameterEpsilon);
            notNegative("weightDecay", weightDecay);
            if (!(clipThreshold > 0)) {
                throw new IllegalArgumentException("clipThreshold must be above 0: " + clipThreshold);
            }
            if (!(decayRate < 0)) {
                throw new IllegalArgumentException("decayRate must be below 0: " + decayRate);
            }
            if (warmupInit && !relativeStep) {
                throw new IllegalArgumentException("warmupInit needs relativeStep");
            }
        }

        /** The defaults of Transformers: the learning rate is Adafactor's own. */
        public static Adafactor defaults() {
            return new Adafactor(1e-30, 1e-3, 1, -0.8, 0, 0, true, true, true, false);
        }

        /** With the learning rate of the schedule, as it is: neither relative nor scaled by parameters. */
        public static Adafactor withLearningRate() {
            return new Adafactor(1e-30, 1e-3, 1, -0.8, 0, 0, true, false, false, false);
        }

        @Override
        public Adafactor withWeightDecay(double weightDecay, boolean decaysVectors) {
            return new Adafactor(
                    gradientEpsilon,
                    parameterEpsilon,
                    clipThreshold,
                    decayRate,
                    beta1,
                    weightDecay,
                    decaysVectors,
                    scaleParameter,
                    relativeStep,
                    warmupInit);
        }
    }

    private static void share(String name, double value) {
        if (!(value >= 0 && value < 1)) {
            throw new IllegalArgumentException(name + " must be 0 to below 1: " + value);
        }
    }

    private static void notNegative(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be 0 or more: " + value);
        }
    }
}
