package dev.argot.core.finetuning;

import dev.argot.core.encoding.TokenRow;

/**
 * A row of tokens with what the head should make of it.
 *
 * @param item index of the item it is from
 * @param tokens what the model reads
 * @param target what is right
 */
record LabelledRow(int item, TokenRow tokens, Target target) {
    /** What is right. */
    sealed interface Target {}

    /**
     * One class.
     *
     * @param label its number
     */
    record OneClass(long label) implements Target {}

    /**
     * A number for each output.
     *
     * @param values 0 or 1 for several classes, any for regression
     */
    record Values(float[] values) implements Target {}

    /**
     * A tag for each token.
     *
     * @param labels their numbers, -100 where none is learned
     */
    record Tags(long[] labels) implements Target {}

    /**
     * An answer.
     *
     * @param start its first token
     * @param end its last token
     */
    record Span(long start, long end) implements Target {}

    /** Number of tokens. */
    int size() {
        return tokens.size();
    }
}
