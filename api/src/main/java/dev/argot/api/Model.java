package dev.argot.api;

import java.nio.file.Path;

/**
 * A loaded model. It holds native memory until it is closed.
 *
 * <p>Thread-safe: a loaded model may be used from many threads; calls that need the same native resources wait for one another. Using a
 * closed model is an {@link IllegalStateException}.
 */
public sealed interface Model extends AutoCloseable permits CausalModel {
    /** What it is: architecture, parameters, memory. */
    ModelDescription description();

    /** Its tokenizer. */
    Tokenizer tokenizer();

    /** The engine that runs it, with device and precision, such as {@code "pytorch on cpu, float32"}. */
    String engine();

    /** The program the engine made of the model's graph, as text for a reader (TorchScript for the PyTorch engine). */
    String program();

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
