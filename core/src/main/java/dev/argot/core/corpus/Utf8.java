package dev.argot.core.corpus;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Checks UTF-8 as the Unicode Standard defines it (table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;

    private Utf8() {}

    /**
     * Finds the first malformed byte.
     *
     * @param bytes what is looked at
     * @param from first index
     * @param to last index, exclusive
     * @return its index; -1 where there is none
     */
    static int malformedAt(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to) {
            if (i + 8 <= to && ((long) LONGS.get(bytes, i) & HIGH_BITS) == 0) {
                i += 8;
                continue;
            }
            int lead = bytes[i] & 0xff;
            if (lead < 0x80) {
                i++;
                continue;
            }
            int size = lead >= 0xc2 && lead <= 0xdf
                    ? 2
                    : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
            if (size == 0 || i + size > to) {
                return i;
            }
            int second = bytes[i + 1] & 0xff;
            int least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
            int most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
            if (second < least || second > most) {
                return i;
            }
            for (int k = 2; k < size; k++) {
                if ((bytes[i + k] & 0xc0) != 0x80) {
                    return i;
                }
            }
            i += size;
        }
        return -1;
    }

    /**
     * The length of a text in UTF-8. What is not part of a pair of surrogates counts three bytes.
     *
     * @param text any text
     */
    static long length(String text) {
        int size = text.length();
        long bytes = size;
        for (int i = 0; i < size; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                bytes += c < 0x800 ? 1 : 2;
                if (Character.isHighSurrogate(c) && i + 1 < size && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++; // four bytes for two chars
                }
            }
        }
        return bytes;
    }
}
