package dev.argot.core.encoding;

import dev.argot.api.EngineException;

/** Probabilities of a few classes from a head's logits. Stateless. */
final class ClassScores {
    private ClassScores() {}

    /** Probabilities that sum to one, of {@code count} logits from an index on. */
    static double[] softmax(float[] logits, int from, int count) {
        var scores = new double[count];
        double max = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < count; i++) {
            max = Math.max(max, checked(logits[from + i]));
        }
        double sum = 0;
        for (int i = 0; i < count; i++) {
            scores[i] = Math.exp(logits[from + i] - max);
            sum += scores[i];
        }
        for (int i = 0; i < count; i++) {
            scores[i] /= sum;
        }
        return scores;
    }

    /** Probabilities each for itself. */
    static double[] sigmoid(float[] logits, int from, int count) {
        var scores = new double[count];
        for (int i = 0; i < count; i++) {
            scores[i] = 1 / (1 + Math.exp(-checked(logits[from + i])));
        }
        return scores;
    }

    /** The numbers themselves. */
    static double[] numbers(float[] logits, int from, int count) {
        var scores = new double[count];
        for (int i = 0; i < count; i++) {
            scores[i] = checked(logits[from + i]);
        }
        return scores;
    }

    /** The index of the largest, the first of equals. */
    static int best(double[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            if (scores[i] > scores[best]) {
                best = i;
            }
        }
        return best;
    }

    private static float checked(float logit) {
        if (!Float.isFinite(logit)) {
            throw new EngineException("A logit of the head is " + logit
                    + ", expected a finite number. The weights may be damaged, or overflow in half precision: try float32.");
        }
        return logit;
    }
}
