package dev.argot.core.bundle;

import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A stored tensor under another name.
 *
 * @param tensor the tensor
 * @param name its name here
 */
public record RenamedTensor(StoredTensor tensor, String name) implements StoredTensor {
    @Override
    public ElementType type() {
        return tensor.type();
    }

    @Override
    public List<Long> shape() {
        return tensor.shape();
    }

    @Override
    public String describe() {
        return tensor.describe();
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        return tensor.mapped();
    }

    @Override
    public void toFloat32(long from, FloatBuffer target) {
        tensor.toFloat32(from, target);
    }
}
