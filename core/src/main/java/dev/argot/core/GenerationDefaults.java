package dev.argot.core;

import dev.argot.api.Decoding;
import dev.argot.api.Decoding.TokenRules;
import dev.argot.api.FileFormatException;
import dev.argot.api.Tokenizer;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What a checkpoint says about generation. Stateless, hence thread-safe. */
final class GenerationDefaults {
    private static final System.Logger LOGGER = System.getLogger(GenerationDefaults.class.getName());

    private static final int MAX_TOKENS = 256;
    /** What Hugging Face filters sampled tokens with when nothing is said. */
    private static final int TOP_K = 50;

    /** Settings that are not honoured, with the values that mean nothing. */
    private static final Map<String, Set<String>> NOT_HONOURED = Map.of(
            "guidance_scale", Set.of("1", "1.0"),
            "num_beam_groups", Set.of("1"),
            "diversity_penalty", Set.of("0", "0.0"),
            "penalty_alpha", Set.of("0", "0.0"),
            "force_words_ids", Set.of(),
            "constraints", Set.of(),
            "watermarking_config", Set.of(),
            "dola_layers", Set.of(),
            "top_h", Set.of(),
            "max_time", Set.of());

    private GenerationDefaults() {}

    /**
     * The settings of {@code generation_config.json}, or of {@code config.json}, where they were before that file existed; else greedy.
     *
     * @param checkpoint the checkpoint
     * @param encoderDecoder whether a decoder reads an encoder's output, so that lengths count its tokens alone
     */
    static Decoding decoding(Checkpoint checkpoint, boolean encoderDecoder) {
        Config config = config(checkpoint);
        int maxTokens = Math.min(MAX_TOKENS, maxTokens(config, encoderDecoder));
        var builder = Decoding.builder()
                .maxTokens(maxTokens)
                .minTokens(Math.min(maxTokens, minTokens(config, encoderDecoder)))
                .repetitionPenalty(config.number("repetition_penalty", 1))
                .encoderRepetitionPenalty(config.number("encoder_repetition_penalty", 1))
                .noRepeatNgramSize(config.integer("no_repeat_ngram_size", 0))
                .encoderNoRepeatNgramSize(config.integer("encoder_no_repeat_ngram_size", 0))
                .stopStrings(stopStrings(config));
        if (config.flag("do_sample", false)) {
            builder.temperature(config.number("temperature", 1))
                    .topK(config.integer("top_k", TOP_K))
                    .topP(config.number("top_p", 1))
                    .minP(config.number("min_p", 0))
                    .typicalP(config.number("typical_p", 1))
                    .epsilonCutoff(config.number("epsilon_cutoff", 0))
                    .etaCutoff(config.number("eta_cutoff", 0));
        } else {
            builder.beams(config.size("num_beams", 1))
                    .lengthPenalty(config.number("length_penalty", 1))
                    .earlyStopping(earlyStopping(config))
                    .renormalizeLogits(config.flag("renormalize_logits", false));
        }
        warn(config, encoderDecoder);
        try {
            return builder.tokenRules(rules(config)).build();
        } catch (IllegalArgumentException e) {
            throw new FileFormatException(config.file(), String.valueOf(e.getMessage()), e);
        }
    }

    private static Config config(Checkpoint checkpoint) {
        return checkpoint.generationConfig().orElse(checkpoint.config());
    }

    /** Lengths count the decoder's start token, too. */
    private static int maxTokens(Config config, boolean encoderDecoder) {
        if (config.has("max_new_tokens") || !encoderDecoder || !config.has("max_length")) {
            return config.size("max_new_tokens", MAX_TOKENS);
        }
        return Math.max(1, config.size("max_length") - 1);
    }

    private static int minTokens(Config config, boolean encoderDecoder) {
        int least = config.integer("min_new_tokens", 0);
        return encoderDecoder ? Math.max(least, config.integer("min_length", 0) - 1) : least;
    }

    private static String[] stopStrings(Config config) {
        if (config.values().get("stop_strings") instanceof String one) {
            return new String[] {one};
        }
        return config.list("stop_strings").stream()
                .map(text -> {
                    if (text instanceof String s) {
                        return s;
                    }
                    throw config.error("stop_strings", "expected texts, found " + text);
                })
                .toArray(String[]::new);
    }

    private static TokenRules rules(Config config) {
        TokenRules rules = TokenRules.NONE
                .withSequenceBias(sequenceBias(config))
                .withBadWords(badWords(config))
                .withSuppressed(ids(config, "suppress_tokens"), ids(config, "begin_suppress_tokens"))
                .withForced(
                        config.has("forced_bos_token_id")
                                ? OptionalInt.of(config.integer("forced_bos_token_id"))
                                : OptionalInt.empty(),
                        ids(config, "forced_eos_token_id"));
        if (!config.has("exponential_decay_length_penalty")) {
            return rules;
        }
        double[] decay = config.numbers("exponential_decay_length_penalty");
        if (decay.length != 2 || decay[0] != Math.rint(decay[0])) {
            throw config.error(
                    "exponential_decay_length_penalty",
                    "expected a number of tokens and a factor, found " + Arrays.toString(decay));
        }
        return rules.withDecay((int) decay[0], decay[1]);
    }

    private static Set<List<Integer>> badWords(Config config) {
        var words = new HashSet<List<Integer>>();
        for (Object word : config.list("bad_words_ids")) {
            words.add(sequence(config, "bad_words_ids", word));
        }
        return words;
    }

    private static Map<List<Integer>, Double> sequenceBias(Config config) {
        var biases = new HashMap<List<Integer>, Double>();
        for (Object pair : config.list("sequence_bias")) {
            if (!(pair instanceof List<?> two) || two.size() != 2 || !(two.get(1) instanceof Number bias)) {
                throw config.error("sequence_bias", "expected lists of token ids and a number, found " + pair);
            }
            biases.put(sequence(config, "sequence_bias", two.get(0)), bias.doubleValue());
        }
        return biases;
    }

    private static List<Integer> sequence(Config config, String key, @Nullable Object value) {
        if (!(value instanceof List<?> list) || list.isEmpty()) {
            throw config.error(key, "expected lists of token ids, found " + value);
        }
        var ids = new ArrayList<Integer>();
        for (Object id : list) {
            ids.add(id(config, key, id));
        }
        return ids;
    }

    /** What changes the text, and is not done here: the reader of a log should know. */
    private static void warn(Config config, boolean encoderDecoder) {
        var ignored = new TreeSet<String>();
        NOT_HONOURED.forEach((key, harmless) -> {
            if (config.has(key)
                    && !harmless.contains(String.valueOf(config.values().get(key)))) {
                ignored.add(key);
            }
        });
        if (!encoderDecoder && config.integer("min_length", 0) > 0) {
            ignored.add("min_length"); // counts the prompt
        }
        if (config.flag("do_sample", false) && config.integer("num_beams", 1) > 1) {
            ignored.add("num_beams");
        }
        if (!ignored.isEmpty()) {
            LOGGER.log(System.Logger.Level.WARNING, "{0}: generation ignores {1}", config.file(), ignored);
        }
    }

    private static Decoding.EarlyStopping earlyStopping(Config config) {
        Object value = config.values().get("early_stopping");
        if (value == null || value.equals(false)) {
            return Decoding.EarlyStopping.HEURISTIC;
        }
        if (value.equals(true)) {
            return Decoding.EarlyStopping.FIRST_FINISHED;
        }
        if (value.equals("never")) {
            return Decoding.EarlyStopping.EXHAUSTIVE;
        }
        throw config.error("early_stopping", "expected true, false or \"never\", found " + value);
    }

    /** The tokens that end a text: those of {@code generation_config.json}, else of {@code config.json}, else the tokenizer's. */
    static Set<Integer> eosIds(Checkpoint checkpoint, Tokenizer tokenizer) {
        Optional<Config> generation = checkpoint.generationConfig();
        if (generation.isPresent() && generation.get().has("eos_token_id")) {
            return ids(generation.get(), "eos_token_id");
        }
        if (checkpoint.config().has("eos_token_id")) {
            return ids(checkpoint.config(), "eos_token_id");
        }
        var ids = new TreeSet<Integer>();
        tokenizer.specialTokens().eos().ifPresent(ids::add);
        return ids;
    }

    /** One id or a list of them. */
    private static Set<Integer> ids(Config config, String key) {
        var ids = new TreeSet<Integer>();
        if (config.has(key) && !(config.values().get(key) instanceof List<?>)) {
            ids.add(config.integer(key));
            return ids;
        }
        for (Object id : config.list(key)) {
            ids.add(id(config, key, id));
        }
        return ids;
    }

    private static int id(Config config, String key, @Nullable Object id) {
        if (!(id instanceof Long number) || number < 0 || number > Integer.MAX_VALUE) {
            throw config.error(key, "expected token ids, found " + id);
        }
        return Math.toIntExact(number);
    }

    /**
     * What a decoder that reads an encoder's output begins with: {@code decoder_start_token_id}, else the token that begins a text.
     *
     * @throws FileFormatException if there is neither
     */
    static int decoderStartId(Checkpoint checkpoint, Tokenizer tokenizer) {
        for (Config config : List.of(config(checkpoint), checkpoint.config())) {
            if (config.has("decoder_start_token_id")) {
                return config.integer("decoder_start_token_id");
            }
        }
        return bosId(checkpoint, tokenizer).orElseThrow(() -> checkpoint
                .config()
                .error("decoder_start_token_id", "expected a token id, but it is missing, and so is bos_token_id"));
    }

    /** The token that begins a text: the tokenizer's, else that of {@code config.json}. */
    static OptionalInt bosId(Checkpoint checkpoint, Tokenizer tokenizer) {
        OptionalInt bos = tokenizer.specialTokens().bos();
        return bos.isPresent() || !checkpoint.config().has("bos_token_id")
                ? bos
                : OptionalInt.of(checkpoint.config().integer("bos_token_id"));
    }
}
