package dev.argot.api;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the next token is chosen and when to stop. Names and meaning are those of Hugging Face {@code GenerationConfig}, and so is the order
 * in which logits are changed: {@link TokenRules#sequenceBias sequence bias}, encoder repetition penalty, repetition penalty, frequency and
 * presence penalty, n-grams that repeat, bad words, minimum length, forced tokens, decay of the length, suppressed tokens; and for random
 * choice temperature, top-k, top-p, min-p, typical-p, epsilon and eta cutoff.
 *
 * <p>"Prompt and completion" are the tokens the decoder has seen. With a decoder that reads an encoder's output ({@link Seq2SeqModel})
 * these are its start token and the completion; the prompt is the source. With a decoder alone the source is the prompt, too.
 *
 * @param maxTokens the most tokens generated; at least 1; default 256
 * @param minTokens tokens that must be generated before the text may end; default 0
 * @param temperature divides the logits; 0 means greedy; default 0
 * @param topK only the k most probable tokens are kept; 0 means all; default 0
 * @param topP the smallest set of tokens is kept whose probabilities reach this sum (nucleus, Holtzman et al. 2020); 1 means all; default 1
 * @param minP tokens are kept whose probability is at least this part of the largest (Nguyen et al. 2024); 0 means all; default 0
 * @param typicalP the tokens are kept whose information is closest to the entropy, until their probabilities reach this sum (locally
 *     typical sampling, Meister et al. 2023); 1 means all; default 1
 * @param epsilonCutoff tokens are kept whose probability is at least this (Hewitt et al. 2022); 0 means all; default 0
 * @param etaCutoff tokens are kept whose probability is at least {@code min(η, √η·e^-entropy)} (Hewitt et al. 2022); 0 means all; default 0
 * @param repetitionPenalty logits of tokens already in prompt or completion are divided by it when positive and multiplied when negative
 *     (Keskar et al. 2019); 1 means none; default 1
 * @param encoderRepetitionPenalty logits of tokens of the source are multiplied with it when positive and divided when negative, so that
 *     above 1 it encourages them; 1 means none; default 1
 * @param frequencyPenalty taken from a token's logit for each time it is in the completion; 0 means none; default 0
 * @param presencePenalty taken from the logit of each token that is in the completion; 0 means none; default 0
 * @param noRepeatNgramSize no so many tokens in a row appear twice in prompt and completion (Paulus et al. 2018); 0 means none; default 0
 * @param encoderNoRepeatNgramSize no so many tokens in a row of the source appear in the completion; 0 means none; default 0
 * @param tokenRules what holds for single tokens and sequences of them; default {@link TokenRules#NONE}
 * @param constraint what the completion has to look like; empty: anything; default empty
 * @param stopStrings the completion ends before the first of these; none is empty; default none
 * @param stopIds further token ids that end the completion beside the model's own; default none
 * @param ignoreEos whether the model's own end tokens are generated like any other, for measuring; default false
 * @param seed seeds the random choice; default 0
 * @param beams beam search keeps this many hypotheses; 1 means none; needs temperature 0; default 1
 * @param lengthPenalty beams are compared by log-probability divided by length to this power; default 1
 * @param earlyStopping when beam search ends; default {@link EarlyStopping#HEURISTIC}
 * @param renormalizeLogits whether beams count log-probabilities that sum to one again after tokens were ruled out; default false
 * @param topLogProbabilities how many of the most probable tokens are reported for each place; default 0
 * @param overflow what happens to a prompt that does not fit; default {@link Overflow#REFUSE}
 */
public record Decoding(
        int maxTokens,
        int minTokens,
        double temperature,
        int topK,
        double topP,
        double minP,
        double typicalP,
        double epsilonCutoff,
        double etaCutoff,
        double repetitionPenalty,
        double encoderRepetitionPenalty,
        double frequencyPenalty,
        double presencePenalty,
        int noRepeatNgramSize,
        int encoderNoRepeatNgramSize,
        TokenRules tokenRules,
        Optional<Constraint> constraint,
        List<String> stopStrings,
        Set<Integer> stopIds,
        boolean ignoreEos,
        long seed,
        int beams,
        double lengthPenalty,
        EarlyStopping earlyStopping,
        boolean renormalizeLogits,
        int topLogProbabilities,
        Overflow overflow) {

    /**
     * What happens to a prompt that leaves no room for an answer. With a decoder that reads an encoder's output the prompt has the whole
     * context, for the answer has another.
     */
    public enum Overflow {
        /** A {@link ContextLengthException}. */
        REFUSE,
        /**
         * Tokens are taken from the start of the prompt until the prompt and {@code maxTokens} fit, or half of the context is prompt; the
         * result says how many.
         */
        TRUNCATE_START,
        /** As {@link #TRUNCATE_START}, but from the end: what a prompt such as {@code "summarize: …"} asks for stands at its start. */
        TRUNCATE_END
    }

    /**
     * What holds for single tokens and sequences of them.
     *
     * @param sequenceBias added to the logit of the last token of a sequence where the others stand before it; no sequence is empty
     * @param badWords sequences of tokens that are not completed ({@code bad_words_ids}); none is empty; one that is nothing but an end
     *     token does not count
     * @param suppressedIds tokens that are never chosen ({@code suppress_tokens})
     * @param beginSuppressedIds tokens that are not chosen first ({@code begin_suppress_tokens}), or after {@code forcedBosId}
     * @param forcedBosId the token that a decoder which reads an encoder's output begins with after its start token, such as a language
     *     ({@code forced_bos_token_id})
     * @param forcedEosIds the tokens of which one is the last when all tokens allowed are generated ({@code forced_eos_token_id})
     * @param decayStart after how many tokens the decay begins ({@code exponential_decay_length_penalty}); at least 0
     * @param decayFactor to the power of the tokens since then, less 1, what part of itself is added to the logit of an end token; 1 means
     *     none
     */
    public record TokenRules(
            Map<List<Integer>, Double> sequenceBias,
            Set<List<Integer>> badWords,
            Set<Integer> suppressedIds,
            Set<Integer> beginSuppressedIds,
            OptionalInt forcedBosId,
            Set<Integer> forcedEosIds,
            int decayStart,
            double decayFactor) {
        /** None. */
        public static final TokenRules NONE =
                new TokenRules(Map.of(), Set.of(), Set.of(), Set.of(), OptionalInt.empty(), Set.of(), 0, 1);

        /** Copies the collections and validates them. */
        public TokenRules {
            sequenceBias = Map.copyOf(sequenceBias);
            badWords = Set.copyOf(badWords);
            suppressedIds = Set.copyOf(suppressedIds);
            beginSuppressedIds = Set.copyOf(beginSuppressedIds);
            forcedEosIds = Set.copyOf(forcedEosIds);
            for (Set<List<Integer>> sequences : List.of(sequenceBias.keySet(), badWords)) {
                for (List<Integer> sequence : sequences) {
                    require(!sequence.isEmpty(), "a sequence of tokens must not be empty", "");
                    for (int id : sequence) {
                        require(id >= 0, "a token id must be >= 0: ", id);
                    }
                }
            }
            for (double bias : sequenceBias.values()) {
                require(Double.isFinite(bias), "sequenceBias must be finite: ", bias);
            }
            for (Set<Integer> ids : List.of(suppressedIds, beginSuppressedIds, forcedEosIds)) {
                for (int id : ids) {
                    require(id >= 0, "a token id must be >= 0: ", id);
                }
            }
            require(forcedBosId.orElse(0) >= 0, "a token id must be >= 0: ", forcedBosId);
            require(decayStart >= 0, "decayStart must be >= 0: ", decayStart);
            require(decayFactor > 0 && Double.isFinite(decayFactor), "decayFactor must be > 0: ", decayFactor);
        }

        /**
         * These rules with other biases.
         *
         * @param biases added to the logit of the last token of a sequence where the others stand before it
         */
        public TokenRules withSequenceBias(Map<List<Integer>, Double> biases) {
            return new TokenRules(
                    biases,
                    badWords,
                    suppressedIds,
                    beginSuppressedIds,
                    forcedBosId,
                    forcedEosIds,
                    decayStart,
                    decayFactor);
        }

        /**
         * These rules with other bad words.
         *
         * @param words sequences of tokens that are not completed
         */
        public TokenRules withBadWords(Set<List<Integer>> words) {
            return new TokenRules(
                    sequenceBias,
                    words,
                    suppressedIds,
                    beginSuppressedIds,
                    forcedBosId,
                    forcedEosIds,
                    decayStart,
                    decayFactor);
        }

        /**
         * These rules with other tokens suppressed.
         *
         * @param ids tokens that are never chosen
         * @param atBegin tokens that are not chosen first
         */
        public TokenRules withSuppressed(Set<Integer> ids, Set<Integer> atBegin) {
            return new TokenRules(
                    sequenceBias, badWords, ids, atBegin, forcedBosId, forcedEosIds, decayStart, decayFactor);
        }

        /**
         * These rules with other tokens forced.
         *
         * @param bosId the first token of a decoder that reads an encoder's output
         * @param eosIds the tokens of which one is the last when all tokens allowed are generated
         */
        public TokenRules withForced(OptionalInt bosId, Set<Integer> eosIds) {
            return new TokenRules(
                    sequenceBias, badWords, suppressedIds, beginSuppressedIds, bosId, eosIds, decayStart, decayFactor);
        }

        /**
         * These rules with another decay of the length.
         *
         * @param start after how many tokens it begins
         * @param factor above 1 makes an end more probable
         */
        public TokenRules withDecay(int start, double factor) {
            return new TokenRules(
                    sequenceBias,
                    badWords,
                    suppressedIds,
                    beginSuppressedIds,
                    forcedBosId,
                    forcedEosIds,
                    start,
                    factor);
        }
    }

    /** When beam search ends, as {@code early_stopping} of Hugging Face. */
    public enum EarlyStopping {
        /** As soon as there are as many finished hypotheses as beams ({@code true}). */
        FIRST_FINISHED,
        /** When no running beam is likely to become better, judged by its present score and length ({@code false}). */
        HEURISTIC,
        /** When no running beam can become better ({@code "never"}). */
        EXHAUSTIVE
    }

    /** Validates every number. */
    public Decoding {
        require(maxTokens >= 1, "maxTokens must be at least 1: ", maxTokens);
        require(minTokens >= 0 && minTokens <= maxTokens, "minTokens must be 0 to maxTokens: ", minTokens);
        require(temperature >= 0 && Double.isFinite(temperature), "temperature must be >= 0: ", temperature);
        require(topK >= 0, "topK must be >= 0: ", topK);
        require(topP > 0 && topP <= 1, "topP must be in (0, 1]: ", topP);
        require(minP >= 0 && minP <= 1, "minP must be in [0, 1]: ", minP);
        require(typicalP > 0 && typicalP <= 1, "typicalP must be in (0, 1]: ", typicalP);
        require(epsilonCutoff >= 0 && epsilonCutoff < 1, "epsilonCutoff must be in [0, 1): ", epsilonCutoff);
        require(etaCutoff >= 0 && etaCutoff < 1, "etaCutoff must be in [0, 1): ", etaCutoff);
        require(
                repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
                "repetitionPenalty must be > 0: ",
                repetitionPenalty);
        require(
                encoderRepetitionPenalty > 0 && Double.isFinite(encoderRepetitionPenalty),
                "encoderRepetitionPenalty must be > 0: ",
                encoderRepetitionPenalty);
        require(Double.isFinite(frequencyPenalty), "frequencyPenalty must be finite: ", frequencyPenalty);
        require(Double.isFinite(presencePenalty), "presencePenalty must be finite: ", presencePenalty);
        require(noRepeatNgramSize >= 0, "noRepeatNgramSize must be >= 0: ", noRepeatNgramSize);
        require(encoderNoRepeatNgramSize >= 0, "encoderNoRepeatNgramSize must be >= 0: ", encoderNoRepeatNgramSize);
        require(beams >= 1, "beams must be at least 1: ", beams);
        require(beams == 1 || temperature == 0, "beam search needs temperature 0, found ", temperature);
        require(Double.isFinite(lengthPenalty), "lengthPenalty must be finite: ", lengthPenalty);
        require(topLogProbabilities >= 0, "topLogProbabilities must be >= 0: ", topLogProbabilities);
        stopStrings = List.copyOf(stopStrings);
        for (String stop : stopStrings) {
            require(!stop.isEmpty(), "a stop string must not be empty", "");
        }
        stopIds = Set.copyOf(stopIds);
    }

    private static void require(boolean condition, String message, Object found) {
        if (!condition) {
            throw new IllegalArgumentException(message + found);
        }
    }

    /** The most probable token each time, at most 256 tokens. */
    public static Decoding greedy() {
        return builder().build();
    }

    /**
     * Random tokens by their probability.
     *
     * @param temperature divides the logits; above 0
     * @param seed the same seed gives the same text
     */
    public static Decoding sampling(double temperature, long seed) {
        return builder().temperature(temperature).seed(seed).build();
    }

    /** A builder with the defaults above. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder that starts from these settings. */
    public Builder toBuilder() {
        var b = new Builder();
        b.maxTokens = maxTokens;
        b.minTokens = minTokens;
        b.temperature = temperature;
        b.topK = topK;
        b.topP = topP;
        b.minP = minP;
        b.typicalP = typicalP;
        b.epsilonCutoff = epsilonCutoff;
        b.etaCutoff = etaCutoff;
        b.repetitionPenalty = repetitionPenalty;
        b.encoderRepetitionPenalty = encoderRepetitionPenalty;
        b.frequencyPenalty = frequencyPenalty;
        b.presencePenalty = presencePenalty;
        b.noRepeatNgramSize = noRepeatNgramSize;
        b.encoderNoRepeatNgramSize = encoderNoRepeatNgramSize;
        b.tokenRules = tokenRules;
        b.constraint = constraint;
        b.stopStrings = stopStrings;
        b.stopIds = stopIds;
        b.ignoreEos = ignoreEos;
        b.seed = seed;
        b.beams = beams;
        b.lengthPenalty = lengthPenalty;
        b.earlyStopping = earlyStopping;
        b.renormalizeLogits = renormalizeLogits;
        b.topLogProbabilities = topLogProbabilities;
        b.overflow = overflow;
        return b;
    }

    /** Collects settings; see {@link Decoding} for meaning and defaults. Not thread-safe. */
    public static final class Builder {
        private int maxTokens = 256;
        private int minTokens;
        private double temperature;
        private int topK;
        private double topP = 1;
        private double minP;
        private double typicalP = 1;
        private double epsilonCutoff;
        private double etaCutoff;
        private double repetitionPenalty = 1;
        private double encoderRepetitionPenalty = 1;
        private double frequencyPenalty;
        private double presencePenalty;
        private int noRepeatNgramSize;
        private int encoderNoRepeatNgramSize;
        private TokenRules tokenRules = TokenRules.NONE;
        private Optional<Constraint> constraint = Optional.empty();
        private List<String> stopStrings = List.of();
        private Set<Integer> stopIds = Set.of();
        private boolean ignoreEos;
        private long seed;
        private int beams = 1;
        private double lengthPenalty = 1;
        private EarlyStopping earlyStopping = EarlyStopping.HEURISTIC;
        private boolean renormalizeLogits;
        private int topLogProbabilities;
        private Overflow overflow = Overflow.REFUSE;

        private Builder() {}

        /**
         * Sets maxTokens.
         *
         * @param maxTokens the most tokens generated
         */
        public Builder maxTokens(int maxTokens) {
            this.maxTokens = maxTokens;
            return this;
        }

        /**
         * Sets minTokens.
         *
         * @param minTokens tokens before the text may end
         */
        public Builder minTokens(int minTokens) {
            this.minTokens = minTokens;
            return this;
        }

        /**
         * Sets temperature.
         *
         * @param temperature divides the logits; 0 means greedy
         */
        public Builder temperature(double temperature) {
            this.temperature = temperature;
            return this;
        }

        /**
         * Sets topK.
         *
         * @param topK most probable tokens kept; 0 means all
         */
        public Builder topK(int topK) {
            this.topK = topK;
            return this;
        }

        /**
         * Sets topP.
         *
         * @param topP probability mass kept; 1 means all
         */
        public Builder topP(double topP) {
            this.topP = topP;
            return this;
        }

        /**
         * Sets minP.
         *
         * @param minP part of the largest probability a token needs; 0 means all
         */
        public Builder minP(double minP) {
            this.minP = minP;
            return this;
        }

        /**
         * Sets repetitionPenalty.
         *
         * @param repetitionPenalty 1 means none
         */
        public Builder repetitionPenalty(double repetitionPenalty) {
            this.repetitionPenalty = repetitionPenalty;
            return this;
        }

        /**
         * Sets typicalP.
         *
         * @param typicalP probability mass kept, of the tokens whose information is closest to the entropy; 1 means all
         */
        public Builder typicalP(double typicalP) {
            this.typicalP = typicalP;
            return this;
        }

        /**
         * Sets epsilonCutoff.
         *
         * @param epsilonCutoff smallest probability kept; 0 means all
         */
        public Builder epsilonCutoff(double epsilonCutoff) {
            this.epsilonCutoff = epsilonCutoff;
            return this;
        }

        /**
         * Sets etaCutoff.
         *
         * @param etaCutoff smallest probability kept, less where the entropy is high; 0 means all
         */
        public Builder etaCutoff(double etaCutoff) {
            this.etaCutoff = etaCutoff;
            return this;
        }

        /**
         * Sets encoderRepetitionPenalty.
         *
         * @param encoderRepetitionPenalty above 1 encourages tokens of the source; 1 means none
         */
        public Builder encoderRepetitionPenalty(double encoderRepetitionPenalty) {
            this.encoderRepetitionPenalty = encoderRepetitionPenalty;
            return this;
        }

        /**
         * Sets frequencyPenalty.
         *
         * @param frequencyPenalty taken from a token's logit for each time it is in the completion
         */
        public Builder frequencyPenalty(double frequencyPenalty) {
            this.frequencyPenalty = frequencyPenalty;
            return this;
        }

        /**
         * Sets presencePenalty.
         *
         * @param presencePenalty taken from the logit of each token that is in the completion
         */
        public Builder presencePenalty(double presencePenalty) {
            this.presencePenalty = presencePenalty;
            return this;
        }

        /**
         * Sets noRepeatNgramSize.
         *
         * @param noRepeatNgramSize so many tokens in a row do not repeat; 0 means none
         */
        public Builder noRepeatNgramSize(int noRepeatNgramSize) {
            this.noRepeatNgramSize = noRepeatNgramSize;
            return this;
        }

        /**
         * Sets encoderNoRepeatNgramSize.
         *
         * @param encoderNoRepeatNgramSize so many tokens in a row of the source do not appear; 0 means none
         */
        public Builder encoderNoRepeatNgramSize(int encoderNoRepeatNgramSize) {
            this.encoderNoRepeatNgramSize = encoderNoRepeatNgramSize;
            return this;
        }

        /**
         * Sets tokenRules.
         *
         * @param tokenRules what holds for single tokens and sequences of them
         */
        public Builder tokenRules(TokenRules tokenRules) {
            this.tokenRules = tokenRules;
            return this;
        }

        /**
         * Sets renormalizeLogits.
         *
         * @param renormalizeLogits whether beams count log-probabilities that sum to one again
         */
        public Builder renormalizeLogits(boolean renormalizeLogits) {
            this.renormalizeLogits = renormalizeLogits;
            return this;
        }

        /**
         * Sets seed.
         *
         * @param seed seeds the random choice
         */
        public Builder seed(long seed) {
            this.seed = seed;
            return this;
        }

        /**
         * Sets beams.
         *
         * @param beams hypotheses of beam search; 1 means none
         */
        public Builder beams(int beams) {
            this.beams = beams;
            return this;
        }

        /**
         * Sets lengthPenalty.
         *
         * @param lengthPenalty power of the length beams are divided by
         */
        public Builder lengthPenalty(double lengthPenalty) {
            this.lengthPenalty = lengthPenalty;
            return this;
        }

        /**
         * Sets earlyStopping.
         *
         * @param earlyStopping when beam search ends
         */
        public Builder earlyStopping(EarlyStopping earlyStopping) {
            this.earlyStopping = earlyStopping;
            return this;
        }

        /**
         * Sets topLogProbabilities.
         *
         * @param topLogProbabilities most probable tokens reported for each place
         */
        public Builder topLogProbabilities(int topLogProbabilities) {
            this.topLogProbabilities = topLogProbabilities;
            return this;
        }

        /**
         * Sets overflow.
         *
         * @param overflow what happens to a prompt that does not fit
         */
        public Builder overflow(Overflow overflow) {
            this.overflow = overflow;
            return this;
        }

        /**
         * Sets ignoreEos.
         *
         * @param ignoreEos whether the model's own end tokens are generated like any other
         */
        public Builder ignoreEos(boolean ignoreEos) {
            this.ignoreEos = ignoreEos;
            return this;
        }

        /**
         * Sets constraint.
         *
         * @param constraint what the completion has to look like
         */
        public Builder constraint(Constraint constraint) {
            this.constraint = Optional.of(constraint);
            return this;
        }

        /**
         * Sets the stop strings.
         *
         * @param stopStrings the completion ends before the first of these
         */
        public Builder stopStrings(String... stopStrings) {
            this.stopStrings = List.of(stopStrings);
            return this;
        }

        /**
         * Sets further ids that end the completion.
         *
         * @param stopIds token ids
         */
        public Builder stopIds(int... stopIds) {
            var ids = new TreeSet<Integer>();
            for (int id : stopIds) {
                ids.add(id);
            }
            this.stopIds = ids;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if a number is out of its range
         */
        public Decoding build() {
            return new Decoding(
                    maxTokens,
                    minTokens,
                    temperature,
                    topK,
                    topP,
                    minP,
                    typicalP,
                    epsilonCutoff,
                    etaCutoff,
                    repetitionPenalty,
                    encoderRepetitionPenalty,
                    frequencyPenalty,
                    presencePenalty,
                    noRepeatNgramSize,
                    encoderNoRepeatNgramSize,
                    tokenRules,
                    constraint,
                    stopStrings,
                    stopIds,
                    ignoreEos,
                    seed,
                    beams,
                    lengthPenalty,
                    earlyStopping,
                    renormalizeLogits,
                    topLogProbabilities,
                    overflow);
        }
    }
}
