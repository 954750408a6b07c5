package dev.argot.core.constraint;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Constraint;
import dev.argot.core.decoding.PieceTokenizer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConstraintsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | expected an object, found an empty text",
                "{'type':[]} | no text fits",
                "{'type':'string','type':'integer'} | not JSON: Duplicate field 'type'",
                "{'type' | not JSON: ",
            })
    void masks_unfitSchema_saysWhat(String schema, String problem) {
        assertThatThrownBy(() -> new Constraints(PieceTokenizer.letters(3))
                        .masks(new Constraint.JsonSchema(schema.replace('\'', '"'))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("JSON schema: " + problem);
    }
}
