package dev.argot.spi;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An adapter on disk, opened: low-rank changes to some linear layers of a base model, and whole tensors that replace the base's. Who
 * opens it closes it; closing drops the mappings. Thread-safe.
 */
public interface Adapter extends AutoCloseable {
    /** The name of its format, such as {@code "peft"}. */
    String format();

    /** The folder. */
    Path location();

    /** Its configuration as the file has it ({@code adapter_config.json}). */
    Config config();

    /**
     * The configuration of the model with this adapter, where the folder has one ({@code config.json}): it may name another head than that
     * of the base, with {@link #replacements()} for its weights.
     */
    default Optional<Config> modelConfig() {
        return Optional.empty();
    }

    /** The base model it belongs to, as the file names it: a Hub id or a path; empty where it names none. */
    String base();

    /** The adapted layers, in the order of the file; their names are those of the model's modules. */
    List<LoraLayer> layers();

    /** A, B and magnitude of each layer, named as {@link LoraLayer} names them. */
    Map<String, StoredTensor> tensors();

    /** Tensors that replace the base's, or that the base has not (a new head's), by the name they have in the model. */
    Map<String, StoredTensor> replacements();

    /**
     * Whether the configuration chooses a linear layer.
     *
     * @param module the layer's name
     */
    boolean targets(String module);

    /** Whether the matrices are stored [in, out], where the architecture does not tell. */
    boolean inOut();

    /** Drops the mappings. Idempotent. */
    @Override
    void close();
}
