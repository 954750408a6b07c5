package dev.argot.models.format;

import dev.argot.spi.ElementType;
import dev.argot.spi.FourBitGroups;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A stored tensor under another name, as Hugging Face lays it out: a part of it, with its rows in another order, or with a number added.
 * Computed when read.
 */
final class TensorView implements StoredTensor {
    private final StoredTensor base;
    private final String name;
    private final List<Long> shape;
    private final long first;
    private final int headSize;
    private final float added;

    private TensorView(StoredTensor base, String name, List<Long> shape, long first, int headSize, float added) {
        this.base = base;
        this.name = name;
        this.shape = List.copyOf(shape);
        this.first = first;
        this.headSize = headSize;
        this.added = added;
    }

    /** The tensor under another name. */
    static StoredTensor renamed(StoredTensor base, String name) {
        return new TensorView(base, name, base.shape(), 0, 0, 0);
    }

    /** One matrix of a stack; {@code index} counts along the slowest dimension. */
    static StoredTensor slice(StoredTensor base, String name, int index) {
        List<Long> shape = base.shape().subList(1, base.shape().size());
        return new TensorView(
                base, name, shape, index * (base.elements() / base.shape().getFirst()), 0, 0);
    }

    /**
     * Rows of a query or key projection back in the order of the half-split rotary form. llama.cpp's converter stores rows {@code i} and
     * {@code i + d/2} of each head of {@code d} rows as neighbours {@code 2i} and {@code 2i + 1}.
     */
    static StoredTensor headRows(StoredTensor base, String name, int headSize) {
        return new TensorView(base, name, base.shape(), 0, headSize, 0);
    }

    /** Every element with a number added. */
    static StoredTensor plus(StoredTensor base, String name, float added) {
        return new TensorView(base, name, base.shape(), 0, 0, added);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ElementType type() {
        return base.type();
    }

    @Override
    public List<Long> shape() {
        return shape;
    }

    @Override
    public String describe() {
        return base.describe();
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        if (headSize != 0 || added != 0) {
            return Optional.empty();
        }
        int width = type().bytes();
        return base.mapped().map(bytes -> bytes.slice((int) (first * width), (int) (elements() * width))
                .order(ByteOrder.LITTLE_ENDIAN));
    }

    @Override
    public void toFloat32(long from, FloatBuffer target) {
        Objects.checkFromIndexSize(from, target.remaining(), elements());
        int start = target.position();
        if (headSize == 0) {
            base.toFloat32(first + from, target);
        } else {
            rows(from, target);
        }
        if (added != 0) {
            for (int i = start; i < target.limit(); i++) {
                target.put(i, target.get(i) + added);
            }
        }
    }

    @Override
    public Optional<FourBitGroups> fourBitGroups() {
        if (added != 0) {
            return Optional.empty();
        }
        return base.fourBitGroups().map(groups -> {
            long all = elements() / FourBitGroups.SIZE;
            long skipped = first / FourBitGroups.SIZE;
            long inRow = shape.getLast() / FourBitGroups.SIZE;
            return (from, count, codes, scales, minima, at) -> {
                Objects.checkFromIndexSize(from, count, all);
                if (headSize == 0) {
                    groups.read(skipped + from, count, codes, scales, minima, at);
                    return;
                }
                for (int done = 0; done < count; ) {
                    long row = (from + done) / inRow;
                    long column = (from + done) % inRow;
                    int n = (int) Math.min(inRow - column, count - done);
                    groups.read(storedRow(row) * inRow + column, n, codes, scales, minima, at + done);
                    done += n;
                }
            };
        });
    }

    /** The row of the file that stands in a row of the half-split order. */
    private long storedRow(long row) {
        long head = row / headSize;
        long inHead = row % headSize;
        return head * headSize + 2 * (inHead % (headSize / 2)) + inHead / (headSize / 2);
    }

    private void rows(long from, FloatBuffer target) {
        long columns = shape.size() == 1 ? 1 : shape.getLast();
        long position = from;
        int end = target.limit();
        while (target.position() < end) {
            long row = position / columns;
            long column = position % columns;
            int n = (int) Math.min(columns - column, end - target.position());
            base.toFloat32(storedRow(row) * columns + column, target.limit(target.position() + n));
            position += n;
        }
    }

    @Override
    public String toString() {
        return name + " " + describe() + shape;
    }
}
