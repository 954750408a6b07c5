package dev.argot.core.bundle;

import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A tensor in an array. */
@SuppressWarnings("ArrayRecordComponent")
record Numbers(String name, List<Long> shape, float[] data) implements StoredTensor {
    static Numbers random(String name, Random random, long... shape) {
        var data = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < data.length; i++) {
            data[i] = (float) random.nextGaussian();
        }
        return new Numbers(name, Arrays.stream(shape).boxed().toList(), data);
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

    /** All elements of a tensor. */
    static float[] of(StoredTensor tensor) {
        var values = new float[(int) tensor.elements()];
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }
}
