package dev.argot.spi;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A model on disk, opened: configuration, mapped tensors and what its tokenizer is made from, all in Hugging Face's names and layouts
 * whatever the file format. Who opens it closes it; closing drops the mappings (unmapped when they are collected, since Java 21 has no
 * closable arenas).
 */
public interface Checkpoint extends AutoCloseable {
    /** The name of its format, such as {@code "huggingface"}. */
    String format();

    /** The folder or file. */
    Path location();

    /** The model's configuration ({@code config.json}). */
    Config config();

    /** Generation settings ({@code generation_config.json}), if the checkpoint has them. */
    Optional<Config> generationConfig();

    /** How texts are embedded with it, if its files say so; most do not. */
    default Optional<SentenceSettings> sentenceSettings() {
        return Optional.empty();
    }

    /** Every tensor by name, in the file's order. */
    Map<String, StoredTensor> tensors();

    /** What its tokenizer is made from. */
    TokenizerData tokenizer();

    /** Its licence as its files state it, or empty. */
    String licence();

    /** Drops the mappings. Idempotent. */
    @Override
    void close();
}
