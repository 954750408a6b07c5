package dev.argot.api.adaptation;

import java.time.Duration;

/** How long training goes on. */
public sealed interface Budget {
    /**
     * Until this many tokens were trained on, repeats included; rounded up to whole steps.
     *
     * @param tokens tokens; at least 1
     */
    record Tokens(long tokens) implements Budget {
        /** Checks the number. */
        public Tokens {
            requirePositive("tokens", tokens);
        }
    }

    /**
     * This many steps.
     *
     * @param steps steps; at least 1
     */
    record Steps(long steps) implements Budget {
        /** Checks the number. */
        public Steps {
            requirePositive("steps", steps);
        }
    }

    /**
     * As many steps as fit into a time. Since that depends on the machine, the number of steps is settled from the time the first steps
     * take, and kept in the checkpoints from then on.
     *
     * @param duration time for training steps; above zero
     */
    record Time(Duration duration) implements Budget {
        /** Checks the duration. */
        public Time {
            requirePositive("milliseconds", duration.toMillis());
        }
    }

    /**
     * Passes through the domain's corpus.
     *
     * @param epochs passes; above 0
     */
    record Epochs(double epochs) implements Budget {
        /** Checks the number. */
        public Epochs {
            if (!(epochs > 0 && Double.isFinite(epochs))) {
                throw new IllegalArgumentException("a budget needs more than 0 epochs: " + epochs);
            }
        }
    }

    private static void requirePositive(String what, long number) {
        if (number < 1) {
            throw new IllegalArgumentException("a budget needs at least 1 of " + what + ": " + number);
        }
    }
}
