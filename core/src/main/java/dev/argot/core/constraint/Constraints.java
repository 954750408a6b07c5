package dev.argot.core.constraint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.argot.api.ArgotException;
import dev.argot.api.Constraint;
import dev.argot.api.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Makes masks of constraints for one tokenizer, and keeps those used last. Thread-safe. */
public final class Constraints {
    private static final int KEPT = 64;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Tokenizer tokenizer;
    private final Cache<Constraint, TokenMasks> masks =
            Caffeine.newBuilder().maximumSize(KEPT).build();
    private TokenMasks.@Nullable Vocabulary vocabulary;
    private TokenMasks.@Nullable Vocabulary beginning;

    /**
     * For a tokenizer.
     *
     * @param tokenizer tells what tokens stand for
     */
    public Constraints(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    /**
     * The masks of a constraint.
     *
     * @param constraint the constraint
     * @throws IllegalArgumentException if it is malformed, no text fits, or none can be spelt with the tokens
     * @throws ArgotException if tokens of the tokenizer have no bytes of their own
     */
    public TokenMasks masks(Constraint constraint) {
        return masks.get(constraint, c -> new TokenMasks(automaton(c), vocabulary(), this::beginning));
    }

    private static Automaton automaton(Constraint constraint) {
        Pattern pattern = pattern(constraint);
        try {
            return new Automaton(pattern);
        } catch (IllegalArgumentException e) {
            String kind =
                    switch (constraint) {
                        case Constraint.Choices ignored -> "choices";
                        case Constraint.Regex ignored -> "regular expression";
                        case Constraint.JsonSchema ignored -> "JSON schema";
                    };
            throw new IllegalArgumentException(kind + ": " + e.getMessage(), e);
        }
    }

    private static Pattern pattern(Constraint constraint) {
        return switch (constraint) {
            case Constraint.Choices choices ->
                Pattern.choice(choices.texts().stream().map(Pattern::text).toList());
            case Constraint.Regex regex -> RegexParser.parse(regex.expression());
            case Constraint.JsonSchema schema -> {
                try {
                    JsonNode read = JSON.readTree(schema.schema());
                    if (read.isMissingNode()) {
                        throw new IllegalArgumentException("JSON schema: expected an object, found an empty text");
                    }
                    // the blank that parts a completion from its prompt, where the model writes one
                    yield Pattern.sequence(Pattern.optional(Pattern.text(" ")), JsonSchema.pattern(read));
                } catch (JsonProcessingException e) {
                    throw new IllegalArgumentException("JSON schema: not JSON: " + e.getOriginalMessage(), e);
                }
            }
        };
    }

    private synchronized TokenMasks.Vocabulary vocabulary() {
        TokenMasks.Vocabulary known = vocabulary;
        if (known == null) {
            known = new TokenMasks.Vocabulary(tokenizer.vocabularySize(), this::bytes);
            vocabulary = known;
        }
        return known;
    }

    /** What tokens stand for where a text begins: as they are decoded alone, whole characters at least. */
    private synchronized TokenMasks.Vocabulary beginning() {
        TokenMasks.Vocabulary known = beginning;
        if (known == null) {
            known = new TokenMasks.Vocabulary(tokenizer.vocabularySize(), id -> {
                byte[] inside = bytes(id);
                if (inside == null || inside.length == 0 || inside[0] != ' ') {
                    return inside; // nothing but a blank is dropped
                }
                byte[] alone = tokenizer.decode(new int[] {id}, true).getBytes(StandardCharsets.UTF_8);
                int dropped = inside.length - alone.length;
                return dropped >= 0 && Arrays.equals(alone, 0, alone.length, inside, dropped, inside.length)
                        ? alone
                        : inside;
            });
            beginning = known;
        }
        return known;
    }

    private byte @Nullable [] bytes(int id) {
        try {
            return tokenizer.bytes(id);
        } catch (IllegalArgumentException e) { // no token has this id
            return null;
        } catch (UnsupportedOperationException e) {
            throw new ArgotException(
                    "This model takes no constraints: its tokenizer joins tokens with blanks, or mends those between them, as "
                            + "WordPiece does, so that a token stands for no text of its own. Use a model with a BPE or Unigram "
                            + "tokenizer.",
                    e);
        }
    }
}
