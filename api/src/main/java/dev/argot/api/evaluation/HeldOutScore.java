package dev.argot.api.evaluation;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How well a held-out text is predicted, in one number that fits the kind of model.
 *
 * @param measure what was measured
 * @param value what came out; lower is better
 * @param tokens tokens scored
 * @param nats sum of their negative natural log-probabilities
 */
public record HeldOutScore(Measure measure, double value, long tokens, double nats) {
    /** What is measured of a held-out text. */
    public enum Measure {
        /** Bits per byte, of models that continue texts. */
        BITS_PER_BYTE("bits per byte"),
        /** Mean loss of masked tokens in nats, of encoders. */
        MASKED_TOKEN_LOSS("masked-token loss"),
        /** Mean loss of what the decoder writes in nats per token, of encoder-decoders. */
        SPAN_CORRUPTION_LOSS("span-corruption loss");

        private final String label;

        Measure(String label) {
            this.label = label;
        }

        /** The name for a reader. */
        public String label() {
            return label;
        }
    }

    /** Mean loss in nats per token scored. */
    public double loss() {
        return nats / tokens;
    }

    /**
     * The score of a text that a model continues: bits per byte.
     *
     * @param perplexity what was measured
     */
    public static HeldOutScore of(Perplexity perplexity) {
        return new HeldOutScore(
                Measure.BITS_PER_BYTE, perplexity.bitsPerByte(), perplexity.tokens(), perplexity.nats());
    }

    /**
     * The score of a text of which tokens were hidden: their loss.
     *
     * @param hidden what was measured
     */
    public static HeldOutScore of(HiddenTokens hidden) {
        Measure measure =
                switch (hidden.kind()) {
                    case MASKED -> Measure.MASKED_TOKEN_LOSS;
                    case SPANS -> Measure.SPAN_CORRUPTION_LOSS;
                };
        return new HeldOutScore(measure, hidden.loss(), hidden.tokens(), hidden.nats());
    }

    /**
     * The scores of an evaluation's held-out texts by their names.
     *
     * @param evaluation what was measured
     */
    public static Map<String, HeldOutScore> of(Evaluation evaluation) {
        var scores = new LinkedHashMap<String, HeldOutScore>();
        evaluation.texts().forEach(text -> scores.put(text.name(), of(text.perplexity())));
        evaluation.hiddenTokens().forEach(text -> scores.put(text.name(), of(text)));
        return scores;
    }
}
