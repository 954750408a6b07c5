package dev.argot.core.constraint;

import java.util.function.Consumer;

/** Code point ranges as sequences of byte ranges (as in RE2 and Lucene's {@code UTF32ToUTF8}). Surrogates have no bytes. */
final class Utf8Ranges {
    private static final int[] LAST = {0x7f, 0x7ff, 0xffff, 0x10ffff};

    private Utf8Ranges() {}

    /**
     * Splits a range.
     *
     * @param first the first code point
     * @param last the last code point
     * @param sequences takes each sequence as first byte, last byte, first byte, last byte …
     */
    static void split(int first, int last, Consumer<int[]> sequences) {
        if (first > last) {
            return;
        }
        if (first <= 0xdfff && last >= 0xd800) { // without surrogates
            split(first, 0xd7ff, sequences);
            split(0xe000, last, sequences);
            return;
        }
        for (int limit : LAST) {
            if (first <= limit && last > limit) {
                split(first, limit, sequences);
                split(limit + 1, last, sequences);
                return;
            }
        }
        if (last > 0x7f) {
            for (int bits = 6; bits <= 18; bits += 6) {
                int mask = (1 << bits) - 1;
                if ((first & ~mask) != (last & ~mask)) {
                    if ((first & mask) != 0) {
                        split(first, first | mask, sequences);
                        split((first | mask) + 1, last, sequences);
                        return;
                    }
                    if ((last & mask) != mask) {
                        split(first, (last & ~mask) - 1, sequences);
                        split(last & ~mask, last, sequences);
                        return;
                    }
                }
            }
        }
        byte[] low = Character.toString(first).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        byte[] high = Character.toString(last).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        int[] ranges = new int[2 * low.length];
        for (int i = 0; i < low.length; i++) {
            ranges[2 * i] = low[i] & 0xff;
            ranges[2 * i + 1] = high[i] & 0xff;
        }
        sequences.accept(ranges);
    }
}
