package dev.argot.core.bundle;

import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a Hugging Face folder of a model consists of. Stateless. */
public final class PlainFolder {
    /** Hugging Face's limit for a file of tensors. */
    private static final long MAX_SHARD_BYTES = 5_000_000_000L;

    private PlainFolder() {}

    /**
     * Everything a checkpoint format needs to write a model.
     *
     * @param folder the folder to make
     * @param checkpoint gives configuration and generation settings
     * @param tensors the weights
     * @param type number format of the weights
     * @param files further files by name, such as the tokenizer's
     */
    public static CheckpointFormatProvider.SaveRequest request(
            Path folder,
            Checkpoint checkpoint,
            List<StoredTensor> tensors,
            ElementType type,
            Map<String, byte[]> files) {
        Map<String, @Nullable Object> config =
                new LinkedHashMap<>(checkpoint.config().values());
        config.put(config.containsKey("dtype") ? "dtype" : "torch_dtype", type.label());
        return new CheckpointFormatProvider.SaveRequest(
                folder,
                config,
                checkpoint.generationConfig().map(Config::values).orElse(Map.of()),
                tensors,
                type,
                files,
                MAX_SHARD_BYTES);
    }

    /**
     * The format of the file where it can be written, so that nothing is lost and nothing grows; else float32.
     *
     * @param storedType number format of most weights
     */
    public static ElementType writable(String storedType) {
        for (ElementType type : List.of(ElementType.BFLOAT16, ElementType.FLOAT16)) {
            if (storedType.equals(type.label())) {
                return type;
            }
        }
        return ElementType.FLOAT32;
    }
}
