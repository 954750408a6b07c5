package dev.argot.spi;

import dev.argot.api.Model;
import dev.argot.spi.graph.Graph;

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
 */
public record Architecture(
        String modelType,
        Class<? extends Model> kind,
        Graph graph,
        String prefix,
        int layers,
        int hiddenSize,
        int vocabularySize,
        int contextLength) {}
