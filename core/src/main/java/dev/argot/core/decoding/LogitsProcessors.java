package dev.argot.core.decoding;

import java.util.Arrays;

/**
 * Changes logits before a token is chosen from them; each method does one thing, in place, and a token it rules out gets minus infinity.
 * Meaning, ties and the order of use are those of Hugging Face Transformers ({@code generation/logits_process.py}): repetition penalty,
 * minimum length, temperature, top-k, top-p, min-p.
 *
 * <p>Nothing here sorts a whole vocabulary or boxes a number. Stateless, hence thread-safe.
 */
public final class LogitsProcessors {
    private LogitsProcessors() {}

    /**
     * Makes tokens that were already there less probable (Keskar et al. 2019, CTRL, section 4.1; a negative logit is multiplied so that it
     * always becomes smaller).
     *
     * @param logits changed in place
     * @param penalty above 1 discourages, below 1 encourages
     * @param ids the tokens that were there, each once; the first {@code count} are used
     * @param count how many
     */
    public static void repetitionPenalty(float[] logits, double penalty, int[] ids, int count) {
        for (int i = 0; i < count; i++) {
            float logit = logits[ids[i]];
            logits[ids[i]] = (float) (logit < 0 ? logit * penalty : logit / penalty);
        }
    }

    /**
     * Rules out tokens, such as those that would end a text that is still too short.
     *
     * @param logits changed in place
     * @param ids the tokens
     */
    public static void suppress(float[] logits, int[] ids) {
        for (int id : ids) {
            logits[id] = Float.NEGATIVE_INFINITY;
        }
    }

    /**
     * Divides by the temperature (Ackley et al. 1985).
     *
     * @param logits changed in place
     * @param temperature above 0; below 1 sharpens, above 1 flattens
     */
    public static void temperature(float[] logits, double temperature) {
        float factor = (float) (1 / temperature);
        for (int i = 0; i < logits.length; i++) {
            logits[i] *= factor;
        }
    }

    /**
     * Keeps the k most probable tokens (Fan et al. 2018), and those as probable as the k-th.
     *
     * @param logits changed in place
     * @param k at least 1
     * @param least tokens that are kept at least
     */
    public static void topK(float[] logits, int k, int least) {
        int kept = Math.max(k, least);
        if (kept >= logits.length) {
            return;
        }
        keepFrom(logits, kthLargest(logits, kept));
    }

    /**
     * Keeps the smallest set of most probable tokens whose probabilities reach p (nucleus, Holtzman et al. 2020): counted from the least
     * probable token up, a token goes while the sum is not above {@code 1 - p}. Of equally probable tokens the earlier goes first.
     *
     * @param logits changed in place
     * @param p above 0, at most 1
     * @param least tokens that are kept at least
     */
    public static void topP(float[] logits, double p, int least) {
        float max = Softmax.max(logits);
        double sum = Softmax.sumOfExponentials(logits, max);
        double limit = (1 - p) * sum; // everything below is in units of e^max
        // Tokens this improbable can't reach the limit even all together, so they go unsorted.
        float negligible = (float) (max + Math.log(limit / logits.length)) - 1e-3f;
        if (least > 1) {
            negligible = Math.min(negligible, kthLargest(logits, Math.min(least, logits.length)));
        }
        long[] rest = new long[logits.length];
        int count = 0;
        double gone = 0;
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] >= negligible) {
                rest[count++] = sortKey(logits[i], i);
            } else {
                gone += Math.exp(logits[i] - max);
                logits[i] = Float.NEGATIVE_INFINITY;
            }
        }
        Arrays.sort(rest, 0, count);
        for (int i = 0; i < count - least; i++) {
            int id = (int) rest[i];
            gone += Math.exp(logits[id] - max);
            if (gone > limit) {
                return;
            }
            logits[id] = Float.NEGATIVE_INFINITY;
        }
    }

    /**
     * Keeps tokens at least p times as probable as the most probable one (Nguyen et al. 2024).
     *
     * @param logits changed in place
     * @param p above 0, at most 1
     * @param least tokens that are kept at least
     */
    public static void minP(float[] logits, double p, int least) {
        float threshold = (float) (Softmax.max(logits) + Math.log(p));
        if (least > 1 && least < logits.length) {
            threshold = Math.min(threshold, kthLargest(logits, least));
        }
        keepFrom(logits, threshold);
    }

    private static void keepFrom(float[] logits, float threshold) {
        for (int i = 0; i < logits.length; i++) {
            if (logits[i] < threshold) {
                logits[i] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /** The k-th largest value, by a heap of the k largest so far with the smallest of them on top. */
    private static float kthLargest(float[] values, int k) {
        float[] heap = Arrays.copyOf(values, k);
        for (int i = k / 2 - 1; i >= 0; i--) {
            siftDown(heap, i);
        }
        for (int i = k; i < values.length; i++) {
            if (values[i] > heap[0]) {
                heap[0] = values[i];
                siftDown(heap, 0);
            }
        }
        return heap[0];
    }

    private static void siftDown(float[] heap, int start) {
        float value = heap[start];
        int i = start;
        for (int child = 2 * i + 1; child < heap.length; child = 2 * i + 1) {
            if (child + 1 < heap.length && heap[child + 1] < heap[child]) {
                child++;
            }
            if (heap[child] >= value) {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = value;
    }

    /** A number whose order is that of the logit, then of the index; the lower half is the index. */
    static long sortKey(float logit, int index) {
        int bits = Float.floatToIntBits(logit + 0.0f); // -0.0 and 0.0 are the same
        int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        return ((long) ordered << 32) | index;
    }
}
