package dev.argot.api;

import java.util.ArrayList;
import java.util.List;

/**
 * How encodings of different lengths become rows of one batch. Padding has the {@link Encoding#attentionMask() attention mask} 0.
 *
 * @param id the token that fills rows, such as {@link Tokenizer.SpecialTokens#pad()}; 0 or more
 * @param typeId its segment; 0 or more
 * @param side where it is put
 * @param length tokens of a row, at least; 0: as many as the longest encoding has. Longer encodings keep their length
 * @param multipleOf the row's length is raised to a multiple of this; at least 1
 */
public record Padding(int id, int typeId, EncodeOptions.Truncation.Side side, int length, int multipleOf) {
    /** Validates the numbers. */
    public Padding {
        if (id < 0 || typeId < 0 || length < 0) {
            throw new IllegalArgumentException(
                    "id, typeId and length must not be negative: " + id + ", " + typeId + ", " + length);
        }
        if (multipleOf < 1) {
            throw new IllegalArgumentException("multipleOf must be at least 1: " + multipleOf);
        }
    }

    /**
     * Pads at the end, to the length of the longest encoding.
     *
     * @param id the token that fills rows
     */
    public static Padding with(int id) {
        return new Padding(id, 0, EncodeOptions.Truncation.Side.END, 0, 1);
    }

    /**
     * The encodings, padded; their overflowing parts too.
     *
     * @param encodings the rows of a batch
     */
    public List<Encoding> apply(List<Encoding> encodings) {
        int rows = length;
        if (rows == 0) {
            for (Encoding encoding : encodings) {
                rows = Math.max(rows, encoding.size());
            }
        }
        rows = Math.toIntExact((rows + (long) multipleOf - 1) / multipleOf * multipleOf);
        List<Encoding> padded = new ArrayList<>(encodings.size());
        for (Encoding encoding : encodings) {
            padded.add(encoding.padded(this, rows));
        }
        return padded;
    }
}
