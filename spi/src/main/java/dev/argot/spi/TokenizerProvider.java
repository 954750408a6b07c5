package dev.argot.spi;

import dev.argot.api.Tokenizer;
import java.util.Map;

/** Makes tokenizers from the files or metadata of checkpoints. */
public interface TokenizerProvider {
    /** Short, stable, lower-case name, such as {@code "huggingface"}. */
    String name();

    /**
     * Whether it can make a tokenizer from this. Cheap.
     *
     * @param data files or metadata
     */
    boolean accepts(TokenizerData data);

    /**
     * Makes a tokenizer.
     *
     * @param data files or metadata that {@link #accepts} agreed to
     * @throws dev.argot.api.FileFormatException if they are malformed
     */
    Tokenizer open(TokenizerData data);

    /**
     * The files with which a Hugging Face folder stores this tokenizer, by name: at least {@code tokenizer.json} and
     * {@code tokenizer_config.json}.
     *
     * @param data files or metadata that {@link #accepts} agreed to
     */
    Map<String, byte[]> files(TokenizerData data);
}
