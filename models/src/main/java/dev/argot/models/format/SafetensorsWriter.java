package dev.argot.models.format;

import dev.argot.api.ArgotException;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Writes safetensors files in one number format. Tensors go from their mapping or through a small buffer to the file. */
final class SafetensorsWriter {
    /** Elements converted at a time. */
    private static final int CHUNK = 1 << 16;

    private static final Set<ElementType> FLOATS = Set.of(
            ElementType.FLOAT64,
            ElementType.FLOAT32,
            ElementType.FLOAT16,
            ElementType.BFLOAT16,
            ElementType.BLOCK_QUANTISED);

    private final ElementType type;

    /**
     * A writer.
     *
     * @param type what floating-point tensors are stored as; others stay as they are
     */
    SafetensorsWriter(ElementType type) {
        if (!Set.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16)
                .contains(type)) {
            throw new IllegalArgumentException(
                    "weights are stored as float32, float16 or bfloat16, not as " + type.label());
        }
        this.type = type;
    }

    /** Checks that no name is there twice. */
    static void checkNames(List<StoredTensor> tensors) {
        var names = new HashSet<String>();
        for (StoredTensor tensor : tensors) {
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("two tensors named '" + tensor.name() + "'");
            }
        }
    }

    private ElementType storedType(StoredTensor tensor) {
        return FLOATS.contains(tensor.type()) ? type : tensor.type();
    }

    /** Bytes of a tensor in the file. */
    long bytes(StoredTensor tensor) {
        return Math.multiplyExact(tensor.elements(), (long) storedType(tensor).bytes());
    }

    /**
     * Writes a file and forces it to the disk.
     *
     * @param file must not exist
     * @param tensors the tensors, in the order they are written; names differ
     */
    void write(Path file, List<StoredTensor> tensors) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            NewFolder.writeFully(channel, header(file, tensors));
            for (StoredTensor tensor : tensors) {
                writeTensor(channel, tensor);
            }
            channel.force(true);
        }
    }

    private ByteBuffer header(Path file, List<StoredTensor> tensors) {
        var header = new LinkedHashMap<String, Object>();
        header.put("__metadata__", Map.of("format", "pt"));
        long position = 0;
        for (StoredTensor tensor : tensors) {
            var entry = new LinkedHashMap<String, Object>();
            entry.put("dtype", SafetensorsFile.typeName(storedType(tensor)));
            entry.put("shape", tensor.shape());
            entry.put("data_offsets", List.of(position, position + bytes(tensor)));
            header.put(tensor.name(), entry);
            position += bytes(tensor);
        }
        byte[] json = Json.writeCompact(header);
        // Padded with spaces, so that the tensors begin at a multiple of eight.
        byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        if (padded.length > SafetensorsFile.MAX_HEADER) {
            throw new ArgotException(file + ": " + tensors.size()
                    + " tensors are too many for the header of one file. Allow smaller shards.");
        }
        return ByteBuffer.allocate(8 + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length)
                .put(padded)
                .flip();
    }

    private void writeTensor(FileChannel channel, StoredTensor tensor) throws IOException {
        ElementType stored = storedType(tensor);
        if (tensor.type() == stored) {
            Optional<ByteBuffer> mapped = tensor.mapped();
            if (mapped.isPresent()) {
                NewFolder.writeFully(channel, mapped.get().duplicate());
                return;
            }
        }
        if (!FLOATS.contains(tensor.type())) {
            throw new ArgotException(
                    "tensor '" + tensor.name() + "' (" + tensor.describe() + ") is too large to be written");
        }
        var floats = FloatBuffer.allocate(CHUNK);
        var bytes = ByteBuffer.allocateDirect(CHUNK * stored.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        long elements = tensor.elements();
        for (long from = 0; from < elements; from += CHUNK) {
            int n = (int) Math.min(CHUNK, elements - from);
            tensor.toFloat32(from, floats.clear().limit(n));
            bytes.clear();
            encode(floats.array(), n, stored, bytes);
            NewFolder.writeFully(channel, bytes.flip());
        }
    }

    private static void encode(float[] from, int n, ElementType type, ByteBuffer to) {
        switch (type) {
            case FLOAT32 -> {
                to.asFloatBuffer().put(from, 0, n);
                to.position(4 * n);
            }
            case FLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    to.putShort(Float.floatToFloat16(from[i]));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < n; i++) {
                    to.putShort(toBfloat16(from[i]));
                }
            }
            case FLOAT64, INT64, INT32, INT16, INT8, UINT8, BOOL, BLOCK_QUANTISED -> throw new AssertionError(type);
        }
    }

    /** The nearest bfloat16, ties to even; a NaN stays one. */
    static short toBfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) ((bits + 0x7FFF + (bits >>> 16 & 1)) >>> 16);
    }
}
