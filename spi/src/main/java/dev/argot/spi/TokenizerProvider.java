package dev.argot.spi;

import dev.argot.api.ProviderException;
import dev.argot.api.Tokenizer;
import java.util.List;
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

    /**
     * The files of the same tokenizer with further tokens, for a Hugging Face folder. Their ids follow the last one of the old
     * vocabulary, in the order of the terms. A text in which none of the terms stands as a word of its own encodes exactly as before (with
     * tokenizers that do not split words first: in which none begins a word); none of the new tokens is a control token.
     *
     * @param data files or metadata that {@link #accepts} agreed to
     * @param terms single words as they stand in running text, without blanks; those that cannot become a token are left out
     * @throws dev.argot.api.ProviderException if this provider cannot do it
     */
    default Map<String, byte[]> extend(TokenizerData data, List<String> terms) {
        throw new ProviderException("The tokenizer provider '" + name() + "' cannot extend a vocabulary.");
    }
}
