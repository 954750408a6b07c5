package dev.argot.spi.graph;

import java.util.List;

/**
 * Angular frequencies of rotary position embedding (Su et al. 2021), in radians a position, one for each pair of dimensions; with the
 * scalings of Hugging Face {@code modeling_rope_utils}. Cosine and sine are multiplied with {@code attentionFactor}.
 */
public sealed interface RotaryFrequencies {
    /** What cosine and sine are multiplied with; 1 for none. */
    double attentionFactor();

    /** Number of dimensions rotated; twice the number of frequencies. */
    int dimensions();

    /**
     * The same frequencies at every length: {@code default}, {@code linear}, {@code llama3}, {@code yarn}.
     *
     * @param inverse frequencies, float32 values
     * @param attentionFactor what cosine and sine are multiplied with
     */
    record Fixed(List<Float> inverse, double attentionFactor) implements RotaryFrequencies {
        /** Copies the list. */
        public Fixed {
            inverse = List.copyOf(inverse);
        }

        @Override
        public int dimensions() {
            return 2 * inverse.size();
        }
    }

    /**
     * One set for sequences up to a length, another beyond: {@code longrope} (Ding et al. 2024).
     *
     * @param shortInverse frequencies while the largest position is below {@code originalLength}
     * @param longInverse frequencies beyond
     * @param originalLength tokens of the original context
     * @param attentionFactor what cosine and sine are multiplied with
     */
    record LongRope(List<Float> shortInverse, List<Float> longInverse, int originalLength, double attentionFactor)
            implements RotaryFrequencies {
        /** Copies the lists. */
        public LongRope {
            shortInverse = List.copyOf(shortInverse);
            longInverse = List.copyOf(longInverse);
            if (shortInverse.size() != longInverse.size()) {
                throw new IllegalArgumentException("short and long frequencies differ in number: " + shortInverse.size()
                        + ", " + longInverse.size());
            }
        }

        @Override
        public int dimensions() {
            return 2 * shortInverse.size();
        }
    }

    /**
     * {@code dynamic} NTK scaling: beyond {@code originalLength} the base grows with the sequence length {@code n} (largest position + 1)
     * to {@code base · (factor·n/originalLength − (factor − 1))^(d/(d−2))}.
     *
     * @param base {@code rope_theta}
     * @param dimensions number of dimensions rotated, {@code d}
     * @param factor the scaling factor
     * @param originalLength tokens of the original context
     */
    record Dynamic(double base, int dimensions, double factor, int originalLength) implements RotaryFrequencies {
        @Override
        public double attentionFactor() {
            return 1;
        }
    }
}
