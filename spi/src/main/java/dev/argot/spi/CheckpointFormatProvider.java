package dev.argot.spi;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads, and where it can also writes, one checkpoint format. */
public interface CheckpointFormatProvider {
    /** Short, stable, lower-case name, such as {@code "huggingface"} or {@code "gguf"}. */
    String name();

    /**
     * Whether the path looks like this format. Cheap: looks at names and the first bytes only.
     *
     * @param path a file or folder that exists
     */
    boolean recognises(Path path);

    /**
     * Opens a checkpoint. All metadata is validated here; no tensor is read.
     *
     * @param path a file or folder that {@link #recognises} accepts
     * @throws dev.argot.api.FileFormatException if a file is malformed; never allocates more than the file could hold, never touches a
     *     file outside the folder
     */
    Checkpoint open(Path path);

    /** Whether {@link #save} works. */
    default boolean writes() {
        return false;
    }

    /**
     * Writes a checkpoint atomically: the folder appears whole or not at all.
     *
     * @param request what to write, and where
     * @throws dev.argot.api.ArgotException if the folder is in the way or a write fails
     */
    default void save(SaveRequest request) {
        throw new dev.argot.api.ProviderException("The format '" + name() + "' cannot be written.");
    }

    /**
     * A checkpoint to write.
     *
     * @param folder must not exist or be empty
     * @param config the content of {@code config.json}
     * @param generationConfig the content of {@code generation_config.json}; an empty map: none is written
     * @param tensors the tensors, in the order they are written
     * @param type number format to store: {@link ElementType#FLOAT32}, {@link ElementType#FLOAT16} or {@link ElementType#BFLOAT16}
     * @param files further files by name, such as the tokenizer's
     * @param maxShardBytes a file of tensors is begun anew when it would grow beyond this; at least 1
     */
    record SaveRequest(
            Path folder,
            Map<String, ?> config,
            Map<String, ?> generationConfig,
            List<StoredTensor> tensors,
            ElementType type,
            Map<String, byte[]> files,
            long maxShardBytes) {}
}
