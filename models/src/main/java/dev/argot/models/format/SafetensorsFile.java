package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A safetensors file, opened. Eight bytes with the header's length, a JSON header that gives type, shape and place of each tensor, then
 * the tensors without a gap (specification: README of huggingface/safetensors).
 */
final class SafetensorsFile {
    /** The header's largest size, by the specification. */
    static final long MAX_HEADER = 100_000_000;

    private static final Map<String, ElementType> TYPES = Map.of(
            "F64", ElementType.FLOAT64,
            "F32", ElementType.FLOAT32,
            "F16", ElementType.FLOAT16,
            "BF16", ElementType.BFLOAT16,
            "I64", ElementType.INT64,
            "I32", ElementType.INT32,
            "I16", ElementType.INT16,
            "I8", ElementType.INT8,
            "U8", ElementType.UINT8,
            "BOOL", ElementType.BOOL);

    private final Map<String, StoredTensor> tensors = new LinkedHashMap<>();
    private final List<MappedBytes> mappings = new ArrayList<>();

    /** A tensor as the header describes it. */
    private record Entry(String name, ElementType type, List<Long> shape, long begin, long end) {}

    /**
     * Opens a file: validates the header and maps each tensor.
     *
     * @param file the file
     * @throws FileFormatException if it is malformed
     */
    SafetensorsFile(Path file) {
        try (FileChannel channel = FileChannel.open(file)) {
            long size = channel.size();
            long length = headerLength(file, channel, size);
            var header = ByteBuffer.allocate((int) length);
            readFully(channel, header, 8);
            List<Entry> entries = parse(file, header.array());
            checkLayout(file, entries, size - 8 - length);
            var mapped = new MappedFile(channel);
            for (Entry entry : entries) {
                var bytes =
                        new MappedBytes(mapped, 8 + length + entry.begin, entry.end - entry.begin, entry.type.bytes());
                mappings.add(bytes);
                tensors.put(entry.name, new PlainTensor(entry.name, entry.type, entry.shape, bytes));
            }
        } catch (IOException e) {
            close();
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
    }

    /** The name by which a type is stored. */
    static String typeName(ElementType type) {
        return TYPES.entrySet().stream()
                .filter(e -> e.getValue() == type)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(type.label() + " cannot be stored in safetensors"));
    }

    /** The tensors by name, in the header's order. */
    Map<String, StoredTensor> tensors() {
        return tensors;
    }

    /** Drops the mappings. */
    void close() {
        mappings.forEach(MappedBytes::close);
    }

    private static long headerLength(Path file, FileChannel channel, long size) throws IOException {
        if (size < 8) {
            throw new FileFormatException(file, "expected a safetensors file, found only " + size + " bytes");
        }
        var start = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        readFully(channel, start, 0);
        long length = start.getLong(0);
        if (length < 2 || length > MAX_HEADER || length > size - 8) {
            throw new FileFormatException(
                    file,
                    "header length: expected 2 to " + Math.min(MAX_HEADER, size - 8) + " bytes, found "
                            + Long.toUnsignedString(length));
        }
        return length;
    }

    private static void readFully(FileChannel channel, ByteBuffer target, long position) throws IOException {
        while (target.hasRemaining()) {
            int n = channel.read(target, position + target.position());
            if (n < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
    }

    private static List<Entry> parse(Path file, byte[] header) {
        if (header[0] != '{') {
            throw new FileFormatException(file, "header: expected '{' at its start");
        }
        Map<String, @Nullable Object> values = Json.object(file, "header: ", header);
        var entries = new ArrayList<Entry>(values.size());
        values.forEach((name, value) -> {
            if (name.equals("__metadata__")) {
                checkMetadata(file, value);
            } else {
                entries.add(entry(file, name, value));
            }
        });
        return entries;
    }

    private static void checkMetadata(Path file, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> map) || !map.values().stream().allMatch(String.class::isInstance)) {
            throw new FileFormatException(file, "header: '__metadata__': expected an object of texts");
        }
    }

    private static Entry entry(Path file, String name, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> fields)) {
            throw error(file, name, "expected an object");
        }
        ElementType type = fields.get("dtype") instanceof String text ? TYPES.get(text) : null;
        if (type == null) {
            throw error(
                    file,
                    name,
                    "dtype: expected one of " + TYPES.keySet().stream().sorted().toList() + ", found "
                            + fields.get("dtype"));
        }
        List<Long> shape = wholeNumbers(file, name, "shape", fields.get("shape"));
        List<Long> offsets = wholeNumbers(file, name, "data_offsets", fields.get("data_offsets"));
        if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
            throw error(file, name, "data_offsets: expected begin and end, found " + offsets);
        }
        long begin = offsets.get(0);
        long end = offsets.get(1);
        long expected = type.bytes();
        try {
            for (long dimension : shape) {
                expected = Math.multiplyExact(expected, dimension);
            }
        } catch (ArithmeticException e) {
            throw new FileFormatException(file, "tensor '" + name + "': shape " + shape + " is too large", e);
        }
        if (expected != end - begin) {
            throw error(
                    file,
                    name,
                    type.label() + shape + " takes " + expected + " bytes, but data_offsets give " + (end - begin));
        }
        return new Entry(name, type, shape, begin, end);
    }

    private static List<Long> wholeNumbers(Path file, String name, String key, @Nullable Object value) {
        var result = new ArrayList<Long>();
        if (value instanceof List<?> list) {
            for (Object element : list) {
                if (element instanceof Long number && number >= 0) {
                    result.add(number);
                } else {
                    throw error(file, name, key + ": expected whole numbers of 0 or more, found " + element);
                }
            }
            return result;
        }
        throw error(file, name, key + ": expected a list of whole numbers, found " + value);
    }

    private static void checkLayout(Path file, List<Entry> entries, long dataSize) {
        long position = 0;
        var sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        for (Entry entry : sorted) {
            if (entry.begin != position) {
                throw error(
                        file,
                        entry.name,
                        "data_offsets: expected to begin at " + position + " (no gap, no overlap), found "
                                + entry.begin);
            }
            position = entry.end;
        }
        if (position != dataSize) {
            throw new FileFormatException(
                    file, "tensors take " + position + " bytes, but " + dataSize + " follow the header");
        }
    }

    private static FileFormatException error(Path file, String name, String problem) {
        return new FileFormatException(file, "tensor '" + name + "': " + problem);
    }
}
