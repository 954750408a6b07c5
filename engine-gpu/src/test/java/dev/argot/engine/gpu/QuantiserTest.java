package dev.argot.engine.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.spi.FourBitGroups;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantiserTest {
    /** The low 16 bits of a float32 cut off by exact arithmetic. */
    private static float roundedSlowly(float value) {
        float below = Float.intBitsToFloat(Float.floatToIntBits(value) & 0xFFFF0000);
        float above = Float.intBitsToFloat((Float.floatToIntBits(value) & 0xFFFF0000) + 0x10000);
        var toBelow = new BigDecimal(value).subtract(new BigDecimal(below)).abs();
        var toAbove = new BigDecimal(value).subtract(new BigDecimal(above)).abs();
        int order = toBelow.compareTo(toAbove);
        boolean belowIsEven = (Float.floatToIntBits(below) & 0x10000) == 0;
        return order < 0 || (order == 0 && belowIsEven) ? below : above;
    }

    @RepeatedTest(20)
    void bfloat16_ofAFloat_isTheNearest(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        for (int i = 0; i < 1000; i++) {
            float value = Float.intBitsToFloat((random.nextInt() & 0x8FFFFFFF) | 0x30000000);
            float tie = Float.intBitsToFloat((Float.floatToIntBits(value) & 0xFFFF0000) | 0x8000);
            for (float f : new float[] {value, tie}) {
                assertThat(Quantiser.toFloat(Quantiser.bfloat16(f)))
                        .as("%s, seed %d", f, seed)
                        .isEqualTo(roundedSlowly(f));
            }
        }
    }

    @Test
    void bfloat16_ofNaN_isNaN() {
        assertThat(Quantiser.toFloat(Quantiser.bfloat16(Float.intBitsToFloat(0x7F800001))))
                .isNaN();
    }

    @RepeatedTest(20)
    void int8_ofARow_isTheNearestMultipleOfTheScale(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        int width = 1 + random.nextInt(100);
        var row = new float[width + 3];
        float largest = 0;
        for (int i = 0; i < width; i++) {
            row[i + 3] = (float) random.nextGaussian();
            largest = Math.max(largest, Math.abs(row[i + 3]));
        }
        var codes = new byte[width + 5];
        float scale = Quantiser.toFloat(Quantiser.int8(row, 3, width, codes, 2));
        assertThat(scale).as("seed %d", seed).isEqualTo(roundedSlowly(largest / 127));
        for (int i = 0; i < width; i++) {
            int nearest = new BigDecimal(row[i + 3] / scale)
                    .setScale(0, RoundingMode.HALF_EVEN)
                    .intValue();
            assertThat((int) codes[i + 2]).as("%d, seed %d", i, seed).isEqualTo(Math.max(-127, Math.min(127, nearest)));
        }
    }

    @RepeatedTest(20)
    void int4_ofGroups_liesWithinHalfAStep(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        int groups = 5;
        var values = new float[groups * FourBitGroups.SIZE];
        for (int i = 0; i < values.length; i++) {
            int group = i / FourBitGroups.SIZE;
            values[i] = (float) (random.nextGaussian() + group);
        }
        var codes = new byte[groups * FourBitGroups.BYTES];
        var factors = new short[2 * groups];
        Quantiser.int4(values, groups, codes, factors);
        for (int i = 0; i < values.length; i++) {
            int g = i / FourBitGroups.SIZE;
            float scale = Quantiser.toFloat(factors[2 * g]);
            float zero = Quantiser.toFloat(factors[2 * g + 1]);
            // scale and zero are rounded to 8 bits, so the outermost codes may be off by a little more
            float margin = scale / 2 + 8 * scale / 256 + Math.abs(zero) / 256;
            assertThat(scale * (code(codes, i) - 8) + zero)
                    .as("%d, seed %d", i, seed)
                    .isBetween(values[i] - margin, values[i] + margin);
        }
    }

    @Test
    void int4_ofCodesThatAreThere_keepsTheMiddleOfTheGroup() {
        var factors = new short[4];
        Quantiser.int4(new float[] {0.1003f, -0.25f}, new float[] {-0.7f, 2f}, 2, factors);
        assertThat(Quantiser.toFloat(factors[0])).isEqualTo(roundedSlowly(0.1003f));
        assertThat(Quantiser.toFloat(factors[1])).isEqualTo(roundedSlowly(-0.7f + 8 * 0.1003f));
        assertThat(Quantiser.toFloat(factors[2])).isEqualTo(-0.25f);
        assertThat(Quantiser.toFloat(factors[3])).isZero();
    }

    /** The code of an element, by the definition of {@link FourBitGroups#read}. */
    private static int code(byte[] codes, int element) {
        int b = codes[element / 32 * 16 + element % 16];
        return element % 32 < 16 ? b & 0xF : b >> 4 & 0xF;
    }

    @ParameterizedTest
    @CsvSource({"64, true", "32, true", "32, false", "16, false"})
    void pack_ofRows_putsTwoRowsOfABlockIntoAByte(int rows, boolean halves) {
        int width = 96;
        var codes = new byte[FourBitLayout.ROWS * width / 2];
        new Random(7).nextBytes(codes);
        var packed = new byte[codes.length];
        new FourBitLayout(rows, halves).pack(codes, width, packed);
        int at = 0;
        for (int block = 0; block < FourBitLayout.ROWS; block += rows) {
            for (int k = 0; k < width; k++) {
                for (int pair = 0; pair < rows / 2; pair++) {
                    int low = block + (halves ? pair : 2 * pair);
                    int high = halves ? low + rows / 2 : low + 1;
                    assertThat(packed[at] & 0xF).isEqualTo(code(codes, low * width + k));
                    assertThat(packed[at] >> 4 & 0xF).isEqualTo(code(codes, high * width + k));
                    at++;
                }
            }
        }
        assertThat(FourBitLayout.of(integers -> packedSlowly(integers, rows, halves)))
                .contains(new FourBitLayout(rows, halves));
    }

    private static byte[] packedSlowly(int[] codes, int rows, boolean halves) {
        int width = codes.length / FourBitLayout.ROWS;
        var packed = new byte[codes.length / 2];
        for (int i = 0; i < packed.length; i++) {
            int pair = i % (rows / 2);
            int k = i / (rows / 2) % width;
            int block = i / (rows / 2) / width * rows;
            int low = block + (halves ? pair : 2 * pair);
            int high = halves ? low + rows / 2 : low + 1;
            packed[i] = (byte) (codes[low * width + k] | codes[high * width + k] << 4);
        }
        return packed;
    }

    @Test
    void of_anUnknownLayout_isEmpty() {
        assertThat(FourBitLayout.of(codes -> new byte[codes.length / 2])).isEmpty();
    }
}
