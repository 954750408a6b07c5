package dev.argot.spi;

import java.nio.file.Path;
import java.util.Map;

/** What a tokenizer is made from. */
public sealed interface TokenizerData {
    /** Where it comes from, for messages. */
    Path origin();

    /**
     * The files of a Hugging Face folder: {@code tokenizer.json}, {@code tokenizer_config.json}, {@code special_tokens_map.json}, …
     *
     * @param folder the folder
     */
    record Folder(Path folder) implements TokenizerData {
        @Override
        public Path origin() {
            return folder;
        }
    }

    /**
     * The metadata of a GGUF file.
     *
     * @param file the file
     * @param metadata its metadata, keys such as {@code "tokenizer.ggml.tokens"}; values are {@link String}, {@link Long},
     *     {@link Double}, {@link Boolean} or {@link java.util.List} of these ({@link java.math.BigInteger} for unsigned numbers beyond
     *     the range of long); lists may be views of the file
     */
    record Gguf(Path file, Map<String, Object> metadata) implements TokenizerData {
        @Override
        public Path origin() {
            return file;
        }
    }
}
