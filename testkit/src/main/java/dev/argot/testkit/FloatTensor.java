package dev.argot.testkit;

import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/** A float32 tensor that lies in an array; changes to the array change the tensor. */
@SuppressWarnings("ArrayRecordComponent") // a view of the values
record FloatTensor(String name, List<Long> shape, float[] data) implements StoredTensor {
    /** A copy of what another tensor holds now. */
    static FloatTensor copyOf(StoredTensor tensor) {
        float[] data = new float[Math.toIntExact(tensor.elements())];
        tensor.toFloat32(0, FloatBuffer.wrap(data));
        return new FloatTensor(tensor.name(), tensor.shape(), data);
    }

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
        target.put(data, Math.toIntExact(from), target.remaining());
    }
}
