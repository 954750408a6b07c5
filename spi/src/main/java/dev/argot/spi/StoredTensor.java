package dev.argot.spi;

import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A tensor in a file, mapped into memory rather than read. Row-major, slowest dimension first.
 *
 * <p>Thread-safe. Valid until its checkpoint is closed.
 */
public interface StoredTensor {
    /** Its name, as Hugging Face checkpoints spell it. */
    String name();

    /** The stored number format. */
    ElementType type();

    /** Dimensions, slowest first. */
    List<Long> shape();

    /** Number of elements. */
    default long elements() {
        long n = 1;
        for (long d : shape()) {
            n = Math.multiplyExact(n, d);
        }
        return n;
    }

    /** The stored format for a reader, such as {@code "bfloat16"} or {@code "Q4_K"}. */
    default String describe() {
        return type().label();
    }

    /**
     * The stored bytes as they are: direct, read-only, little-endian. Empty where they must be converted (quantised blocks, reordered
     * rows) or exceed one buffer (2 GiB).
     */
    Optional<ByteBuffer> mapped();

    /**
     * Converts elements to float32. Exact for float types; dequantises blocks.
     *
     * @param from index of the first element, row-major
     * @param target takes as many elements as it has room for; may be direct
     * @throws IndexOutOfBoundsException if the range leaves the tensor
     */
    void toFloat32(long from, FloatBuffer target);

    /** Its 4-bit codes with scales and minima, where it is stored so and the last dimension is a multiple of 32; else empty. */
    default Optional<FourBitGroups> fourBitGroups() {
        return Optional.empty();
    }
}
