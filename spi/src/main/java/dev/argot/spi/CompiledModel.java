package dev.argot.spi;

import dev.argot.spi.graph.Graph;
import java.util.Collection;
import java.util.Map;

/**
 * A graph with its weights, ready to run. Holds native memory until closed. Thread-safe; a session or trainer opened from it is not.
 */
public interface CompiledModel extends AutoCloseable {
    /** The graph it was compiled from. */
    Graph graph();

    /**
     * Runs the graph once, forward, without cache.
     *
     * <p>Inputs by the graph's names. {@code input_ids} is needed; {@code attention_mask} (1 for a token, 0 for padding) defaults to all
     * ones and {@code position_ids} to 0, 1, 2, … in each row, {@code token_type_ids} to zeros (and so the decoder's, see
     * {@link dev.argot.spi.GraphInputs}); {@code labels} (-100: not scored) is needed only for {@code loss};
     * {@code dropout_seed}, one number of shape [1], where the graph has dropout: the same seed leaves out the same elements, so each batch
     * of a training has its own.
     *
     * @param inputs tensors by input name
     * @param outputs names of the graph's outputs wanted
     * @return the outputs by name
     * @throws IllegalArgumentException if an input is missing or of the wrong shape, or an output is unknown
     */
    Map<String, Tensor> run(Map<String, Tensor> inputs, Collection<String> outputs);

    /**
     * The same weights under another graph (a rewrite of this one), for instance one that captures attention. Weights are shared, not
     * copied; the result is closed by the caller and may outlive this model.
     *
     * @param graph a graph whose parameters are among this graph's
     * @throws IllegalArgumentException if the graph has a parameter that this model has not
     */
    default CompiledModel derive(Graph graph) {
        return derive(graph, parameter -> {
            throw new IllegalArgumentException(
                    "the graph has a parameter this model has not: " + parameter.name() + " " + parameter.shape());
        });
    }

    /**
     * The same weights and some more under another graph, for instance one with an adapter ({@link LoraRewrite}). The weights that this
     * model has are shared, not copied; the others are read now, belong to the result and are freed with it, can be trained there, and
     * {@link #weights()} of the result gives their present values. The result is closed by the caller and may outlive this model.
     *
     * @param graph the graph
     * @param added gives the parameters of the graph that this model has not, by their names
     */
    CompiledModel derive(Graph graph, WeightSource added);

    /**
     * Opens a session with an empty key/value cache.
     *
     * @param rows sequences in the batch; at least 1
     * @param capacity the most tokens of a row; memory is taken as it fills up where the device allows that
     * @throws IllegalArgumentException if rows or capacity are below 1, or the graph has a decoder that reads an encoder's rows
     */
    Session openSession(int rows, int capacity);

    /**
     * Opens a session of a decoder that reads an encoder's output. The encoder runs once, and keys and values of cross-attention are
     * computed once; the session's tokens are the decoder's, which begin with the model's start token.
     *
     * @param sources token ids the encoder reads, one row for each row of the session; at least one, none empty
     * @param capacity the most tokens of a row of the decoder
     * @throws IllegalArgumentException if the graph has no encoder apart from a decoder, or an id is outside the vocabulary,
     *     or the capacity is below 1
     */
    Session openSession(int[][] sources, int capacity);

    /**
     * Opens a trainer that changes this model's weights. One at a time; sessions opened before must be closed.
     *
     * @param request what is trained, and how
     * @throws dev.argot.api.EngineException if the engine does not train ({@link Engine#trains()}) or the weights are quantised
     */
    Trainer openTrainer(Trainer.Request request);

    /** The weights as they are now (after training, those trained), for saving. Valid while this model is open. */
    WeightSource weights();

    /** The program made of the graph, as text for a reader. */
    String program();

    /** Frees the weights, unless a derived model still uses them. Idempotent. */
    @Override
    void close();
}
