package dev.argot.core.decoding;

import dev.argot.api.Completion.ScoredToken;
import dev.argot.api.Decoding;
import java.util.SplittableRandom;

/**
 * Chooses the tokens of one completion, greedily or by chance. Random numbers come from {@link SplittableRandom}, one for each token
 * that is not chosen greedily. Not thread-safe.
 */
final class TokenChooser {
    private final Decoding decoding;
    private final int[] endIds;
    private final TokenHistory history;
    private final SplittableRandom random;
    private float[] scratch = {};
    private double[] weights = {};

    /**
     * A chooser for one completion.
     *
     * @param decoding how tokens are chosen
     * @param endIds tokens that end the text, ruled out until there are {@link Decoding#minTokens()}
     * @param prompt the prompt's tokens
     * @param row added to the seed
     */
    TokenChooser(Decoding decoding, int[] endIds, int[] prompt, int row) {
        this.decoding = decoding;
        this.endIds = endIds;
        this.history = new TokenHistory(prompt);
        this.random = new SplittableRandom(decoding.seed() + row);
    }

    /**
     * Chooses the next token.
     *
     * @param logits raw logits; left as they are
     * @param generated tokens generated before
     */
    ScoredToken choose(float[] logits, int generated) {
        float max = Softmax.max(logits);
        double logSumExp = Softmax.logSumExp(logits, max);
        int id = decoding.temperature() == 0 ? greedy(logits, max, generated) : sample(logits, generated);
        history.add(id);
        return new ScoredToken(
                id, logits[id] - logSumExp, Softmax.top(logits, logSumExp, decoding.topLogProbabilities()));
    }

    private int greedy(float[] logits, float max, int generated) {
        if (decoding.repetitionPenalty() == 1 && generated >= decoding.minTokens()) {
            return Softmax.indexOf(logits, max);
        }
        float[] processed = copy(logits);
        penalise(processed, decoding, endIds, history, generated);
        return Softmax.indexOf(processed, Softmax.max(processed));
    }

    private int sample(float[] logits, int generated) {
        float[] processed = copy(logits);
        penalise(processed, decoding, endIds, history, generated);
        if (decoding.temperature() != 1) {
            LogitsProcessors.temperature(processed, decoding.temperature());
        }
        if (decoding.topK() > 0) {
            LogitsProcessors.topK(processed, decoding.topK(), 1);
        }
        if (decoding.topP() < 1) {
            LogitsProcessors.topP(processed, decoding.topP(), 1);
        }
        if (decoding.minP() > 0) {
            LogitsProcessors.minP(processed, decoding.minP(), 1);
        }
        return draw(processed);
    }

    /** The processors that beam search uses too. */
    static void penalise(float[] logits, Decoding decoding, int[] endIds, TokenHistory history, int generated) {
        if (decoding.repetitionPenalty() != 1) {
            LogitsProcessors.repetitionPenalty(
                    logits, decoding.repetitionPenalty(), history.distinct(), history.count());
        }
        if (generated < decoding.minTokens()) {
            LogitsProcessors.suppress(logits, endIds);
        }
    }

    private float[] copy(float[] logits) {
        if (scratch.length != logits.length) {
            scratch = new float[logits.length];
            weights = new double[logits.length];
        }
        System.arraycopy(logits, 0, scratch, 0, logits.length);
        return scratch;
    }

    /** Inverse of the cumulative distribution, in the order of ids. */
    private int draw(float[] processed) {
        float max = Softmax.max(processed);
        double sum = 0;
        for (int i = 0; i < processed.length; i++) {
            double weight = processed[i] == Float.NEGATIVE_INFINITY ? 0 : Softmax.exp(processed[i] - max);
            weights[i] = weight;
            sum += weight;
        }
        double target = random.nextDouble() * sum;
        double passed = 0;
        int last = -1;
        for (int i = 0; i < processed.length; i++) {
            if (weights[i] > 0) {
                passed += weights[i];
                last = i;
                if (passed > target) {
                    break;
                }
            }
        }
        return last;
    }
}
