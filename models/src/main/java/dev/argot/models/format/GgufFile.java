package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.RandomAccess;
import java.util.function.Supplier;

/**
 * A GGUF file of version 2 or 3, opened: metadata and mapped tensors under the file's own names (specification: {@code docs/gguf.md} of
 * ggml). The header is read from a mapping, and lists of the metadata are views of it, so that nothing is allocated by a count that the
 * file could not hold.
 */
final class GgufFile {
    private static final int MAX_NAME = 64;
    private static final int MAX_DIMENSIONS = 4;
    /** Key length, type and one byte; a tensor's name length, dimensions, one of them, type and offset. */
    private static final int LEAST_ENTRY = 8 + 4 + 1;

    private static final int LEAST_TENSOR = 8 + 4 + 8 + 4 + 8;
    private static final long DEFAULT_ALIGNMENT = 32;
    private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);

    private final Path file;
    private final Map<String, Object> metadata = new LinkedHashMap<>();
    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    private final List<MappedBytes> mappings = new ArrayList<>();

    /** A tensor as the header describes it; {@code offset} counts from the start of the data. */
    private record Entry(String name, GgufType type, List<Long> shape, long offset, long size) {}

    /**
     * Opens a file: validates the header and maps each tensor.
     *
     * @param file the file
     * @throws FileFormatException if it is malformed
     */
    GgufFile(Path file) {
        this.file = file;
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            var header = channel.map(FileChannel.MapMode.READ_ONLY, 0, Math.min(size, Integer.MAX_VALUE))
                    .order(ByteOrder.LITTLE_ENDIAN);
            List<Entry> entries = readHeader(header);
            long alignment = alignment();
            long start = Math.ceilDiv((long) header.position(), alignment) * alignment;
            checkLayout(entries, alignment, size - start);
            var mapped = new MappedFile(channel);
            for (Entry entry : entries) {
                var bytes = new MappedBytes(mapped, start + entry.offset, entry.size, entry.type.blockBytes());
                mappings.add(bytes);
                tensors.put(
                        entry.name,
                        entry.type.element() == ElementType.BLOCK_QUANTISED
                                ? new BlockTensor(entry.name, entry.type, entry.shape, bytes)
                                : new PlainTensor(entry.name, entry.type.element(), entry.shape, bytes));
            }
        } catch (IOException e) {
            close();
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
    }

    /** Metadata in the file's order; values as {@link dev.argot.spi.TokenizerData.Gguf} says. */
    Map<String, Object> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** Tensors by the file's names, in its order. */
    Map<String, StoredTensor> tensors() {
        return tensors;
    }

    /** Drops the mappings of the tensors. */
    void close() {
        mappings.forEach(MappedBytes::close);
    }

    private FileFormatException error(String problem) {
        return new FileFormatException(file, problem);
    }

    // ---- header

    private List<Entry> readHeader(ByteBuffer in) {
        if (in.limit() < 24) {
            throw error("expected a GGUF file, found only " + in.limit() + " bytes");
        }
        int magic = in.getInt();
        if (magic != 0x46554747) { // "GGUF"
            throw error("expected a GGUF file, found one that begins with 0x" + Integer.toHexString(magic)
                    + ". Older formats of llama.cpp (GGML, GGJT) are not read.");
        }
        int version = in.getInt();
        if (version != 2 && version != 3) {
            throw error("GGUF version: expected 2 or 3, found " + Integer.toUnsignedString(version)
                    + (Integer.reverseBytes(version) == 3 ? " (big-endian files are not read)" : ""));
        }
        long tensorCount = count(in, "number of tensors", LEAST_TENSOR);
        long keyCount = count(in, "number of metadata keys", LEAST_ENTRY);
        for (long i = 0; i < keyCount; i++) {
            String key = text(in, "metadata key " + i);
            Object value = value(in, key, kind(in, key));
            if (metadata.put(key, value) != null) {
                throw error("metadata key '" + key + "' is there twice");
            }
        }
        var entries = new ArrayList<Entry>();
        var names = new java.util.HashSet<String>();
        for (long i = 0; i < tensorCount; i++) {
            Entry entry = entry(in, i);
            if (!names.add(entry.name)) {
                throw error("tensor '" + entry.name + "' is there twice");
            }
            entries.add(entry);
        }
        return entries;
    }

    /** A count, refused when the rest of the file could not hold as many things of the least size. */
    private long count(ByteBuffer in, String what, int leastBytes) {
        need(in, 8, what);
        long count = in.getLong();
        long most = in.remaining() / leastBytes;
        if (count < 0 || count > most) {
            throw error(what + ": expected at most " + most + ", which is what the file could hold, found "
                    + Long.toUnsignedString(count));
        }
        return count;
    }

    private void need(ByteBuffer in, long bytes, String what) {
        if (in.remaining() < bytes) {
            throw endsAt(what);
        }
    }

    private FileFormatException endsAt(String what) {
        return error("ends inside the header, at " + what);
    }

    private int kind(ByteBuffer in, String key) {
        need(in, 4, key);
        return in.getInt();
    }

    /** A text, strictly UTF-8. */
    private String text(ByteBuffer in, String what) {
        ByteBuffer bytes = in.slice(in.position() + 8, skipText(in, () -> what));
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
        } catch (CharacterCodingException e) {
            throw new FileFormatException(file, what + ": not UTF-8", e);
        }
    }

    /** Moves behind a text and gives its length. */
    private int skipText(ByteBuffer in, Supplier<String> what) {
        if (in.remaining() < 8) {
            throw endsAt(what.get());
        }
        long length = in.getLong(in.position());
        if (length < 0 || length > in.remaining() - 8) {
            throw error(what.get() + ": a text of " + Long.toUnsignedString(length) + " bytes, but only "
                    + (in.remaining() - 8) + " are left");
        }
        in.position(in.position() + 8 + (int) length);
        return (int) length;
    }

    private Object value(ByteBuffer in, String key, int kind) {
        return switch (kind) {
            case 8 -> text(in, "metadata '" + key + "'");
            case 9 -> array(in, key);
            default -> {
                int width = width(kind, key);
                need(in, width, key);
                Object number = number(in, in.position(), kind, key);
                in.position(in.position() + width);
                yield number;
            }
        };
    }

    /** Bytes of a value of fixed size. */
    private int width(int kind, String key) {
        return switch (kind) {
            case 0, 1, 7 -> 1;
            case 2, 3 -> 2;
            case 4, 5, 6 -> 4;
            case 10, 11, 12 -> 8;
            default ->
                throw error("metadata '" + key + "': value type " + Integer.toUnsignedString(kind) + " is unknown");
        };
    }

    private Object number(ByteBuffer in, int position, int kind, String key) {
        return switch (kind) {
            case 0 -> (long) (in.get(position) & 0xFF);
            case 1 -> (long) in.get(position);
            case 2 -> (long) (in.getShort(position) & 0xFFFF);
            case 3 -> (long) in.getShort(position);
            case 4 -> in.getInt(position) & 0xFFFF_FFFFL;
            case 5 -> (long) in.getInt(position);
            case 6 -> (double) in.getFloat(position);
            case 7 -> flag(in.get(position), key);
            case 10 -> unsigned(in.getLong(position));
            case 11 -> in.getLong(position);
            case 12 -> in.getDouble(position);
            default -> throw new AssertionError(kind);
        };
    }

    private boolean flag(byte value, String key) {
        if (value != 0 && value != 1) {
            throw error("metadata '" + key + "': expected 0 or 1 for false or true, found " + (value & 0xFF));
        }
        return value == 1;
    }

    private static Object unsigned(long value) {
        return value >= 0 ? (Object) value : BigInteger.valueOf(value).add(TWO_64);
    }

    private List<?> array(ByteBuffer in, String key) {
        int kind = kind(in, key);
        if (kind == 8) {
            return texts(in, key);
        }
        if (kind == 9) {
            throw error("metadata '" + key + "': arrays of arrays are not read");
        }
        int width = width(kind, key);
        int count = (int) count(in, "metadata '" + key + "': array length", width);
        ByteBuffer values = in.slice(in.position(), count * width).order(ByteOrder.LITTLE_ENDIAN);
        in.position(in.position() + count * width);
        if (kind == 7) {
            for (int i = 0; i < count; i++) {
                flag(values.get(i), key);
            }
        }
        return new Numbers(count, i -> number(values, i * width, kind, key));
    }

    private List<String> texts(ByteBuffer in, String key) {
        int count = (int) count(in, "metadata '" + key + "': array length", 8);
        var starts = new int[count];
        for (int i = 0; i < count; i++) {
            starts[i] = in.position();
            int index = i;
            skipText(in, () -> "metadata '" + key + "', element " + index);
        }
        return new Texts(in.duplicate().order(ByteOrder.LITTLE_ENDIAN), starts);
    }

    private Entry entry(ByteBuffer in, long index) {
        String name = text(in, "name of tensor " + index);
        if (name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME) {
            throw error("tensor '" + name.substring(0, 20) + "…': the name is longer than " + MAX_NAME + " bytes");
        }
        need(in, 4, "tensor '" + name + "'");
        int dimensions = in.getInt();
        if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
            throw error("tensor '" + name + "': expected 1 to " + MAX_DIMENSIONS + " dimensions, found "
                    + Integer.toUnsignedString(dimensions));
        }
        need(in, 8L * dimensions + 12, "tensor '" + name + "'");
        var shape = new ArrayList<Long>();
        for (int i = 0; i < dimensions; i++) {
            long dimension = in.getLong();
            if (dimension < 1) {
                throw error("tensor '" + name + "': expected dimensions of 1 or more, found "
                        + Long.toUnsignedString(dimension));
            }
            shape.addFirst(dimension); // the file has the fastest first
        }
        int number = in.getInt();
        GgufType type = GgufType.of(number)
                .orElseThrow(() -> error("tensor '" + name + "': type " + Integer.toUnsignedString(number)
                        + " is unknown or was removed from the format. Known: " + List.of(GgufType.values())));
        long offset = in.getLong();
        return new Entry(name, type, shape, offset, size(name, type, shape));
    }

    private long size(String name, GgufType type, List<Long> shape) {
        if (shape.getLast() % type.blockElements() != 0) {
            throw error("tensor '" + name + "': rows of " + shape.getLast() + " elements, but " + type
                    + " needs a multiple of " + type.blockElements());
        }
        try {
            long size = shape.getLast() / type.blockElements();
            for (long dimension : shape.subList(0, shape.size() - 1)) {
                size = Math.multiplyExact(size, dimension);
            }
            // The elements must be countable too, not only the bytes.
            Math.multiplyExact(size, (long) type.blockElements());
            return Math.multiplyExact(size, (long) type.blockBytes());
        } catch (ArithmeticException e) {
            throw new FileFormatException(file, "tensor '" + name + "': shape " + shape + " is too large", e);
        }
    }

    // ---- layout

    private long alignment() {
        Object value = metadata.getOrDefault("general.alignment", DEFAULT_ALIGNMENT);
        if (value instanceof Long alignment
                && alignment >= 1
                && alignment <= Integer.MAX_VALUE
                && Long.bitCount(alignment) == 1) {
            return alignment;
        }
        throw error("metadata 'general.alignment': expected a power of two, found " + value);
    }

    private void checkLayout(List<Entry> entries, long alignment, long dataSize) {
        var sorted = new ArrayList<>(entries);
        sorted.sort((a, b) -> Long.compareUnsigned(a.offset, b.offset));
        long end = 0;
        for (Entry entry : sorted) {
            if (entry.offset < 0 || entry.offset > dataSize - entry.size) {
                throw error("tensor '" + entry.name + "': " + entry.size + " bytes from "
                        + Long.toUnsignedString(entry.offset) + ", but the data have " + Math.max(0, dataSize)
                        + " bytes");
            }
            if (entry.offset % alignment != 0) {
                throw error("tensor '" + entry.name + "': expected an offset that is a multiple of " + alignment
                        + ", found " + entry.offset);
            }
            if (entry.offset < end) {
                throw error("tensor '" + entry.name + "' overlaps the one before it");
            }
            end = entry.offset + entry.size;
        }
    }

    // ---- lists that are views of the mapping

    /** Reads an element on demand. */
    @FunctionalInterface
    private interface Reader {
        Object read(int index);
    }

    private static final class Numbers extends AbstractList<Object> implements RandomAccess {
        private final int size;
        private final Reader reader;

        Numbers(int size, Reader reader) {
            this.size = size;
            this.reader = reader;
        }

        @Override
        public Object get(int index) {
            return reader.read(java.util.Objects.checkIndex(index, size));
        }

        @Override
        public int size() {
            return size;
        }
    }

    /** Texts; what is not UTF-8 in them becomes U+FFFD, since some vocabularies hold parts of characters. */
    private static final class Texts extends AbstractList<String> implements RandomAccess {
        private final ByteBuffer header;
        private final int[] starts;

        Texts(ByteBuffer header, int[] starts) {
            this.header = header;
            this.starts = starts;
        }

        @Override
        public String get(int index) {
            int start = starts[index];
            var bytes = new byte[(int) header.getLong(start)];
            header.get(start + 8, bytes);
            return new String(bytes, StandardCharsets.UTF_8);
        }

        @Override
        public int size() {
            return starts.length;
        }
    }
}
