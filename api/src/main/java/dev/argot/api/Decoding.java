package dev.argot.api;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * How the next token is chosen and when to stop. Names and meaning are those of Hugging Face {@code GenerationConfig}; the filters run in
 * its order: repetition penalty, minimum length, temperature, top-k, top-p, min-p.
 *
 * @param maxTokens the most tokens generated; at least 1; default 256
 * @param minTokens tokens that must be generated before the text may end; default 0
 * @param temperature divides the logits; 0 means greedy; default 0
 * @param topK only the k most probable tokens are kept; 0 means all; default 0
 * @param topP the smallest set of tokens is kept whose probabilities reach this sum (nucleus, Holtzman et al. 2020); 1 means all; default 1
 * @param minP tokens are kept whose probability is at least this part of the largest (Nguyen et al. 2024); 0 means all; default 0
 * @param repetitionPenalty logits of tokens already in prompt or completion are divided by it when positive and multiplied when negative
 *     (Keskar et al. 2019); 1 means none; default 1
 * @param stopStrings the completion ends before the first of these; none is empty; default none
 * @param stopIds further token ids that end the completion beside the model's own; default none
 * @param ignoreEos whether the model's own end tokens are generated like any other, for measuring; default false
 * @param seed seeds the random choice; default 0
 * @param beams beam search keeps this many hypotheses; 1 means none; needs temperature 0; default 1
 * @param lengthPenalty beams are compared by log-probability divided by length to this power; default 1
 * @param earlyStopping when beam search ends; default {@link EarlyStopping#HEURISTIC}
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
        double repetitionPenalty,
        List<String> stopStrings,
        Set<Integer> stopIds,
        boolean ignoreEos,
        long seed,
        int beams,
        double lengthPenalty,
        EarlyStopping earlyStopping,
        int topLogProbabilities,
        Overflow overflow) {

    /** What happens to a prompt that leaves no room for an answer. */
    public enum Overflow {
        /** A {@link ContextLengthException}. */
        REFUSE,
        /**
         * Tokens are taken from the start of the prompt until the prompt and {@code maxTokens} fit, or half of the context is prompt; the
         * result says how many.
         */
        TRUNCATE_START
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
        require(
                repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
                "repetitionPenalty must be > 0: ",
                repetitionPenalty);
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
        b.repetitionPenalty = repetitionPenalty;
        b.stopStrings = stopStrings;
        b.stopIds = stopIds;
        b.ignoreEos = ignoreEos;
        b.seed = seed;
        b.beams = beams;
        b.lengthPenalty = lengthPenalty;
        b.earlyStopping = earlyStopping;
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
        private double repetitionPenalty = 1;
        private List<String> stopStrings = List.of();
        private Set<Integer> stopIds = Set.of();
        private boolean ignoreEos;
        private long seed;
        private int beams = 1;
        private double lengthPenalty = 1;
        private EarlyStopping earlyStopping = EarlyStopping.HEURISTIC;
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
                    repetitionPenalty,
                    stopStrings,
                    stopIds,
                    ignoreEos,
                    seed,
                    beams,
                    lengthPenalty,
                    earlyStopping,
                    topLogProbabilities,
                    overflow);
        }
    }
}
