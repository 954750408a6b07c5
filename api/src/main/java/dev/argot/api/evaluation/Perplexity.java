package dev.argot.api.evaluation;

import java.util.OptionalInt;

/**
 * How well a model predicts a text.
 *
 * @param tokens tokens scored; the first of a text is not, since nothing stands before it
 * @param nats sum of the negative natural log-probabilities of the tokens scored
 * @param bytes UTF-8 bytes of the tokens scored
 */
public record Perplexity(long tokens, double nats, long bytes) {
    /** {@code e^(nats/tokens)}: the number of equally likely tokens that would be as surprising. */
    public double perplexity() {
        return Math.exp(nats / tokens);
    }

    /** {@code nats / ln 2 / bytes}: comparable between models with different vocabularies. */
    public double bitsPerByte() {
        return nats / Math.log(2) / bytes;
    }

    /**
     * The sliding window a long text is scored with: windows of {@code context} tokens advance by {@code stride}; each token is scored
     * once, with the longest left context a window gives it.
     *
     * @param context tokens a window holds; at least 2; cut to what the model's context holds; default 1024
     * @param stride tokens the window advances; at least 1 and at most {@code context}; default 512
     * @param limit the most tokens of the text looked at; empty: all
     */
    public record Window(int context, int stride, OptionalInt limit) {
        /** 1024 tokens, advancing by 512, the whole text. */
        public static final Window DEFAULT = new Window(1024, 512, OptionalInt.empty());

        /** Validates the numbers. */
        public Window {
            if (context < 2) {
                throw new IllegalArgumentException("context must be at least 2: " + context);
            }
            if (stride < 1 || stride > context) {
                throw new IllegalArgumentException("stride must be 1 to context (" + context + "): " + stride);
            }
            if (limit.isPresent() && limit.getAsInt() < 2) {
                throw new IllegalArgumentException("limit must be at least 2: " + limit.getAsInt());
            }
        }
    }
}
