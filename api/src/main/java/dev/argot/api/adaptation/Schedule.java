package dev.argot.api.adaptation;

/**
 * How the learning rate changes from step to step, as a factor of the highest one. Formulas and names are those of Transformers
 * ({@code transformers.optimization}): a warm-up rises from 0 in equal parts, so the first step of a schedule with warm-up changes nothing.
 */
public sealed interface Schedule {
    /** How the factor rises from 0 to 1. */
    Span warmup();

    /**
     * What the learning rate is multiplied with.
     *
     * @param step the step, from 0; may lie beyond the last
     * @param totalSteps steps of the whole run; not looked at by schedules without an end whose spans are in steps
     */
    double factor(long step, long totalSteps);

    /** Warm-up over a hundredth of the run, then half a cosine down to a tenth. */
    static Schedule defaults() {
        return new Cosine(Span.share(0.01), 0.5, 0.1);
    }

    /** A number of steps, or a share of the run. */
    sealed interface Span {
        /**
         * Its length.
         *
         * @param totalSteps steps of the whole run
         */
        long length(long totalSteps);

        /** No step. */
        static Span none() {
            return new Steps(0);
        }

        /**
         * A number of steps.
         *
         * @param count 0 or more
         */
        static Span steps(long count) {
            return new Steps(count);
        }

        /**
         * A share of the run.
         *
         * @param share 0 to 1
         */
        static Span share(double share) {
            return new Share(share);
        }

        /**
         * A number of steps.
         *
         * @param count 0 or more
         */
        record Steps(long count) implements Span {
            /** Checks the number. */
            public Steps {
                if (count < 0) {
                    throw new IllegalArgumentException("steps must be 0 or more: " + count);
                }
            }

            @Override
            public long length(long totalSteps) {
                return count;
            }
        }

        /**
         * A share of the run, rounded up to whole steps.
         *
         * @param share 0 to 1
         */
        record Share(double share) implements Span {
            /** Checks the number. */
            public Share {
                if (!(share >= 0 && share <= 1)) {
                    throw new IllegalArgumentException("a share must be 0 to 1: " + share);
                }
            }

            @Override
            public long length(long totalSteps) {
                return (long) Math.ceil(share * totalSteps);
            }
        }
    }

    /**
     * The same learning rate throughout.
     *
     * @param warmup how the factor rises from 0 to 1
     */
    record Constant(Span warmup) implements Schedule {
        @Override
        public double factor(long step, long totalSteps) {
            long rising = warmup.length(totalSteps);
            return step < rising ? share(step, rising) : 1;
        }
    }

    /**
     * Down to 0 in equal parts.
     *
     * @param warmup how the factor rises from 0 to 1
     */
    record Linear(Span warmup) implements Schedule {
        @Override
        public double factor(long step, long totalSteps) {
            long rising = warmup.length(totalSteps);
            return step < rising ? share(step, rising) : Math.max(0, share(totalSteps - step, totalSteps - rising));
        }
    }

    /**
     * Down by a cosine (Loshchilov and Hutter 2017). Beyond the last step the wave goes on.
     *
     * @param warmup how the factor rises from 0 to 1
     * @param cycles waves; 0.5: once down
     * @param minimum the factor at the wave's lowest point, 0 to 1
     */
    record Cosine(Span warmup, double cycles, double minimum) implements Schedule {
        /** Checks the numbers. */
        public Cosine {
            if (!(cycles > 0 && cycles < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("cycles must be above 0: " + cycles);
            }
            checkMinimum(minimum);
        }

        /**
         * Half a wave down to 0.
         *
         * @param warmup how the factor rises from 0 to 1
         */
        public Cosine(Span warmup) {
            this(warmup, 0.5, 0);
        }

        @Override
        public double factor(long step, long totalSteps) {
            long rising = warmup.length(totalSteps);
            if (step < rising) {
                return share(step, rising);
            }
            double progress = share(step - rising, totalSteps - rising);
            double wave = 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress));
            return Math.max(0, above(minimum, wave));
        }
    }

    /**
     * Down to 0 by a cosine, again and again from the top (warm restarts, Loshchilov and Hutter 2017).
     *
     * @param warmup how the factor rises from 0 to 1
     * @param cycles how often; at least 1
     */
    record CosineWithRestarts(Span warmup, int cycles) implements Schedule {
        /** Checks the number. */
        public CosineWithRestarts {
            if (cycles < 1) {
                throw new IllegalArgumentException("cycles must be at least 1: " + cycles);
            }
        }

        @Override
        public double factor(long step, long totalSteps) {
            long rising = warmup.length(totalSteps);
            if (step < rising) {
                return share(step, rising);
            }
            double progress = share(step - rising, totalSteps - rising);
            return progress >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * (cycles * progress % 1))));
        }
    }

    /**
     * Down by a power of the share that is left.
     *
     * @param warmup how the factor rises from 0 to 1
     * @param power 1: in equal parts
     * @param minimum the factor from the last step on, 0 to 1
     */
    record Polynomial(Span warmup, double power, double minimum) implements Schedule {
        /** Checks the numbers. */
        public Polynomial {
            if (!(power > 0 && power < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("power must be above 0: " + power);
            }
            checkMinimum(minimum);
        }

        @Override
        public double factor(long step, long totalSteps) {
            long rising = warmup.length(totalSteps);
            if (step < rising) {
                return share(step, rising);
            }
            double left = Math.max(0, 1 - share(step - rising, totalSteps - rising));
            return above(minimum, Math.pow(left, power));
        }
    }

    /**
     * {@code 1/√} of the step (Zhai et al. 2022): for runs whose end is not known.
     *
     * @param warmup how the factor rises from 0 to 1
     * @param timescale steps after which the factor is {@code 1/√2}, counted from the end of the warm-up; 0: as many as the warm-up has, or
     *     10,000 where there is none
     */
    record InverseSqrt(Span warmup, long timescale) implements Schedule {
        /** Checks the number. */
        public InverseSqrt {
            if (timescale < 0) {
                throw new IllegalArgumentException("timescale must be 0 or more: " + timescale);
            }
        }

        @Override
        public double factor(long step, long totalSteps) {
            long rising = warmup.length(totalSteps);
            if (step < rising) {
                return share(step, rising);
            }
            long scale = timescale > 0 ? timescale : rising > 0 ? rising : 10_000;
            return 1 / Math.sqrt((double) (step - rising + scale) / scale);
        }
    }

    /**
     * Up, level, and down over the last steps (Hu et al. 2024).
     *
     * @param warmup how the factor rises from the minimum to 1
     * @param decay how it falls back to the minimum, up to the last step
     * @param warmupShape the way up
     * @param decayShape the way down
     * @param minimum the factor before the way up and after the way down, 0 to 1
     */
    record WarmupStableDecay(Span warmup, Span decay, Shape warmupShape, Shape decayShape, double minimum)
            implements Schedule {
        /** Checks the number. */
        public WarmupStableDecay {
            checkMinimum(minimum);
        }

        /**
         * Up in equal parts, down by a cosine to 0: what Transformers does by default.
         *
         * @param warmup how the factor rises from 0 to 1
         * @param decay how it falls back to 0, up to the last step
         */
        public WarmupStableDecay(Span warmup, Span decay) {
            this(warmup, decay, Shape.LINEAR, Shape.COSINE, 0);
        }

        /** The way between the minimum and 1. */
        public enum Shape {
            /** In equal parts. */
            LINEAR,
            /** By half a cosine. */
            COSINE,
            /** By 1 less the square root of the share. */
            ONE_MINUS_SQRT
        }

        @Override
        public double factor(long step, long totalSteps) {
            long rising = warmup.length(totalSteps);
            long falling = decay.length(totalSteps);
            if (step < rising) {
                double p = share(step, rising);
                return above(
                        minimum,
                        switch (warmupShape) {
                            case LINEAR -> p;
                            case COSINE -> 0.5 * (1 - Math.cos(Math.PI * p));
                            case ONE_MINUS_SQRT -> 1 - Math.sqrt(1 - p);
                        });
            }
            if (step < totalSteps - falling) {
                return 1;
            }
            if (step < totalSteps) {
                double p = share(step - (totalSteps - falling), falling);
                return above(
                        minimum,
                        switch (decayShape) {
                            case LINEAR -> 1 - p;
                            case COSINE -> 0.5 * (1 + Math.cos(Math.PI * p));
                            case ONE_MINUS_SQRT -> 1 - Math.sqrt(p);
                        });
            }
            return minimum;
        }
    }

    private static double share(long part, long whole) {
        return (double) part / Math.max(1, whole);
    }

    private static double above(double minimum, double factor) {
        return factor * (1 - minimum) + minimum;
    }

    private static void checkMinimum(double minimum) {
        if (!(minimum >= 0 && minimum <= 1)) {
            throw new IllegalArgumentException("minimum must be 0 to 1: " + minimum);
        }
    }
}
