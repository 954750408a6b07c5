package dev.argot.core.corpus;

import dev.argot.api.FileFormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.ZipException;

/**
 * Reads lines of UTF-8 and checks them. Memory grows with the longest line. Line ends are a line feed, and a carriage return before it; a
 * byte order mark at the start is passed over.
 */
final class TextLines {
    private static final int BLOCK = 1 << 16;
    private static final int MOST = Integer.MAX_VALUE - 8;

    private final Path file;
    private final InputStream in;
    private byte[] buffer = new byte[2 * BLOCK];
    private int filled;
    private int next; // where the next line starts in the buffer
    private long dropped; // bytes of the file before the buffer
    private boolean ended;
    private long number;
    private int start;
    private int end;

    TextLines(Path file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    /** Goes to the next line; false at the end. */
    boolean advance() {
        int scanned = next;
        while (true) {
            int feed = indexOfFeed(scanned);
            if (feed >= 0) {
                set(next, feed);
                next = feed + 1;
                return true;
            }
            if (ended) {
                if (next == filled) {
                    return false;
                }
                set(next, filled);
                next = filled;
                return true;
            }
            scanned = filled - next;
            fill();
        }
    }

    private int indexOfFeed(int from) {
        byte[] bytes = buffer;
        for (int i = from; i < filled; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    /** Moves the rest to the front and reads more behind it. */
    private void fill() {
        int rest = filled - next;
        if (next > 0) {
            System.arraycopy(buffer, next, buffer, 0, rest);
            dropped += next;
            next = 0;
            filled = rest;
        }
        if (filled == buffer.length) {
            if (filled == MOST) {
                throw new FileFormatException(
                        file, "line " + (number + 1) + ": expected less than 2 GB, found a longer line");
            }
            buffer = Arrays.copyOf(buffer, (int) Math.min(MOST, buffer.length * 2L));
        }
        int read = read(in, file, dropped + filled, buffer, filled, buffer.length - filled);
        if (read < 0) {
            ended = true;
        } else {
            filled += read;
        }
    }

    private void set(int from, int to) {
        start = from;
        end = to > from && buffer[to - 1] == '\r' ? to - 1 : to;
        if (number == 0 && isMark(buffer, start, end)) {
            start += 3;
        }
        number++;
        requireUtf8(file, buffer, start, end, dropped);
    }

    /** Number of the line, from 1. */
    long number() {
        return number;
    }

    /** Where the line starts, in bytes of the file. */
    long offset() {
        return dropped + start;
    }

    /** What {@link #start} and {@link #end} are indices of; good until the next call of {@link #advance}. */
    byte[] bytes() {
        return buffer;
    }

    int start() {
        return start;
    }

    /** Exclusive, before the line end. */
    int end() {
        return end;
    }

    /** Whether there is nothing but blanks in the line. */
    boolean isBlank() {
        for (int i = start; i < end; i++) {
            byte b = buffer[i];
            if (b != ' ' && (b < '\t' || b > '\r')) {
                return false;
            }
        }
        return true;
    }

    static boolean isMark(byte[] bytes, int start, int end) {
        return end - start >= 3
                && (bytes[start] & 0xff) == 0xef
                && (bytes[start + 1] & 0xff) == 0xbb
                && (bytes[start + 2] & 0xff) == 0xbf;
    }

    static void requireUtf8(Path file, byte[] bytes, int start, int end, long dropped) {
        int malformed = Utf8.malformedAt(bytes, start, end);
        if (malformed >= 0) {
            throw new FileFormatException(
                    file,
                    String.format(
                            "byte offset %d: expected UTF-8, found the byte 0x%02x",
                            dropped + malformed, bytes[malformed] & 0xff));
        }
    }

    /** Reads as {@link InputStream#read(byte[], int, int)}; what is compressed wrongly or cut off is an error of the format. */
    static int read(InputStream in, Path file, long offset, byte[] into, int from, int length) {
        try {
            return in.read(into, from, length);
        } catch (ZipException | EOFException e) {
            throw new FileFormatException(
                    file,
                    "byte offset " + offset + " of the decompressed text: expected gzip data, found " + e.getMessage(),
                    e);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": " + e.getMessage(), e);
        }
    }

    /** The line. */
    String text() {
        return new String(buffer, start, end - start, StandardCharsets.UTF_8);
    }
}
