package dev.argot.models.format;

import static dev.argot.models.format.GgufBlocks.f16;

import dev.argot.spi.FourBitGroups;

/**
 * Takes 4-bit groups out of GGUF's blocks as they are. The layouts are those of {@link GgufBlocks}, and so are the values: a scale times a
 * code plus a minimum gives the dequantised element to the bit.
 *
 * <p>In each method {@code b} holds the block at {@code p}; the group goes to index {@code at}.
 */
final class GgufGroups {
    private GgufGroups() {}

    /** Scale; codes whose middle is 8. */
    static void q4_0(byte[] b, int p, int group, byte[] codes, float[] scales, float[] minima, int at) {
        scales[at] = f16(b, p);
        minima[at] = -8 * scales[at];
        System.arraycopy(b, p + 2, codes, FourBitGroups.BYTES * at, FourBitGroups.BYTES);
    }

    /** Scale, minimum, codes. */
    static void q4_1(byte[] b, int p, int group, byte[] codes, float[] scales, float[] minima, int at) {
        scales[at] = f16(b, p);
        minima[at] = f16(b, p + 2);
        System.arraycopy(b, p + 4, codes, FourBitGroups.BYTES * at, FourBitGroups.BYTES);
    }

    /** Eight groups, two of which share bytes: one their low, the other their high four bits. */
    static void q4K(byte[] b, int p, int group, byte[] codes, float[] scales, float[] minima, int at) {
        scales[at] = f16(b, p) * GgufBlocks.scale6(b, p + 4, group);
        minima[at] = -(f16(b, p + 2) * GgufBlocks.minimum6(b, p + 4, group));
        int from = p + 16 + group / 2 * FourBitGroups.SIZE;
        int shift = 4 * (group % 2);
        for (int i = 0; i < FourBitGroups.BYTES; i++) {
            int low = b[from + i] >> shift & 0xF;
            int high = b[from + FourBitGroups.BYTES + i] >> shift & 0xF;
            codes[FourBitGroups.BYTES * at + i] = (byte) (low | high << 4);
        }
    }
}
