package dev.argot.spi;

import dev.argot.api.Model;
import dev.argot.api.adaptation.Lora;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Reads and writes one format of adapters. */
public interface AdapterFormatProvider {
    /** Short, stable, lower-case name, such as {@code "peft"}. */
    String name();

    /**
     * Whether the folder holds an adapter of this format. Cheap: looks at names only.
     *
     * @param folder a file or folder that exists
     */
    boolean recognises(Path folder);

    /**
     * Opens an adapter. Its configuration is validated and compared with its tensors; no tensor is read.
     *
     * @param folder a folder that {@link #recognises} accepts
     * @throws dev.argot.api.FileFormatException if a file is malformed, the files contradict each other, or a setting changes the formula
     *     in a way that is not supported
     */
    Adapter open(Path folder);

    /**
     * Writes an adapter atomically: the folder appears whole or not at all.
     *
     * @param request what to write, and where
     * @throws dev.argot.api.ArgotException if the folder is in the way or a write fails
     */
    void save(SaveRequest request);

    /**
     * An adapter to write.
     *
     * @param folder must not exist or be empty
     * @param settings the settings it was trained with
     * @param layers the adapted layers
     * @param tensors A, B and magnitude of each layer, named as {@link LoraLayer} names them, and what was trained whole beside them, such
     *     as a new head, named by {@link LoraLayer#saved}
     * @param base the base model: a Hub id, or a path
     * @param kind the kind of model it is for
     * @param inOut whether the base stores these layers' matrices [in, out] (Conv1D of GPT-2)
     * @param type number format to store: {@link ElementType#FLOAT32}, {@link ElementType#FLOAT16} or {@link ElementType#BFLOAT16}
     * @param files further files by name, such as the tokenizer's, and {@code config.json} where the model has another head than its base
     */
    record SaveRequest(
            Path folder,
            Lora settings,
            List<LoraLayer> layers,
            List<StoredTensor> tensors,
            String base,
            Class<? extends Model> kind,
            boolean inOut,
            ElementType type,
            Map<String, byte[]> files) {
        /** Copies the collections. */
        public SaveRequest {
            layers = List.copyOf(layers);
            tensors = List.copyOf(tensors);
            files = Map.copyOf(files);
        }
    }
}
