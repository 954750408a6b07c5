package dev.argot.spi;

import dev.argot.api.Model;
import dev.argot.spi.graph.Graph;
import java.util.List;
import java.util.Set;

/**
 * A model's architecture, described from its configuration alone.
 *
 * @param modelType the {@code model_type}
 * @param kind the kind of model the graph makes
 * @param graph the network; its outputs are named as in the golden cases: {@code logits}, {@code loss}, {@code last_hidden_state}, …
 * @param prefix what checkpoints of the bare base model leave out at the start of names, such as {@code "transformer."}; may be empty
 * @param layers number of transformer blocks
 * @param hiddenSize width of the hidden state
 * @param vocabularySize rows of the token embedding
 * @param contextLength tokens the model was made for
 * @param buffers names of parameters that training never changes (buffers of the reference implementation); zeros where a checkpoint
 *     leaves them out
 * @param labels names of the classes of a task head, in the order of its logits; empty without one
 */
public record Architecture(
        String modelType,
        Class<? extends Model> kind,
        Graph graph,
        String prefix,
        int layers,
        int hiddenSize,
        int vocabularySize,
        int contextLength,
        Set<String> buffers,
        List<String> labels) {
    /** Copies the collections. */
    public Architecture {
        buffers = Set.copyOf(buffers);
        labels = List.copyOf(labels);
    }

    /**
     * Without buffers or classes.
     *
     * @param modelType the {@code model_type}
     * @param kind the kind of model the graph makes
     * @param graph the network
     * @param prefix what checkpoints of the bare base model leave out
     * @param layers number of transformer blocks
     * @param hiddenSize width of the hidden state
     * @param vocabularySize rows of the token embedding
     * @param contextLength tokens the model was made for
     */
    public Architecture(
            String modelType,
            Class<? extends Model> kind,
            Graph graph,
            String prefix,
            int layers,
            int hiddenSize,
            int vocabularySize,
            int contextLength) {
        this(
                modelType,
                kind,
                graph,
                prefix,
                layers,
                hiddenSize,
                vocabularySize,
                contextLength,
                Set.of(),
                List.of());
    }
}
