package dev.argot.core;

import dev.argot.api.Decoding;
import dev.argot.api.FileFormatException;
import dev.argot.api.Tokenizer;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.Config;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** What a checkpoint says about generation. Stateless, hence thread-safe. */
final class GenerationDefaults {
    private static final int MAX_TOKENS = 256;
    /** What Hugging Face filters sampled tokens with when nothing is said. */
    private static final int TOP_K = 50;

    private GenerationDefaults() {}

    /** The settings of {@code generation_config.json}, else greedy. */
    static Decoding decoding(Checkpoint checkpoint) {
        Optional<Config> stated = checkpoint.generationConfig();
        if (stated.isEmpty()) {
            return Decoding.greedy();
        }
        Config config = stated.get();
        boolean sample = config.flag("do_sample", false);
        var builder = Decoding.builder()
                .maxTokens(Math.min(MAX_TOKENS, config.size("max_new_tokens", MAX_TOKENS)))
                .repetitionPenalty(config.number("repetition_penalty", 1));
        if (sample) {
            builder.temperature(config.number("temperature", 1))
                    .topK(config.integer("top_k", TOP_K))
                    .topP(config.number("top_p", 1))
                    .minP(config.number("min_p", 0));
        } else {
            builder.beams(config.size("num_beams", 1))
                    .lengthPenalty(config.number("length_penalty", 1))
                    .earlyStopping(earlyStopping(config));
        }
        try {
            return builder.build();
        } catch (IllegalArgumentException e) {
            throw new FileFormatException(config.file(), String.valueOf(e.getMessage()), e);
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
            return ids(generation.get());
        }
        if (checkpoint.config().has("eos_token_id")) {
            return ids(checkpoint.config());
        }
        var ids = new TreeSet<Integer>();
        tokenizer.specialTokens().eos().ifPresent(ids::add);
        return ids;
    }

    private static Set<Integer> ids(Config config) {
        var ids = new TreeSet<Integer>();
        if (!(config.values().get("eos_token_id") instanceof List<?>)) {
            ids.add(config.integer("eos_token_id"));
            return ids;
        }
        for (Object id : config.list("eos_token_id")) {
            if (!(id instanceof Long number) || number < 0 || number > Integer.MAX_VALUE) {
                throw config.error("eos_token_id", "expected token ids, found " + id);
            }
            ids.add(Math.toIntExact(number));
        }
        return ids;
    }

    /** The token that begins a text: the tokenizer's, else that of {@code config.json}. */
    static OptionalInt bosId(Checkpoint checkpoint, Tokenizer tokenizer) {
        OptionalInt bos = tokenizer.specialTokens().bos();
        return bos.isPresent() || !checkpoint.config().has("bos_token_id")
                ? bos
                : OptionalInt.of(checkpoint.config().integer("bos_token_id"));
    }

    /** The token a decoder apart from its encoder begins with. */
    static int decoderStartId(Checkpoint checkpoint, Tokenizer tokenizer) {
        Optional<Config> generation = checkpoint.generationConfig();
        if (generation.isPresent() && generation.get().has("decoder_start_token_id")) {
            return generation.get().integer("decoder_start_token_id");
        }
        if (checkpoint.config().has("decoder_start_token_id")) {
            return checkpoint.config().integer("decoder_start_token_id");
        }
        return bosId(checkpoint, tokenizer)
                .orElseThrow(() -> checkpoint.config().error("decoder_start_token_id", "missing"));
    }
}
