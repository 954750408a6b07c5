package dev.argot.core.bundle;

import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A small tensor on the heap.
 *
 * @param name its name
 * @param shape its shape
 * @param values its numbers, row-major
 */
public record HeapTensor(String name, List<Long> shape, float[] values) implements StoredTensor {
    @Override
    public ElementType type() {
        return ElementType.FLOAT32;
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        return Optional.empty();
    }

    @Override
    public void toFloat32(long from, FloatBuffer target) {
        target.put(values, Math.toIntExact(from), target.remaining());
    }
}
