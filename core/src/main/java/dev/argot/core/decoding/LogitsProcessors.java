package dev.argot.core.decoding;

import java.util.Arrays;
import java.util.List;

/**
 * Changes logits before a token is chosen from them; each method does one thing, in place, and a token it rules out gets minus infinity.
 * Meaning and ties are those of Hugging Face Transformers ({@code generation/logits_process.py}); the order of use is that of
 * {@link dev.argot.api.Decoding}.
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
        if (least > 1) {
            threshold = Math.min(threshold, kthLargest(logits, Math.min(least, logits.length)));
        }
        keepFrom(logits, threshold);
    }

    /**
     * A sequence of tokens, and what is added to the logit of its last one where the others stand before it.
     *
     * @param ids at least one
     * @param bias minus infinity rules it out
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over, not a value
    record Sequence(int[] ids, double bias) {
        int last() {
            return ids[ids.length - 1];
        }
    }

    /**
     * Adds biases.
     *
     * @param logits changed in place
     * @param sequences the sequences
     * @param history the tokens before; the first {@code length} are used
     * @param length how many
     */
    static void addBias(float[] logits, List<Sequence> sequences, int[] history, int length) {
        for (Sequence sequence : sequences) {
            int before = sequence.ids().length - 1;
            if (before <= length && Arrays.equals(sequence.ids(), 0, before, history, length - before, length)) {
                logits[sequence.last()] += (float) sequence.bias();
            }
        }
    }

    /**
     * Makes tokens of the completion less probable: {@code logit - frequency·count - presence}.
     *
     * @param logits changed in place
     * @param frequency taken for each time a token is there
     * @param presence taken once
     * @param history the tokens before
     * @param from where the completion begins in them
     * @param to where it ends
     */
    static void frequencyAndPresencePenalty(
            float[] logits, double frequency, double presence, int[] history, int from, int to) {
        int[] sorted = Arrays.copyOfRange(history, from, to);
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length; ) {
            int end = i;
            while (end < sorted.length && sorted[end] == sorted[i]) {
                end++;
            }
            logits[sorted[i]] = (float) (logits[sorted[i]] - (frequency * (end - i) + presence));
            i = end;
        }
    }

    /**
     * Rules out the tokens that would make the last {@code size} tokens a sequence that stands in a text.
     *
     * @param logits changed in place
     * @param size tokens of a sequence; at least 1
     * @param text the text; its first {@code textLength} tokens are used
     * @param textLength how many
     * @param history the tokens before; the first {@code length} are used
     * @param length how many
     */
    static void banNgrams(float[] logits, int size, int[] text, int textLength, int[] history, int length) {
        int before = size - 1;
        for (int i = 0; before <= length && i + size <= textLength; i++) {
            if (Arrays.equals(text, i, i + before, history, length - before, length)) {
                logits[text[i + before]] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    /**
     * Leaves nothing but some tokens, all alike.
     *
     * @param logits changed in place
     * @param ids the tokens
     */
    static void force(float[] logits, int... ids) {
        Arrays.fill(logits, Float.NEGATIVE_INFINITY);
        for (int id : ids) {
            logits[id] = 0;
        }
    }

    /**
     * Makes the end more probable the longer a text is: {@code logit + |logit|·(factor^steps - 1)}.
     *
     * @param logits changed in place
     * @param endIds the tokens that end it
     * @param factor above 1 makes an end more probable
     * @param steps tokens since the decay began; at least 1
     */
    static void decayLength(float[] logits, int[] endIds, double factor, int steps) {
        for (int id : endIds) {
            if (logits[id] != Float.NEGATIVE_INFINITY) {
                logits[id] += (float) (Math.abs(logits[id]) * (Math.pow(factor, steps) - 1));
            }
        }
    }

    /**
     * Keeps the tokens whose information is closest to the entropy, until their probabilities reach p (locally typical sampling, Meister
     * et al. 2023), and those as close as the last of them.
     *
     * @param logits changed in place
     * @param p above 0, below 1
     * @param least tokens that are kept at least
     */
    static void typicalP(float[] logits, double p, int least) {
        float max = Softmax.max(logits);
        double logSumExp = Softmax.logSumExp(logits, max);
        double entropy = entropy(logits, logSumExp);
        long[] order = new long[logits.length];
        for (int i = 0; i < logits.length; i++) {
            order[i] = sortKey((float) Math.abs(logSumExp - logits[i] - entropy), i);
        }
        Arrays.sort(order);
        double sum = 0;
        int kept = 0;
        while (kept < order.length - 1 && sum + probability(logits, order[kept], logSumExp) < p) {
            sum += probability(logits, order[kept], logSumExp);
            kept++;
        }
        long last = order[kept] >> 32; // as close as this one is kept
        for (int i = Math.max(kept, least); i < order.length; i++) {
            if (order[i] >> 32 > last) {
                logits[(int) order[i]] = Float.NEGATIVE_INFINITY;
            }
        }
    }

    private static double probability(float[] logits, long key, double logSumExp) {
        return Math.exp(logits[(int) key] - logSumExp);
    }

    private static double entropy(float[] logits, double logSumExp) {
        double entropy = 0;
        for (float logit : logits) {
            if (logit != Float.NEGATIVE_INFINITY) {
                double logProbability = logit - logSumExp;
                entropy -= logProbability * Math.exp(logProbability);
            }
        }
        return entropy;
    }

    /**
     * Keeps tokens of at least a probability (Hewitt et al. 2022, epsilon sampling).
     *
     * @param logits changed in place
     * @param epsilon above 0, below 1
     * @param least tokens that are kept at least
     */
    static void epsilonCutoff(float[] logits, double epsilon, int least) {
        double logSumExp = Softmax.logSumExp(logits, Softmax.max(logits));
        double threshold = logSumExp + Math.log(epsilon);
        keepFrom(logits, (float) Math.min(threshold, kthLargest(logits, Math.min(least, logits.length))));
    }

    /**
     * Keeps tokens of at least the probability {@code min(eta, √eta·e^-entropy)} (Hewitt et al. 2022, eta sampling).
     *
     * @param logits changed in place
     * @param eta above 0, below 1
     * @param least tokens that are kept at least
     */
    static void etaCutoff(float[] logits, double eta, int least) {
        double logSumExp = Softmax.logSumExp(logits, Softmax.max(logits));
        epsilonCutoff(logits, Math.min(eta, Math.sqrt(eta) * Math.exp(-entropy(logits, logSumExp))), least);
    }

    /**
     * Makes log-probabilities of logits.
     *
     * @param logits changed in place
     */
    static void renormalise(float[] logits) {
        double logSumExp = Softmax.logSumExp(logits, Softmax.max(logits));
        for (int i = 0; i < logits.length; i++) {
            logits[i] = (float) (logits[i] - logSumExp);
        }
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
