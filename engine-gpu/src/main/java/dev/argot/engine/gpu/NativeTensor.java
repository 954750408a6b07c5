package dev.argot.engine.gpu;

import ai.djl.pytorch.engine.PtNDArray;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A float32 array of PyTorch's, seen where it lies. Valid until the array is closed. */
record NativeTensor(String name, PtNDArray array) implements StoredTensor {
    @Override
    public ElementType type() {
        return ElementType.FLOAT32;
    }

    @Override
    public List<Long> shape() {
        return Arrays.stream(array.getShape().getShape()).boxed().toList();
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        return array.getDevice().isGpu()
                ? Optional.empty()
                : Optional.of(array.toByteBuffer(true).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public void toFloat32(long from, FloatBuffer target) {
        @Nullable ByteBuffer bytes = mapped().orElse(null);
        FloatBuffer all = bytes != null ? bytes.asFloatBuffer() : FloatBuffer.wrap(array.toFloatArray());
        target.put(all.slice(Math.toIntExact(from), target.remaining()));
    }
}
