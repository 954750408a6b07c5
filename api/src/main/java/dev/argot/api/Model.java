package dev.argot.api;

import java.nio.file.Path;
import java.util.List;

/**
 * A loaded model. It holds native memory until it is closed.
 *
 * <p>Thread-safe: a loaded model may be used from many threads; calls that need the same native resources wait for one another. Using a
 * closed model is an {@link IllegalStateException}.
 */
public sealed interface Model extends AutoCloseable
        permits GenerativeModel, MaskedModel, EmbeddingModel, SequenceClassifier, TokenClassifier, QuestionAnswerer {
    /** What it is: architecture, parameters, memory. */
    ModelDescription description();

    /** Its tokenizer. */
    Tokenizer tokenizer();

    /** The engine that runs it, with device and precision, such as {@code "pytorch on cpu, float32"}. */
    String engine();

    /** The program the engine made of the model's graph, as text for a reader (TorchScript for the PyTorch engine). */
    String program();

    /**
     * Shows what a model's tokens look at: attention weights of chosen layers and heads for a text, which is read with the special tokens
     * the model expects around it. Layers of a kind of attention are numbered in the order they are computed; nothing behind the last one
     * asked for is computed. Memory grows with layers × heads × the square of the text's length.
     *
     * @param request the text, layers, heads
     * @throws ContextLengthException if the text does not fit
     * @throws IllegalArgumentException if there is no such layer or head, or a target for a model that writes nothing of its own
     * @throws ArgotException if the text has no token, or the weights asked for, or those of one layer, are more than 2<sup>27</sup> (512
     *     MiB); fewer layers or a shorter text then help
     */
    AttentionMap attention(AttentionRequest request);

    /**
     * Tokens of the vocabulary whose input embeddings are closest to a text's (the mean of its tokens'), by cosine. Of a text of many
     * tokens the mean says little. Left out are the text's own tokens, special ones, and those kept free for later use.
     *
     * @param text untrusted text, such as a term; taken as it is, without special tokens: many vocabularies know a word with and without
     *     the blank before it
     * @param count how many; at least 1
     * @return closest first
     * @throws ArgotException if the text has no token
     */
    List<TokenNeighbour> neighbours(String text, int count);

    /**
     * Saves the model as a Hugging Face folder: {@code config.json}, {@code model.safetensors} (in shards when large),
     * {@code generation_config.json} and the tokenizer's files. The folder appears whole or not at all.
     *
     * @param folder the folder to make; must not exist or be empty
     * @throws ArgotException if the folder is in the way or cannot be written, or the model is quantised
     */
    void save(Path folder);

    /** Frees the native memory. Idempotent; waits for calls in progress. */
    @Override
    void close();
}
