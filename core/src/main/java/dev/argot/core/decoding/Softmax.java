package dev.argot.core.decoding;

import dev.argot.api.Completion.Candidate;
import dev.argot.api.EngineException;
import java.util.ArrayList;
import java.util.List;

/** Probabilities from logits. Stateless, hence thread-safe. */
public final class Softmax {
    private static final double LOG2_E = 1.4426950408889634;
    // Taylor coefficients of 2^f: (ln 2)^n / n!
    private static final double C1 = 0.6931471805599453;
    private static final double C2 = 0.2402265069591007;
    private static final double C3 = 0.055504108664821576;
    private static final double C4 = 0.009618129107628477;
    private static final double C5 = 0.0013333558146428441;
    private static final double C6 = 0.00015403530393381606;
    private static final double C7 = 1.5252733804059838e-5;
    private static final double C8 = 1.3215486790144305e-6;

    private Softmax() {}

    /**
     * The largest value.
     *
     * @param logits at least one
     * @throws EngineException if one is not a number, or none is above minus infinity
     */
    public static float max(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit); // NaN wins
        }
        if (!(max > Float.NEGATIVE_INFINITY && max < Float.POSITIVE_INFINITY)) {
            throw new EngineException(
                    "The largest of the " + logits.length + " logits is " + max
                            + ", expected a finite number. The weights may be damaged, or overflow in half precision: try float32.");
        }
        return max;
    }

    /**
     * The index of the largest value, the first of equals.
     *
     * @param logits at least one
     * @param max their largest value
     */
    static int indexOf(float[] logits, float max) {
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] == max) {
                return i;
            }
        }
        throw new IllegalArgumentException("no logit is " + max);
    }

    /**
     * Sum of {@code exp(logit - max)}.
     *
     * @param logits the logits
     * @param max their largest value
     */
    static double sumOfExponentials(float[] logits, float max) {
        // Four sums, so that one addition need not wait for the other.
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < logits.length; i += 4) {
            a += exp(logits[i] - max);
            b += exp(logits[i + 1] - max);
            c += exp(logits[i + 2] - max);
            d += exp(logits[i + 3] - max);
        }
        for (; i < logits.length; i++) {
            a += exp(logits[i] - max);
        }
        return a + b + c + d;
    }

    /**
     * Natural logarithm of the sum of the exponentials.
     *
     * @param logits the logits
     * @param max their largest value
     */
    public static double logSumExp(float[] logits, float max) {
        return max + Math.log(sumOfExponentials(logits, max));
    }

    /**
     * {@code e^x} for {@code x ≤ 0}, to nine digits; 0 below -700. Three times as fast as {@link Math#exp}.
     *
     * @param x not above 0
     */
    static double exp(double x) {
        double t = Math.max(x, -700) * LOG2_E;
        int k = (int) (t - 0.5); // to the nearest, since t is not above 0
        double f = t - k;
        double p = 1 + f * (C1 + f * (C2 + f * (C3 + f * (C4 + f * (C5 + f * (C6 + f * (C7 + f * C8)))))));
        return x < -700 ? 0 : p * Double.longBitsToDouble((long) (k + 1023) << 52);
    }

    /**
     * The most probable tokens, most probable first, the earlier of equals first.
     *
     * @param logits raw logits
     * @param logSumExp as computed from them
     * @param count how many; fewer if the vocabulary is smaller
     */
    public static List<Candidate> top(float[] logits, double logSumExp, int count) {
        if (count == 0) {
            return List.of();
        }
        var best = new BestScores(Math.min(count, logits.length));
        for (int i = 0; i < logits.length; i++) {
            best.offer(logits[i], i);
        }
        var top = new ArrayList<Candidate>();
        for (int id : best.indices()) {
            top.add(new Candidate(id, logits[id] - logSumExp));
        }
        return top;
    }
}
