package dev.argot.models.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A range of a file, mapped read-only. Ranges beyond one buffer are mapped in pieces whose size is a multiple of the unit, so that no
 * element or block is split. Thread-safe.
 */
final class MappedBytes {
    private static final int PIECE = 1 << 30;

    private final long size;
    private final int piece;
    private volatile ByteBuffer @Nullable [] buffers;

    /**
     * Maps a range.
     *
     * @param file the file
     * @param start first byte
     * @param size number of bytes
     * @param unit bytes that belong together
     */
    MappedBytes(MappedFile file, long start, long size, int unit) throws IOException {
        this.size = size;
        this.piece = PIECE / unit * unit;
        var mapped = new ByteBuffer[(int) Math.max(1, (size + piece - 1) / piece)];
        for (int i = 0; i < mapped.length; i++) {
            long from = (long) i * piece;
            mapped[i] = file.map(start + from, Math.min(piece, size - from)).order(ByteOrder.LITTLE_ENDIAN);
        }
        this.buffers = mapped;
    }

    private ByteBuffer[] open() {
        ByteBuffer[] open = buffers;
        if (open == null) {
            throw new IllegalStateException("the checkpoint is closed");
        }
        return open;
    }

    /** All bytes as one buffer, if they fit into one. */
    Optional<ByteBuffer> whole() {
        ByteBuffer[] open = open();
        return open.length == 1 ? Optional.of(open[0].duplicate().order(ByteOrder.LITTLE_ENDIAN)) : Optional.empty();
    }

    /**
     * A view that starts at a position and ends at the latest at another; it may end earlier, at the end of a piece.
     *
     * @param from first byte
     * @param to byte after the last
     */
    ByteBuffer view(long from, long to) {
        ByteBuffer buffer = open()[(int) (from / piece)];
        int start = (int) (from % piece);
        return buffer.slice(start, (int) Math.min(to - from, buffer.limit() - start))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    long size() {
        return size;
    }

    /** Drops the mappings; they are unmapped when nothing uses them any more. */
    void close() {
        buffers = null;
    }
}
