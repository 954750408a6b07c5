package dev.argot.api.prompt;

import java.util.List;

/** What may fill a slot of a template. */
public sealed interface SlotType {
    /** Any text; may be shortened where the prompt is too long ({@link GiveWay#INPUT}). The default. */
    record Text() implements SlotType {}

    /** Text without line breaks. */
    record Line() implements SlotType {}

    /** A number in decimal notation, such as {@code -12.5}. */
    record Decimal() implements SlotType {}

    /**
     * One of several values.
     *
     * @param values what is allowed; at least one
     */
    record OneOf(List<String> values) implements SlotType {
        /**
         * Copies the list.
         *
         * @throws IllegalArgumentException if there is no value
         */
        public OneOf {
            values = List.copyOf(values);
            if (values.isEmpty()) {
                throw new IllegalArgumentException("expected one value or more that fill a slot, found none");
            }
        }
    }
}
