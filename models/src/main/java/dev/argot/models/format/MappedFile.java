package dev.argot.models.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.Map;

/**
 * Maps ranges of a file, read-only. Ranges that lie in the same 256 MiB share a mapping: a process has a limited number of mappings (65,530
 * on Linux), and a checkpoint of many small tensors would take one for each. For one thread, while a file is opened.
 */
final class MappedFile {
    private static final long WINDOW = 1L << 28;

    private final FileChannel channel;
    private final long size;
    private final Map<Long, ByteBuffer> windows = new HashMap<>();

    /**
     * A file.
     *
     * @param channel open for reading; may be closed when all ranges are mapped
     */
    MappedFile(FileChannel channel) throws IOException {
        this.channel = channel;
        this.size = channel.size();
    }

    /**
     * A range.
     *
     * @param start first byte
     * @param length number of bytes, at most what a buffer holds
     */
    ByteBuffer map(long start, long length) throws IOException {
        long window = start / WINDOW;
        long begin = window * WINDOW;
        if (start + length > Math.min(begin + WINDOW, size)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, start, length);
        }
        ByteBuffer shared = windows.get(window);
        if (shared == null) {
            shared = channel.map(FileChannel.MapMode.READ_ONLY, begin, Math.min(WINDOW, size - begin));
            windows.put(window, shared);
        }
        return shared.slice((int) (start - begin), (int) length);
    }
}
