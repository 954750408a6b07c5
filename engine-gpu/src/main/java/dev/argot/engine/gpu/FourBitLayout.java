package dev.argot.engine.gpu;

import dev.argot.spi.FourBitGroups;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;

/**
 * Where the 4-bit kernel of PyTorch looks for a code. It depends on the instructions of the processor: rows stand in blocks, and for every
 * column of a block its rows follow one another, two in a byte.
 *
 * @param rows rows of a block, a divisor of {@link #ROWS}
 * @param halves whether a byte holds a row and the one half a block below it, rather than two neighbours
 */
record FourBitLayout(int rows, boolean halves) {
    /** Rows packed at a time. */
    static final int ROWS = 64;

    /** AVX-512, AVX2, other processors (ATen, {@code int4mm_kernel.cpp}). */
    private static final List<FourBitLayout> KNOWN = List.of(
            new FourBitLayout(64, true),
            new FourBitLayout(32, true),
            new FourBitLayout(32, false),
            new FourBitLayout(16, false));

    /**
     * The layout a packer produces, if it is a known one.
     *
     * @param packer packs [64, 64] codes
     */
    static Optional<FourBitLayout> of(Function<int[], byte[]> packer) {
        int width = 2 * FourBitGroups.SIZE;
        var codes = new byte[ROWS * width / 2];
        new Random(0).nextBytes(codes);
        byte[] packed = packer.apply(unpacked(codes, width));
        return KNOWN.stream()
                .filter(layout -> {
                    var mine = new byte[packed.length];
                    layout.pack(codes, width, mine);
                    return Arrays.equals(mine, packed);
                })
                .findFirst();
    }

    /** Codes as integers [64, width]. */
    static int[] unpacked(byte[] codes, int width) {
        var integers = new int[ROWS * width];
        for (int i = 0; i < codes.length; i++) {
            int element = i / FourBitGroups.BYTES * FourBitGroups.SIZE + i % FourBitGroups.BYTES;
            integers[element] = codes[i] & 0xF;
            integers[element + FourBitGroups.BYTES] = codes[i] >> 4 & 0xF;
        }
        return integers;
    }

    /**
     * Packs {@link #ROWS} rows.
     *
     * @param codes as {@link FourBitGroups#read} gives them
     * @param width elements of a row
     * @param packed takes the packed codes
     */
    void pack(byte[] codes, int width, byte[] packed) {
        int groups = width / FourBitGroups.SIZE;
        int rowBytes = groups * FourBitGroups.BYTES;
        int pairs = rows / 2;
        int second = pairs * FourBitGroups.BYTES; // between the columns i and i + 16 of a group
        for (int block = 0; block < ROWS; block += rows) {
            for (int g = 0; g < groups; g++) {
                for (int pair = 0; pair < pairs; pair++) {
                    int a = (block + (halves ? pair : 2 * pair)) * rowBytes + g * FourBitGroups.BYTES;
                    int b = a + (halves ? pairs : 1) * rowBytes;
                    int at = block * rowBytes + g * FourBitGroups.SIZE * pairs + pair;
                    for (int i = 0; i < FourBitGroups.BYTES; i++) {
                        int x = codes[a + i];
                        int y = codes[b + i];
                        packed[at + i * pairs] = (byte) ((x & 0xF) | y << 4);
                        packed[at + i * pairs + second] = (byte) ((x >> 4 & 0xF) | (y & 0xF0));
                    }
                }
            }
        }
    }
}
