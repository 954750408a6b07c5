package dev.argot.api.evaluation;

import java.util.List;
import java.util.Optional;

/**
 * How well an encoder guesses hidden tokens of a held-out text, or an encoder-decoder writes them. Which are hidden follows from the
 * evaluation's seed alone, so that models with the same tokenizer are asked the same. This is no perplexity: it says nothing about how
 * probable the text as a whole is.
 *
 * @param name the text's name
 * @param role what it stands for
 * @param kind how tokens are hidden
 * @param documents documents measured
 * @param tokens tokens guessed; of {@link Kind#SPANS} what the decoder writes, sentinels and the end included
 * @param fingerprint a hash of which tokens were hidden: models are comparable where it is the same
 * @param nats sum of their negative natural log-probabilities
 * @param accuracy the share of them whose most probable guess is right; the interval is over the pieces the text was cut into
 * @param rareTerms how well rare terms of the domain are guessed; empty where no terms were given, none occurs, or the text is not the
 *     domain's
 */
public record HiddenTokens(
        String name,
        HeldOutText.Role role,
        Kind kind,
        int documents,
        long tokens,
        int fingerprint,
        double nats,
        Estimate accuracy,
        Optional<RareTerms> rareTerms) {
    /** How tokens are hidden. */
    public enum Kind {
        /**
         * Masked language modelling: 15 % of the tokens, each by itself; of these 80 % are masked, 10 % replaced, 10 % kept (Devlin et al.
         * 2019).
         */
        MASKED,
        /** Span corruption: 15 % of the tokens in spans of 3 on average, the decoder given what it should have written (Raffel et al. 2020). */
        SPANS
    }

    /** Mean loss in nats per token: {@code nats / tokens}; lower is better. */
    public double loss() {
        return nats / tokens;
    }

    /**
     * How well rare terms are guessed. A term is rare if one of its words (of four letters or more) is no token of its own in the model's
     * vocabulary, which holds the words that were frequent where the model was pre-trained. All rare terms of a piece of text (of the
     * length of the model's context) are masked at once, whole, so that none can be copied from elsewhere in the piece.
     *
     * @param tokens the share of the terms' tokens that are guessed right; the interval is over occurrences
     * @param whole the share of occurrences of which every token is guessed right
     * @param occurrences the occurrences in the order of the text
     */
    public record RareTerms(Estimate tokens, Estimate whole, List<Occurrence> occurrences) {
        /** Copies the list. */
        public RareTerms {
            occurrences = List.copyOf(occurrences);
        }
    }

    /**
     * A term that was masked.
     *
     * @param term the term as it stands in the text
     * @param tokens its tokens
     * @param right how many of them were guessed right
     */
    public record Occurrence(String term, int tokens, int right) {}
}
