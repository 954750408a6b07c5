package dev.argot.spi;

/**
 * The 4-bit codes of a tensor that is stored as such, in groups of 32 neighbours of one row: an element is its group's scale times its
 * code, 0 to 15, plus its group's minimum. With them an engine that computes with 4-bit groups takes over what the file holds, instead of
 * dequantising it and quantising it again.
 *
 * <p>Thread-safe. Valid until the checkpoint is closed.
 */
@FunctionalInterface
public interface FourBitGroups {
    /** Elements of a group. */
    int SIZE = 32;

    /** Bytes of a group's codes. */
    int BYTES = SIZE / 2;

    /**
     * Reads whole groups. Those of a tensor are counted row by row, each row starting with a group of its own.
     *
     * @param first index of the first group to read
     * @param count number of groups
     * @param codes takes 16 bytes a group: byte {@code i} holds the code of element {@code i} in its low and that of element
     *     {@code i + 16} in its high four bits
     * @param scales takes a scale a group; may be negative
     * @param minima takes a minimum a group: the value of code 0
     * @param at where the first group goes: its scale and minimum to this index, its codes to 16 times this index
     * @throws IndexOutOfBoundsException if the groups leave the tensor or the arrays
     */
    void read(long first, int count, byte[] codes, float[] scales, float[] minima, int at);
}
