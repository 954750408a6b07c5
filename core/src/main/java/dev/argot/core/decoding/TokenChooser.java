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
    private final TokenConstraints constraints;
    private final TokenHistory history;
    private final SplittableRandom random;
    private float[] scratch = {};
    private double[] weights = {};

    /**
     * A chooser for one completion.
     *
     * @param decoding how tokens are chosen
     * @param constraints what changes logits before
     * @param start what the decoder begins with
     * @param row added to the seed
     */
    TokenChooser(Decoding decoding, TokenConstraints constraints, int[] start, int row) {
        this.decoding = decoding;
        this.constraints = constraints;
        this.history = new TokenHistory(start);
        this.random = new SplittableRandom(decoding.seed() + row);
    }

    /**
     * Chooses the next token.
     *
     * @param logits raw logits; left as they are
     */
    ScoredToken choose(float[] logits) {
        float max = Softmax.max(logits);
        double logSumExp = Softmax.logSumExp(logits, max);
        int id = decoding.temperature() == 0 ? greedy(logits, max) : sample(logits);
        history.add(id);
        return new ScoredToken(
                id, logits[id] - logSumExp, Softmax.top(logits, logSumExp, decoding.topLogProbabilities()));
    }

    /** Whether nothing can follow what was chosen. */
    boolean complete() {
        return constraints.complete(history);
    }

    private int greedy(float[] logits, float max) {
        if (constraints.areIdle(history)) {
            return Softmax.indexOf(logits, max);
        }
        float[] processed = constrained(logits);
        return Softmax.indexOf(processed, Softmax.max(processed));
    }

    private int sample(float[] logits) {
        float[] processed = constrained(logits);
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
        if (decoding.typicalP() < 1) {
            LogitsProcessors.typicalP(processed, decoding.typicalP(), 1);
        }
        if (decoding.epsilonCutoff() > 0) {
            LogitsProcessors.epsilonCutoff(processed, decoding.epsilonCutoff(), 1);
        }
        if (decoding.etaCutoff() > 0) {
            LogitsProcessors.etaCutoff(processed, decoding.etaCutoff(), 1);
        }
        return draw(processed);
    }

    private float[] constrained(float[] logits) {
        float[] processed = copy(logits);
        constraints.apply(processed, history);
        if (!TokenConstraints.leave(processed)) {
            throw TokenConstraints.nothingLeft(history.generated());
        }
        return processed;
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
