package dev.argot.models.format;

import dev.argot.spi.ElementType;
import dev.argot.spi.FourBitGroups;
import dev.argot.spi.StoredTensor;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** A tensor of quantised blocks, mapped. */
final class BlockTensor implements StoredTensor {
    /** About as many elements are converted at a time. */
    private static final int CHUNK = 4096;

    private final String name;
    private final GgufType type;
    private final List<Long> shape;
    private final MappedBytes bytes;

    BlockTensor(String name, GgufType type, List<Long> shape, MappedBytes bytes) {
        this.name = name;
        this.type = type;
        this.shape = List.copyOf(shape);
        this.bytes = bytes;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ElementType type() {
        return ElementType.BLOCK_QUANTISED;
    }

    @Override
    public List<Long> shape() {
        return shape;
    }

    @Override
    public String describe() {
        return type.name();
    }

    @Override
    public Optional<ByteBuffer> mapped() {
        return Optional.empty();
    }

    @Override
    public void toFloat32(long from, FloatBuffer target) {
        Objects.checkFromIndexSize(from, target.remaining(), elements());
        int width = type.blockElements();
        int size = type.blockBytes();
        int most = (int) Math.min(CHUNK / width, (target.remaining() + 2L * width - 2) / width);
        var packed = new byte[most * size];
        var values = new float[most * width];
        long position = from;
        while (target.hasRemaining()) {
            long block = position / width;
            int skip = (int) (position % width);
            int blocks = (int) Math.min(most, ((long) skip + target.remaining() + width - 1) / width);
            ByteBuffer view = bytes.view(block * size, (block + blocks) * size);
            blocks = view.limit() / size;
            view.get(packed, 0, blocks * size);
            for (int i = 0; i < blocks; i++) {
                type.decoder().decode(packed, i * size, values, i * width);
            }
            int n = Math.min(target.remaining(), blocks * width - skip);
            target.put(values, skip, n);
            position += n;
        }
    }

    @Override
    public Optional<FourBitGroups> fourBitGroups() {
        return type.groups().map(reader -> (first, count, codes, scales, minima, at) -> {
            Objects.checkFromIndexSize(first, count, elements() / FourBitGroups.SIZE);
            int perBlock = type.blockElements() / FourBitGroups.SIZE;
            int size = type.blockBytes();
            var packed = new byte[Math.max(Math.min(CHUNK, count) / perBlock + 2, 1) * size];
            long end = first + count;
            for (long group = first; group < end; ) {
                long block = group / perBlock;
                long last = Math.min((end - 1) / perBlock + 1, block + packed.length / size);
                ByteBuffer view = bytes.view(block * size, last * size);
                int blocks = view.limit() / size;
                view.get(packed, 0, blocks * size);
                for (long stop = Math.min(end, (block + blocks) * perBlock); group < stop; group++) {
                    int position = (int) (group / perBlock - block) * size;
                    int target = at + (int) (group - first);
                    reader.read(packed, position, (int) (group % perBlock), codes, scales, minima, target);
                }
            }
        });
    }

    @Override
    public String toString() {
        return name + " " + type + shape;
    }
}
