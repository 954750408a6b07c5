package dev.argot.core.adaptation;

import dev.argot.core.objective.CausalLanguage;
import dev.argot.spi.Objective;

/**
 * How rows are made of documents.
 *
 * @param objective makes examples of stretches
 * @param length tokens in a row; at least 2
 * @param targets tokens in a decoder's row; 0 without a decoder of its own
 * @param pad fills what is left of a row; its attention and loss are masked
 * @param decoderStart what a decoder reads first; without one not looked at
 */
record RowLayout(Objective objective, int length, int targets, int pad, int decoderStart) {
    /** Rows of a model that continues texts: without padding. */
    static RowLayout causal(int length) {
        return new RowLayout(new CausalLanguage.Causal(), length, 0, 0, 0);
    }

    /** Document tokens that fill a row. */
    int documentTokens() {
        return Math.max(1, objective.documentTokens(length));
    }
}
