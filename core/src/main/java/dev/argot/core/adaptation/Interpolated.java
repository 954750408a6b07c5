package dev.argot.core.adaptation;

import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A tensor on the way from one to another: {@code from + share · (to - from)} (WiSE-FT, Wortsman et al. 2022), computed as it is read.
 *
 * @param from where it started
 * @param to where training brought it
 * @param share 0 gives {@code from}, 1 {@code to}
 */
record Interpolated(StoredTensor from, StoredTensor to, double share) implements StoredTensor {
    @Override
    public String name() {
        return to.name();
    }

    @Override
    public ElementType type() {
        return ElementType.FLOAT32;
    }

    @Override
    public List<Long> shape() {
        return to.shape();
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        return Optional.empty();
    }

    @Override
    public void toFloat32(long at, FloatBuffer target) {
        var start = new float[target.remaining()];
        var end = new float[target.remaining()];
        from.toFloat32(at, FloatBuffer.wrap(start));
        to.toFloat32(at, FloatBuffer.wrap(end));
        for (int i = 0; i < start.length; i++) {
            target.put((float) (start[i] + share * (end[i] - start[i])));
        }
    }
}
