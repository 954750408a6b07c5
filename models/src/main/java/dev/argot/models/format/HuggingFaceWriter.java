package dev.argot.models.format;

import dev.argot.api.ArgotException;
import dev.argot.spi.CheckpointFormatProvider.SaveRequest;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes a Hugging Face folder: into a new folder beside the target, forced to the disk, then renamed. Tensors go from their mapping or
 * through a small buffer to the file.
 */
final class HuggingFaceWriter {
    /** Elements converted at a time. */
    private static final int CHUNK = 1 << 16;

    private static final Set<ElementType> FLOATS = Set.of(
            ElementType.FLOAT64,
            ElementType.FLOAT32,
            ElementType.FLOAT16,
            ElementType.BFLOAT16,
            ElementType.BLOCK_QUANTISED);

    private final SaveRequest request;
    private final Path target;

    HuggingFaceWriter(SaveRequest request) {
        this.request = request;
        this.target = request.folder().toAbsolutePath().normalize();
        if (!Set.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16)
                .contains(request.type())) {
            throw new IllegalArgumentException("weights are stored as float32, float16 or bfloat16, not as "
                    + request.type().label());
        }
        if (request.maxShardBytes() < 1) {
            throw new IllegalArgumentException("maxShardBytes must be at least 1: " + request.maxShardBytes());
        }
        var names = new HashSet<String>();
        for (StoredTensor tensor : request.tensors()) {
            if (!names.add(tensor.name())) {
                throw new IllegalArgumentException("two tensors named '" + tensor.name() + "'");
            }
        }
    }

    void write() {
        Path parent = target.getParent();
        if (parent == null) {
            throw new ArgotException(target + ": a model cannot be saved there.");
        }
        try {
            Files.createDirectories(parent);
            checkTarget();
            checkSpace(parent);
            try (var folder = new AtomicFolder(target)) {
                writeFiles(folder.path());
                folder.commit();
            }
        } catch (IOException e) {
            throw failure(e);
        }
    }

    private ArgotException failure(IOException e) {
        return new ArgotException(target + ": the model could not be saved, and nothing was left behind: " + e, e);
    }

    private void checkTarget() throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        boolean empty;
        if (Files.isDirectory(target)) {
            try (var files = Files.list(target)) {
                empty = files.findAny().isEmpty();
            }
        } else {
            empty = false;
        }
        if (!empty) {
            throw new ArgotException(target + ": is in the way. Name a folder that does not exist or is empty.");
        }
    }

    private void checkSpace(Path parent) throws IOException {
        long needed = 0;
        for (StoredTensor tensor : request.tensors()) {
            needed = Math.addExact(needed, bytes(tensor));
        }
        long free = Files.getFileStore(parent).getUsableSpace();
        if (needed > free) {
            throw new ArgotException(String.format(
                    Locale.ROOT,
                    "%s: the model takes %,d bytes, but only %,d are free on that disk. Nothing was written.",
                    target,
                    needed,
                    free));
        }
    }

    private ElementType storedType(StoredTensor tensor) {
        return FLOATS.contains(tensor.type()) ? request.type() : tensor.type();
    }

    private long bytes(StoredTensor tensor) {
        return Math.multiplyExact(tensor.elements(), (long) storedType(tensor).bytes());
    }

    private void writeFiles(Path folder) throws IOException {
        writeFile(folder.resolve(HuggingFaceFormat.CONFIG), Json.write(config()));
        if (!request.generationConfig().isEmpty()) {
            writeFile(folder.resolve(HuggingFaceFormat.GENERATION_CONFIG), Json.write(request.generationConfig()));
        }
        for (Map.Entry<String, byte[]> file : request.files().entrySet()) {
            if (!Path.of(file.getKey()).equals(Path.of(file.getKey()).getFileName())) {
                throw new IllegalArgumentException("not a file name: '" + file.getKey() + "'");
            }
            writeFile(folder.resolve(file.getKey()), file.getValue());
        }
        List<List<StoredTensor>> shards = shards();
        if (shards.size() == 1) {
            writeTensors(folder.resolve(HuggingFaceFormat.WEIGHTS), shards.getFirst());
            return;
        }
        var map = new LinkedHashMap<String, String>();
        long total = 0;
        for (int i = 0; i < shards.size(); i++) {
            String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
            writeTensors(folder.resolve(name), shards.get(i));
            for (StoredTensor tensor : shards.get(i)) {
                map.put(tensor.name(), name);
                total += bytes(tensor);
            }
        }
        var index = new LinkedHashMap<String, Object>();
        index.put("metadata", Map.of("total_size", total));
        index.put("weight_map", map);
        writeFile(folder.resolve(HuggingFaceFormat.INDEX), Json.write(index));
    }

    /** The configuration, which names the number format of the weights; transformers 5 calls the key dtype, 4 torch_dtype. */
    private Map<String, @Nullable Object> config() {
        var config = new LinkedHashMap<String, @Nullable Object>(request.config());
        config.put(
                config.containsKey("dtype") ? "dtype" : "torch_dtype",
                request.type().label());
        return config;
    }

    /** Tensors of each file; a file is begun anew when it would grow beyond the limit. */
    private List<List<StoredTensor>> shards() {
        var shards = new ArrayList<List<StoredTensor>>();
        var shard = new ArrayList<StoredTensor>();
        long size = 0;
        for (StoredTensor tensor : request.tensors()) {
            long bytes = bytes(tensor);
            if (!shard.isEmpty() && bytes > request.maxShardBytes() - size) {
                shards.add(shard);
                shard = new ArrayList<>();
                size = 0;
            }
            shard.add(tensor);
            size += bytes;
        }
        shards.add(shard);
        return shards;
    }

    private static void writeFile(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeFully(channel, ByteBuffer.wrap(content));
            channel.force(true);
        }
    }

    private void writeTensors(Path file, List<StoredTensor> tensors) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeFully(channel, header(tensors));
            for (StoredTensor tensor : tensors) {
                writeTensor(channel, tensor);
            }
            channel.force(true);
        }
    }

    private ByteBuffer header(List<StoredTensor> tensors) {
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
            throw new ArgotException(target + ": " + tensors.size()
                    + " tensors are too many for the header of one file. Allow smaller shards.");
        }
        return ByteBuffer.allocate(8 + padded.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded.length)
                .put(padded)
                .flip();
    }

    private void writeTensor(FileChannel channel, StoredTensor tensor) throws IOException {
        ElementType type = storedType(tensor);
        if (tensor.type() == type) {
            Optional<ByteBuffer> mapped = tensor.mapped();
            if (mapped.isPresent()) {
                writeFully(channel, mapped.get().duplicate());
                return;
            }
        }
        if (!FLOATS.contains(tensor.type())) {
            throw new ArgotException(
                    "tensor '" + tensor.name() + "' (" + tensor.describe() + ") is too large to be written");
        }
        var floats = java.nio.FloatBuffer.allocate(CHUNK);
        var bytes = ByteBuffer.allocateDirect(CHUNK * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        long elements = tensor.elements();
        for (long from = 0; from < elements; from += CHUNK) {
            int n = (int) Math.min(CHUNK, elements - from);
            tensor.toFloat32(from, floats.clear().limit(n));
            bytes.clear();
            encode(floats.array(), n, type, bytes);
            writeFully(channel, bytes.flip());
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

    private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
