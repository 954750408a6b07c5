package dev.argot.models.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Turns GGUF's blocks of integers into float32. The layouts are those of ggml ({@code ggml-common.h}); the order of the floating-point
 * operations is that of its Python package {@code gguf} 0.19 ({@code quants.py}), so that results agree to the bit.
 *
 * <p>In each method {@code b} holds the block at {@code p} and {@code y} takes the values at {@code o}. "Super-blocks" (the K and IQ types)
 * have 256 elements.
 */
final class GgufBlocks {
    /** Values of a 4-bit index in IQ4_NL and IQ4_XS. */
    private static final byte[] IQ4_VALUES = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /** Twice the values of the 4-bit float E2M1 (OCP Microscaling Formats 1.0). */
    private static final byte[] E2M1_DOUBLED = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private GgufBlocks() {}

    private static int u8(byte[] b, int p) {
        return b[p] & 0xFF;
    }

    private static int u16(byte[] b, int p) {
        return (b[p] & 0xFF) | (b[p + 1] & 0xFF) << 8;
    }

    private static int u32(byte[] b, int p) {
        return u16(b, p) | u16(b, p + 2) << 16;
    }

    static float f16(byte[] b, int p) {
        return Float.float16ToFloat((short) u16(b, p));
    }

    /** Scale; 32 × 4 bits, the low halves of the bytes first. */
    static void q4_0(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        for (int i = 0; i < 16; i++) {
            int q = b[p + 2 + i];
            y[o + i] = d * ((q & 0xF) - 8);
            y[o + 16 + i] = d * ((q >> 4 & 0xF) - 8);
        }
    }

    /** Scale and minimum; 32 × 4 bits. */
    static void q4_1(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        float m = f16(b, p + 2);
        for (int i = 0; i < 16; i++) {
            int q = b[p + 4 + i];
            y[o + i] = d * (q & 0xF) + m;
            y[o + 16 + i] = d * (q >> 4 & 0xF) + m;
        }
    }

    /** Scale; 32 fifth bits; 32 × 4 bits. */
    static void q5_0(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        int high = u32(b, p + 2);
        for (int i = 0; i < 16; i++) {
            int q = b[p + 6 + i];
            y[o + i] = d * (((q & 0xF) | (high >>> i & 1) << 4) - 16);
            y[o + 16 + i] = d * (((q >> 4 & 0xF) | (high >>> (16 + i) & 1) << 4) - 16);
        }
    }

    /** Scale and minimum; 32 fifth bits; 32 × 4 bits. */
    static void q5_1(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        float m = f16(b, p + 2);
        int high = u32(b, p + 4);
        for (int i = 0; i < 16; i++) {
            int q = b[p + 8 + i];
            y[o + i] = d * ((q & 0xF) | (high >>> i & 1) << 4) + m;
            y[o + 16 + i] = d * ((q >> 4 & 0xF) | (high >>> (16 + i) & 1) << 4) + m;
        }
    }

    /** Scale; 32 × 8 bits. */
    static void q8_0(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        for (int i = 0; i < 32; i++) {
            y[o + i] = d * b[p + 2 + i];
        }
    }

    /** 16 scales and minima of 4 bits; 256 × 2 bits; their scales. */
    static void q2K(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p + 80);
        float dMin = f16(b, p + 82);
        for (int e = 0; e < 256; e++) {
            int scales = b[p + e / 16];
            int q = b[p + 16 + e / 128 * 32 + e % 32] >> (2 * (e / 32 % 4)) & 3;
            y[o + e] = d * (scales & 0xF) * q - dMin * (scales >> 4 & 0xF);
        }
    }

    /** 256 third bits (set: no offset); 256 × 2 bits; 16 scales of 6 bits; their scale. */
    static void q3K(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p + 108);
        for (int group = 0; group < 16; group++) {
            int low = b[p + 96 + group % 8] >> (4 * (group / 8)) & 0xF;
            int high = b[p + 104 + group % 4] >> (2 * (group / 4)) & 3;
            float scale = d * ((low | high << 4) - 32);
            for (int e = 16 * group; e < 16 * group + 16; e++) {
                int q = b[p + 32 + e / 128 * 32 + e % 32] >> (2 * (e / 32 % 4)) & 3;
                int offset = (b[p + e % 32] >> (e / 32) & 1) == 0 ? 4 : 0;
                y[o + e] = scale * (q - offset);
            }
        }
    }

    /** The 6-bit scale of group {@code j} of Q4_K and Q5_K; {@code p}: its 12 bytes of scales. */
    static int scale6(byte[] b, int p, int j) {
        return j < 4 ? b[p + j] & 63 : (b[p + 4 + j] & 0xF) | (b[p + j - 4] >> 2 & 0x30);
    }

    /** The 6-bit minimum of group {@code j} of Q4_K and Q5_K. */
    static int minimum6(byte[] b, int p, int j) {
        return j < 4 ? b[p + 4 + j] & 63 : (b[p + 4 + j] >> 4 & 0xF) | (b[p + j] >> 2 & 0x30);
    }

    /** Scales of scales and minima; 8 of each, 6 bits; 256 × 4 bits. */
    static void q4K(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        float dMin = f16(b, p + 2);
        for (int j = 0; j < 8; j++) {
            float scale = d * scale6(b, p + 4, j);
            float minimum = dMin * minimum6(b, p + 4, j);
            for (int i = 0; i < 32; i++) {
                int q = b[p + 16 + j / 2 * 32 + i] >> (4 * (j % 2)) & 0xF;
                y[o + 32 * j + i] = scale * q - minimum;
            }
        }
    }

    /** As Q4_K, with 256 fifth bits before the 4-bit parts. */
    static void q5K(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        float dMin = f16(b, p + 2);
        for (int j = 0; j < 8; j++) {
            float scale = d * scale6(b, p + 4, j);
            float minimum = dMin * minimum6(b, p + 4, j);
            for (int i = 0; i < 32; i++) {
                int low = b[p + 48 + j / 2 * 32 + i] >> (4 * (j % 2)) & 0xF;
                int high = b[p + 16 + i] >> j & 1;
                y[o + 32 * j + i] = scale * (low | high << 4) - minimum;
            }
        }
    }

    /** 256 × low 4 bits; 256 × high 2 bits; 16 scales of 8 bits; their scale. */
    static void q6K(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p + 208);
        for (int group = 0; group < 16; group++) {
            float scale = d * b[p + 192 + group];
            for (int e = 16 * group; e < 16 * group + 16; e++) {
                int low = b[p + e / 128 * 64 + e % 64] >> (4 * (e / 64 % 2)) & 0xF;
                int high = b[p + 128 + e / 128 * 32 + e % 32] >> (2 * (e / 32 % 4)) & 3;
                y[o + e] = scale * ((low | high << 4) - 32);
            }
        }
    }

    /** Ternary, five digits a byte (48 bytes) and four a byte (4 bytes); scale. */
    static void tq1_0(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p + 52);
        int power = 1;
        for (int digit = 0; digit < 5; digit++) {
            for (int i = 0; i < 32; i++) {
                y[o + 32 * digit + i] = d * trit(b[p + i], power);
            }
            for (int i = 0; i < 16; i++) {
                y[o + 160 + 16 * digit + i] = d * trit(b[p + 32 + i], power);
            }
            if (digit < 4) {
                for (int i = 0; i < 4; i++) {
                    y[o + 240 + 4 * digit + i] = d * trit(b[p + 48 + i], power);
                }
            }
            power *= 3;
        }
    }

    /** The leading ternary digit of a fraction of 256 after it was moved up by a power of three; -1, 0 or 1. */
    private static int trit(byte packed, int power) {
        return (((packed * power & 0xFF) * 3) >> 8) - 1;
    }

    /** Ternary, 256 × 2 bits; scale. */
    static void tq2_0(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p + 64);
        for (int e = 0; e < 256; e++) {
            y[o + e] = d * ((b[p + e / 128 * 32 + e % 32] >> (2 * (e / 32 % 4)) & 3) - 1);
        }
    }

    /** Scale, a power of two (E8M0); 32 × 4-bit float (E2M1). */
    static void mxfp4(byte[] b, int p, float[] y, int o) {
        int e = u8(b, p);
        // half of 2^(e-127), because the values are doubled; the two smallest are subnormal
        float d = Float.intBitsToFloat(e < 2 ? 0x00200000 << e : (e - 1) << 23);
        for (int i = 0; i < 16; i++) {
            int q = b[p + 1 + i];
            y[o + i] = d * E2M1_DOUBLED[q & 0xF];
            y[o + 16 + i] = d * E2M1_DOUBLED[q >> 4 & 0xF];
        }
    }

    /** Four scales of 8 bits (unsigned E4M3); 64 × 4-bit float (E2M1), 16 to a scale. */
    static void nvfp4(byte[] b, int p, float[] y, int o) {
        for (int j = 0; j < 4; j++) {
            float d = halfE4m3(u8(b, p + j));
            for (int i = 0; i < 8; i++) {
                int q = b[p + 4 + 8 * j + i];
                y[o + 16 * j + i] = d * E2M1_DOUBLED[q & 0xF];
                y[o + 16 * j + 8 + i] = d * E2M1_DOUBLED[q >> 4 & 0xF];
            }
        }
    }

    /** Half the value of an unsigned 8-bit float with 4 bits of exponent (bias 7); NaN (0x7F) counts as 0. */
    private static float halfE4m3(int x) {
        int exponent = x >> 3 & 0xF;
        int mantissa = x & 7;
        if (x == 0x7F) {
            return 0;
        }
        return exponent == 0 ? mantissa * 0x1p-10f : (1 + mantissa / 8f) * (float) Math.scalb(1.0, exponent - 8);
    }

    /** Eight signs from seven bits: the eighth makes the number of minus signs even. */
    private static int signs(int seven) {
        return seven | (Integer.bitCount(seven) & 1) << 7;
    }

    private static float signed(float value, int signs, int bit) {
        return (signs >> bit & 1) == 0 ? value : -value;
    }

    /** Scale; for each 32: four 8-bit grid indexes, four times seven signs, a 4-bit scale. */
    static void iq2Xxs(byte[] b, int p, float[] y, int o) {
        byte[] grid = Grids.get().iq2Xxs;
        float d = f16(b, p);
        for (int j = 0; j < 8; j++) {
            int more = u32(b, p + 2 + 8 * j + 4);
            float scale = d * (0.5f + (more >>> 28)) * 0.25f;
            for (int l = 0; l < 4; l++) {
                int index = u8(b, p + 2 + 8 * j + l);
                int signs = signs(more >>> (7 * l) & 0x7F);
                for (int k = 0; k < 8; k++) {
                    y[o + 32 * j + 8 * l + k] = signed(scale * grid[8 * index + k], signs, k);
                }
            }
        }
    }

    /** Scale; 32 × (9-bit grid index, seven signs); 16 scales of 4 bits. */
    static void iq2Xs(byte[] b, int p, float[] y, int o) {
        byte[] grid = Grids.get().iq2Xs;
        float d = f16(b, p);
        for (int g = 0; g < 32; g++) {
            float scale = d * (0.5f + (b[p + 66 + g / 4] >> (4 * (g / 2 % 2)) & 0xF)) * 0.25f;
            int q = u16(b, p + 2 + 2 * g);
            int signs = signs(q >> 9);
            for (int k = 0; k < 8; k++) {
                y[o + 8 * g + k] = signed(scale * grid[8 * (q & 511) + k], signs, k);
            }
        }
    }

    /** Scale; 32 low bytes of 10-bit grid indexes; 256 signs; their high bits; 16 scales of 4 bits. */
    static void iq2S(byte[] b, int p, float[] y, int o) {
        byte[] grid = Grids.get().iq2S;
        float d = f16(b, p);
        for (int g = 0; g < 32; g++) {
            float scale = d * (0.5f + (b[p + 74 + g / 4] >> (4 * (g / 2 % 2)) & 0xF)) * 0.25f;
            int index = u8(b, p + 2 + g) | (b[p + 66 + g / 4] >> (2 * (g % 4)) & 3) << 8;
            for (int k = 0; k < 8; k++) {
                y[o + 8 * g + k] = signed(scale * grid[8 * index + k], b[p + 34 + g], k);
            }
        }
    }

    /** Scale; 64 × 8-bit grid index (four values each); for each 32: four times seven signs, a 4-bit scale. */
    static void iq3Xxs(byte[] b, int p, float[] y, int o) {
        byte[] grid = Grids.get().iq3Xxs;
        float d = f16(b, p);
        for (int j = 0; j < 8; j++) {
            int more = u32(b, p + 66 + 4 * j);
            float scale = d * (0.5f + (more >>> 28)) * 0.5f;
            for (int i = 0; i < 32; i++) {
                int index = u8(b, p + 2 + 8 * j + i / 4);
                int signs = signs(more >>> (7 * (i / 8)) & 0x7F);
                y[o + 32 * j + i] = signed(scale * grid[4 * index + i % 4], signs, i % 8);
            }
        }
    }

    /** Scale; 64 low bytes of 9-bit grid indexes (four values each); their high bits; 256 signs; 8 scales of 4 bits. */
    static void iq3S(byte[] b, int p, float[] y, int o) {
        byte[] grid = Grids.get().iq3S;
        float d = f16(b, p);
        for (int e = 0; e < 256; e++) {
            float scale = d * (1 + 2 * (b[p + 106 + e / 64] >> (4 * (e / 32 % 2)) & 0xF));
            int n = e / 4;
            int index = u8(b, p + 2 + n) | (b[p + 66 + n / 8] >> n % 8 & 1) << 8;
            y[o + e] = signed(scale * grid[4 * index + e % 4], b[p + 74 + e / 8], e % 8);
        }
    }

    /** Scale; 32 low bytes of 11-bit grid indexes; for each 32: their high bits, a 3-bit scale, the sign of the shift. */
    static void iq1S(byte[] b, int p, float[] y, int o) {
        byte[] grid = Grids.get().iq1S;
        float d = f16(b, p);
        for (int g = 0; g < 32; g++) {
            int more = u16(b, p + 34 + g / 4 * 2);
            float scale = d * (2 * (more >> 12 & 7) + 1);
            float shift = (more & 0x8000) == 0 ? 0.125f : -0.125f;
            int index = u8(b, p + 2 + g) | (more >> (3 * (g % 4)) & 7) << 8;
            for (int k = 0; k < 8; k++) {
                y[o + 8 * g + k] = scale * (grid[8 * index + k] + shift);
            }
        }
    }

    /** As IQ1_S with a scale for each 16 and a shift for each 8; the block's scale is spread over the scales' upper bits. */
    static void iq1M(byte[] b, int p, float[] y, int o) {
        byte[] grid = Grids.get().iq1S;
        int bits = 0;
        for (int i = 0; i < 4; i++) {
            bits |= (u16(b, p + 48 + 2 * i) & 0xF000) >> (12 - 4 * i);
        }
        float d = Float.float16ToFloat((short) bits);
        for (int g = 0; g < 32; g++) {
            int j = g / 2;
            float scale = d * (2 * (u16(b, p + 48 + j / 4 * 2) >> (3 * (j % 4)) & 7) + 1);
            int more = b[p + 32 + g / 2] >> (4 * (g % 2));
            float shift = (more & 8) == 0 ? 0.125f : -0.125f;
            int index = u8(b, p + g) | (more & 7) << 8;
            for (int k = 0; k < 8; k++) {
                y[o + 8 * g + k] = scale * (grid[8 * index + k] + shift);
            }
        }
    }

    /** Scale; 32 × 4-bit index into a table. */
    static void iq4Nl(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        for (int i = 0; i < 16; i++) {
            int q = b[p + 2 + i];
            y[o + i] = d * IQ4_VALUES[q & 0xF];
            y[o + 16 + i] = d * IQ4_VALUES[q >> 4 & 0xF];
        }
    }

    /** Scale; 8 scales of 6 bits (high parts, low parts); 256 × 4-bit index into a table. */
    static void iq4Xs(byte[] b, int p, float[] y, int o) {
        float d = f16(b, p);
        int high = u16(b, p + 2);
        for (int j = 0; j < 8; j++) {
            int low = b[p + 4 + j / 2] >> (4 * (j % 2)) & 0xF;
            float scale = d * ((low | (high >> (2 * j) & 3) << 4) - 32);
            for (int i = 0; i < 16; i++) {
                int q = b[p + 8 + 16 * j + i];
                y[o + 32 * j + i] = scale * IQ4_VALUES[q & 0xF];
                y[o + 32 * j + 16 + i] = scale * IQ4_VALUES[q >> 4 & 0xF];
            }
        }
    }

    /** The codebooks of the IQ types, one byte a value; read on first use. */
    private static final class Grids {
        private static final AtomicReference<@Nullable Grids> LOADED = new AtomicReference<>();

        final byte[] iq2Xxs; // [256, 8]
        final byte[] iq2Xs; // [512, 8]
        final byte[] iq2S; // [1024, 8]
        final byte[] iq3Xxs; // [256, 4]
        final byte[] iq3S; // [512, 4]
        final byte[] iq1S; // [2048, 8]

        private Grids(InputStream in) throws IOException {
            iq2Xxs = in.readNBytes(256 * 8);
            iq2Xs = in.readNBytes(512 * 8);
            iq2S = in.readNBytes(1024 * 8);
            iq3Xxs = in.readNBytes(256 * 4);
            iq3S = in.readNBytes(512 * 4);
            iq1S = in.readNBytes(2048 * 8);
        }

        static Grids get() {
            Grids grids = LOADED.get();
            if (grids == null) {
                try (InputStream in = GgufBlocks.class.getResourceAsStream("gguf-grids.bin")) {
                    if (in == null) {
                        throw new IllegalStateException("the resource gguf-grids.bin is missing");
                    }
                    grids = new Grids(in);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                LOADED.set(grids);
            }
            return grids;
        }
    }
}
