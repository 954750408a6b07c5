package dev.argot.api;

import java.util.Optional;
import java.util.Set;

/**
 * How {@link Tokenizer} encodes.
 *
 * @param addSpecialTokens whether the special tokens the model expects around a text are added; default true
 * @param trusted whether special tokens spelled out in the text become control tokens; default false, for text from users and documents
 * @param controlTokens ids of the special tokens that become control tokens in untrusted text too, such as the mask where a user is asked
 *     to write it; default none
 * @param truncation how a text that is too long is cut; default: not at all
 */
public record EncodeOptions(
        boolean addSpecialTokens, boolean trusted, Set<Integer> controlTokens, Optional<Truncation> truncation) {
    /** Special tokens added around untrusted text, no truncation. */
    public static final EncodeOptions DEFAULT = new EncodeOptions(true, false, Optional.empty());

    /** Just the untrusted text: no special tokens, no truncation. */
    public static final EncodeOptions PLAIN = new EncodeOptions(false, false, Optional.empty());

    /** Copies the set. */
    public EncodeOptions {
        controlTokens = Set.copyOf(controlTokens);
    }

    /**
     * With all special tokens in the text read alike.
     *
     * @param addSpecialTokens whether the special tokens the model expects around a text are added
     * @param trusted whether special tokens spelled out in the text become control tokens
     * @param truncation how a text that is too long is cut
     */
    public EncodeOptions(boolean addSpecialTokens, boolean trusted, Optional<Truncation> truncation) {
        this(addSpecialTokens, trusted, Set.of(), truncation);
    }

    /** These options with special tokens in the text read as control tokens. For text the program itself wrote. */
    public EncodeOptions asTrusted() {
        return new EncodeOptions(addSpecialTokens, true, controlTokens, truncation);
    }

    /**
     * These options with a few special tokens read as control tokens, the others as text.
     *
     * @param ids their ids
     */
    public EncodeOptions withControlTokens(Set<Integer> ids) {
        return new EncodeOptions(addSpecialTokens, trusted, ids, truncation);
    }

    /**
     * These options with truncation.
     *
     * @param truncation how to cut
     */
    public EncodeOptions withTruncation(Truncation truncation) {
        return new EncodeOptions(addSpecialTokens, trusted, controlTokens, Optional.of(truncation));
    }

    /**
     * How a text that is too long is cut.
     *
     * @param maxTokens the most tokens of the result, special tokens included; at least 1
     * @param stride tokens by which consecutive {@link Encoding#overflow() overflowing parts} overlap; 0 or more
     * @param strategy which text of a pair gives way
     * @param side where tokens are taken away
     */
    public record Truncation(int maxTokens, int stride, Strategy strategy, Side side) {
        /** Validates the numbers. */
        public Truncation {
            if (maxTokens < 1) {
                throw new IllegalArgumentException("maxTokens must be at least 1: " + maxTokens);
            }
            if (stride < 0) {
                throw new IllegalArgumentException("stride must not be negative: " + stride);
            }
        }

        /**
         * Cuts at the end, the longer text of a pair first, without overlap.
         *
         * @param maxTokens the most tokens of the result, special tokens included
         */
        public static Truncation to(int maxTokens) {
            return new Truncation(maxTokens, 0, Strategy.LONGEST_FIRST, Side.END);
        }

        /** Which text of a pair gives way; for a single text all mean the same. */
        public enum Strategy {
            /** Tokens are taken from whichever text is longer. */
            LONGEST_FIRST,
            /** Only the first text is cut. */
            ONLY_FIRST,
            /** Only the second text is cut. */
            ONLY_SECOND
        }

        /** Where tokens are taken away. */
        public enum Side {
            /** The end of the text is lost. */
            END,
            /** The start of the text is lost. */
            START
        }
    }
}
