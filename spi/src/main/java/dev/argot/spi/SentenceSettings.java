package dev.argot.spi;

import dev.argot.api.EmbeddingOptions.Pooling;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How texts are embedded with a model, as the files of the library sentence-transformers beside it say: {@code modules.json}, the
 * {@code config.json} of its pooling, {@code sentence_bert_config.json}.
 *
 * @param pooling which hidden states make the vector; empty where {@code unsupported} is not
 * @param maxTokens longer texts are cut, special tokens counted; empty: not stated
 * @param lowerCase whether texts are put in lower case first
 * @param unsupported what of it Argot does not do, for a reader, such as a further dense layer; texts are then only embedded with a pooling
 *     the caller names
 */
public record SentenceSettings(
        Optional<Pooling> pooling, OptionalInt maxTokens, boolean lowerCase, Optional<String> unsupported) {}
