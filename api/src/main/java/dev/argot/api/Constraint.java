package dev.argot.api;

import java.util.List;

/**
 * What a completion has to look like. Tokens that could not lead to such a text are ruled out at every step, exactly, whatever the
 * tokenizer; so a completion that ends by itself always fits. One that is cut off (by {@code maxTokens}, the context, time) is the beginning of
 * a text that fits.
 *
 * <p>When the text is whole and nothing can follow it, the completion ends with {@link Completion.FinishReason#CONSTRAINT}, without asking
 * the model for an end token. Where more could follow, the model decides between its end tokens and going on.
 */
public sealed interface Constraint {
    /**
     * One text of several. A completion mostly begins with the blank that parts it from the prompt ({@code " yes"} after
     * {@code "Answer:"}).
     *
     * @param texts at least one; none empty
     */
    record Choices(List<String> texts) implements Constraint {
        /**
         * Copies the list.
         *
         * @throws IllegalArgumentException if there is no text, or an empty one
         */
        public Choices {
            texts = List.copyOf(texts);
            if (texts.isEmpty() || texts.stream().anyMatch(String::isEmpty)) {
                throw new IllegalArgumentException("choices must be one text or more, none empty: " + texts);
            }
        }
    }

    /**
     * A text that a regular expression matches as a whole: literals, classes, groups, alternatives and counts, as Java, JavaScript and Python
     * write them. {@code \d}, {@code \w} and {@code \s} are ASCII. Look-around, back references, word boundaries and flags are refused.
     *
     * @param expression the expression
     */
    record Regex(String expression) implements Constraint {}

    /**
     * JSON that a schema holds valid (draft 2020-12). The texts are a part of all valid ones: properties in the order they are declared in
     * and no others, at most a blank at the beginning and behind {@code :} and {@code ,}, recursion five deep. Supported are {@code type}, {@code enum},
     * {@code const}, {@code properties}, {@code required}, {@code additionalProperties}, {@code items}, {@code prefixItems}, counts of
     * items and characters, {@code pattern}, {@code format} (date, time, date-time, uuid, email, ipv4), bounds of numbers, {@code anyOf},
     * {@code oneOf} where types differ, {@code allOf} of objects, {@code $ref} inside the schema; what else restricts is refused.
     *
     * @param schema the schema, as JSON
     */
    record JsonSchema(String schema) implements Constraint {
        /**
         * The schema of a Java record: an object with a property for each component, named and ordered as declared. Components may be
         * {@code String}, {@code int}, {@code long}, {@code double} and {@code boolean} or their boxes, {@code BigDecimal},
         * {@code LocalDate} (written {@code 2024-12-31}), enums (by name), records, and lists and maps (with {@code String} keys) of these. A
         * component that is an {@code Optional} may be left out; all others are required.
         *
         * @param type the record's class
         * @throws IllegalArgumentException if it has a component of another type, has type parameters or contains itself; the message names
         *     the component
         */
        public static JsonSchema of(Class<? extends Record> type) {
            return new JsonSchema(RecordSchema.of(type));
        }
    }
}
