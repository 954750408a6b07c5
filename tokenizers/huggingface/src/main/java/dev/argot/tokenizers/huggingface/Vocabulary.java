package dev.argot.tokenizers.huggingface;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokens and their ids; a token has one id and an id one token. Written while a tokenizer is read, then only read. */
final class Vocabulary {
    private final Map<String, Integer> ids;
    private @Nullable String[] tokens;
    private int limit;

    Vocabulary(int expected) {
        ids = new HashMap<>(expected * 2);
        tokens = new @Nullable String[Math.max(16, expected)];
    }

    /** A copy that grows apart from this one. */
    Vocabulary copy() {
        Vocabulary copy = new Vocabulary(ids.size());
        copy.ids.putAll(ids);
        copy.tokens = tokens.clone();
        copy.limit = limit;
        return copy;
    }

    /** Adds a token; what stands in the way if it or its id is taken, else null. */
    @Nullable
    String add(String token, int id) {
        String other = token(id);
        if (other != null) {
            return "id " + id + " already belongs to '" + other + "'";
        }
        Integer otherId = ids.putIfAbsent(token, id);
        if (otherId != null) {
            return "token '" + token + "' already has id " + otherId;
        }
        if (id >= tokens.length) {
            @Nullable String[] grown = new @Nullable String[Math.max(id + 1, tokens.length * 2)];
            System.arraycopy(tokens, 0, grown, 0, tokens.length);
            tokens = grown;
        }
        tokens[id] = token;
        limit = Math.max(limit, id + 1);
        return null;
    }

    /** The token with an id, or null. */
    @Nullable
    String token(int id) {
        return id >= 0 && id < limit ? tokens[id] : null;
    }

    /** The id of a token, or -1. */
    int id(String token) {
        Integer id = ids.get(token);
        return id == null ? -1 : id;
    }

    /** Number of tokens. */
    int size() {
        return ids.size();
    }

    /** One more than the largest id. */
    int limit() {
        return limit;
    }
}
