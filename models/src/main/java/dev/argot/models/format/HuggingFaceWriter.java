package dev.argot.models.format;

import dev.argot.spi.CheckpointFormatProvider.SaveRequest;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes a Hugging Face folder, with the tensors in shards where they are large. */
final class HuggingFaceWriter {
    private final SaveRequest request;
    private final SafetensorsWriter writer;

    HuggingFaceWriter(SaveRequest request) {
        this.request = request;
        this.writer = new SafetensorsWriter(request.type());
        if (request.maxShardBytes() < 1) {
            throw new IllegalArgumentException("maxShardBytes must be at least 1: " + request.maxShardBytes());
        }
        SafetensorsWriter.checkNames(request.tensors());
    }

    void write() {
        long bytes = 0;
        for (StoredTensor tensor : request.tensors()) {
            bytes = Math.addExact(bytes, writer.bytes(tensor));
        }
        NewFolder.write(request.folder(), bytes, this::writeFiles);
    }

    private void writeFiles(Path folder) throws IOException {
        NewFolder.writeFile(folder.resolve(HuggingFaceFormat.CONFIG), Json.write(config()));
        if (!request.generationConfig().isEmpty()) {
            NewFolder.writeFile(
                    folder.resolve(HuggingFaceFormat.GENERATION_CONFIG), Json.write(request.generationConfig()));
        }
        NewFolder.writeFiles(folder, request.files());
        List<List<StoredTensor>> shards = shards();
        if (shards.size() == 1) {
            writer.write(folder.resolve(HuggingFaceFormat.WEIGHTS), shards.getFirst());
            return;
        }
        var map = new LinkedHashMap<String, String>();
        long total = 0;
        for (int i = 0; i < shards.size(); i++) {
            String name = String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", i + 1, shards.size());
            writer.write(folder.resolve(name), shards.get(i));
            for (StoredTensor tensor : shards.get(i)) {
                map.put(tensor.name(), name);
                total += writer.bytes(tensor);
            }
        }
        var index = new LinkedHashMap<String, Object>();
        index.put("metadata", Map.of("total_size", total));
        index.put("weight_map", map);
        NewFolder.writeFile(folder.resolve(HuggingFaceFormat.INDEX), Json.write(index));
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
            long bytes = writer.bytes(tensor);
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
}
