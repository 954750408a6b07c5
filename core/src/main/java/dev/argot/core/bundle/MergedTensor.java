package dev.argot.core.bundle;

import dev.argot.spi.ElementType;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A matrix with a low-rank change merged into it, computed when it is read: {@code W + scale·B·A} (Hu et al. 2021), and with DoRA (Liu
 * et al. 2024) each output's weights scaled to the length that the magnitude vector gives:
 * {@code m / ‖W + scale·B·A‖ · (W + scale·B·A)}. float32; only the rows asked for are in memory. Thread-safe.
 */
final class MergedTensor implements StoredTensor {
    private final StoredTensor base; // [out, in], or [in, out]
    private final boolean inOut;
    private final double scale;
    private final int rank;
    private final StoredTensor a; // [rank, in]
    private final StoredTensor b; // [out, rank]
    private final @Nullable StoredTensor magnitude; // [out]
    private volatile float @Nullable [] factors; // [out], with DoRA; computed once

    /**
     * A merged matrix.
     *
     * @param base the matrix
     * @param inOut whether it is stored [in, out]
     * @param layer rank and scale
     * @param a [rank, in]
     * @param b [out, rank]
     * @param magnitude [out]; null without DoRA
     */
    MergedTensor(
            StoredTensor base,
            boolean inOut,
            LoraLayer layer,
            StoredTensor a,
            StoredTensor b,
            @Nullable StoredTensor magnitude) {
        this.base = base;
        this.inOut = inOut;
        this.scale = layer.scale();
        this.rank = layer.rank();
        this.a = a;
        this.b = b;
        this.magnitude = magnitude;
    }

    @Override
    public String name() {
        return base.name();
    }

    /** The base's, since that is how the model is stored; float32 where that is quantised. */
    @Override
    public ElementType type() {
        return base.type() == ElementType.BLOCK_QUANTISED ? ElementType.FLOAT32 : base.type();
    }

    @Override
    public List<Long> shape() {
        return base.shape();
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        return Optional.empty();
    }

    @Override
    public void toFloat32(long from, FloatBuffer target) {
        Objects.checkFromIndexSize(from, target.remaining(), elements());
        if (!target.hasRemaining()) {
            return;
        }
        float[] scaled = magnitude == null ? null : factors();
        int columns = Math.toIntExact(base.shape().getLast());
        int first = Math.toIntExact(from / columns);
        int last = Math.toIntExact((from + target.remaining() - 1) / columns);
        var sums = new Sums(first, last);
        var row = new float[columns];
        int end = target.limit();
        for (int i = first; i <= last; i++) {
            sums.row(i, row);
            if (scaled != null) {
                for (int j = 0; j < columns; j++) {
                    row[j] *= scaled[inOut ? j : i];
                }
            }
            int start = i == first ? (int) (from % columns) : 0;
            target.put(row, start, Math.min(columns - start, end - target.position()));
        }
    }

    /** What DoRA multiplies each output's weights with. */
    private float[] factors() {
        float[] known = factors;
        if (known == null) {
            known = computeFactors(Objects.requireNonNull(magnitude));
            factors = known; // computed twice at worst
        }
        return known;
    }

    private float[] computeFactors(StoredTensor magnitudes) {
        int rows = Math.toIntExact(base.shape().getFirst());
        int columns = Math.toIntExact(base.shape().getLast());
        var squares = new double[inOut ? columns : rows];
        var row = new float[columns];
        var sums = new Sums(0, rows - 1);
        for (int i = 0; i < rows; i++) {
            sums.row(i, row);
            for (int j = 0; j < columns; j++) {
                squares[inOut ? j : i] += (double) row[j] * row[j];
            }
        }
        float[] result = read(magnitudes, 0, squares.length);
        for (int o = 0; o < result.length; o++) {
            result[o] = (float) (result[o] / Math.sqrt(squares[o]));
        }
        return result;
    }

    private static float[] read(StoredTensor tensor, long from, int length) {
        var values = new float[length];
        tensor.toFloat32(from, FloatBuffer.wrap(values));
        return values;
    }

    /** Rows of W + scale·B·A. Each is Σ left[row, k]·right[k, column], whichever way round the matrix is stored. */
    private final class Sums {
        private final int first;
        private final int columns = Math.toIntExact(base.shape().getLast());
        private final float[] left; // [rows from first to last, rank]
        private final float[] right; // [rank, columns]
        private final float[] change = new float[columns];

        Sums(int first, int last) {
            this.first = first;
            int rows = last - first + 1;
            if (inOut) {
                int in = Math.toIntExact(base.shape().getFirst());
                float[] all = read(a, 0, rank * in);
                this.left = new float[rows * rank];
                for (int i = 0; i < rows; i++) {
                    for (int k = 0; k < rank; k++) {
                        left[i * rank + k] = all[k * in + first + i];
                    }
                }
                this.right = transposed(read(b, 0, columns * rank));
            } else {
                this.left = read(b, (long) first * rank, rows * rank);
                this.right = read(a, 0, rank * columns);
            }
        }

        private float[] transposed(float[] outs) {
            var result = new float[outs.length];
            for (int o = 0; o < columns; o++) {
                for (int k = 0; k < rank; k++) {
                    result[k * columns + o] = outs[o * rank + k];
                }
            }
            return result;
        }

        void row(int i, float[] into) {
            base.toFloat32((long) i * columns, FloatBuffer.wrap(into));
            java.util.Arrays.fill(change, 0);
            for (int k = 0; k < rank; k++) {
                float factor = left[(i - first) * rank + k];
                int at = k * columns;
                for (int j = 0; j < columns; j++) {
                    change[j] += factor * right[at + j];
                }
            }
            float s = (float) scale;
            for (int j = 0; j < columns; j++) {
                into[j] += s * change[j];
            }
        }
    }

    @Override
    public String toString() {
        return name() + " " + base.describe() + shape() + " + rank " + rank;
    }
}
