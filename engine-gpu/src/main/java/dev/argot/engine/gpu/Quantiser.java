package dev.argot.engine.gpu;

import dev.argot.spi.FourBitGroups;

/** Turns rows of a matrix into integers with scales, rounded as the kernels will read them: scales and zeros are bfloat16. */
final class Quantiser {
    /** Adding and subtracting it rounds a float of small magnitude to the nearest integer, ties to even. */
    private static final float ROUND = 0x1.8p23f;

    private static final float LEAST_SCALE = 1e-8f;

    private Quantiser() {}

    /** The nearest bfloat16, ties to even. */
    static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.isNaN(value) ? (short) 0x7FC0 : (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
    }

    static float toFloat(short bfloat16) {
        return Float.intBitsToFloat(bfloat16 << 16);
    }

    /**
     * A row as integers of -127 to 127, symmetric.
     *
     * @param row holds the row at {@code from}
     * @param target takes the integers from {@code at}
     * @return the scale, a bfloat16
     */
    static short int8(float[] row, int from, int width, byte[] target, int at) {
        float largest = 0;
        for (int i = 0; i < width; i++) {
            largest = Math.max(largest, Math.abs(row[from + i]));
        }
        short scale = bfloat16(Math.max(largest, LEAST_SCALE) / 127);
        float s = toFloat(scale);
        for (int i = 0; i < width; i++) {
            float rounded = row[from + i] / s + ROUND - ROUND;
            target[at + i] = (byte) (int) Math.max(-127, Math.min(127, rounded));
        }
        return scale;
    }

    /**
     * Groups of {@link FourBitGroups#SIZE} elements as 4-bit codes between the least and the greatest element, codes as in
     * {@link FourBitGroups#read}.
     *
     * @param values holds the groups one after another
     * @param count number of groups
     * @param scalesAndZeros takes scale and zero of each, as bfloat16; the zero is the value of code 8
     */
    static void int4(float[] values, int count, byte[] codes, short[] scalesAndZeros) {
        for (int g = 0; g < count; g++) {
            int from = g * FourBitGroups.SIZE;
            float least = values[from];
            float greatest = least;
            for (int i = 1; i < FourBitGroups.SIZE; i++) {
                least = Math.min(least, values[from + i]);
                greatest = Math.max(greatest, values[from + i]);
            }
            short scale = bfloat16(Math.max((greatest - least) / 15, LEAST_SCALE));
            float s = toFloat(scale);
            short zero = bfloat16(least + 8 * s);
            float z = toFloat(zero);
            for (int i = 0; i < FourBitGroups.BYTES; i++) {
                int low = code(values[from + i], s, z);
                int high = code(values[from + FourBitGroups.BYTES + i], s, z);
                codes[g * FourBitGroups.BYTES + i] = (byte) (low | high << 4);
            }
            scalesAndZeros[2 * g] = scale;
            scalesAndZeros[2 * g + 1] = zero;
        }
    }

    private static int code(float value, float scale, float zero) {
        float rounded = (value - zero) / scale + ROUND - ROUND;
        return (int) Math.max(0, Math.min(15, rounded + 8));
    }

    /**
     * Scales and zeros of codes that are there already. Only the scale and the zero are rounded; the error is spread evenly around the
     * middle of the group.
     */
    static void int4(float[] scales, float[] minima, int count, short[] scalesAndZeros) {
        for (int g = 0; g < count; g++) {
            scalesAndZeros[2 * g] = bfloat16(scales[g]);
            scalesAndZeros[2 * g + 1] = bfloat16(minima[g] + 8 * scales[g]);
        }
    }
}
