package dev.argot.api;

import java.util.Map;

/**
 * What is known of a model without running it.
 *
 * @param name the name it was asked for by
 * @param location where it lies
 * @param format the checkpoint format, such as {@code "huggingface"} or {@code "gguf"}
 * @param architecture the {@code model_type}, such as {@code "llama"}
 * @param kind the kind of model its checkpoint holds
 * @param parameters number of weights; a matrix used twice counts once
 * @param layers number of transformer blocks
 * @param hiddenSize width of the hidden state
 * @param vocabularySize rows of the embedding
 * @param contextLength tokens it was made for
 * @param storedType number format of most weights in the file, such as {@code "bfloat16"}
 * @param weightBytes bytes of the weights in memory for each precision
 * @param cacheBytesPerToken bytes of the float32 key/value cache for one token of one row
 * @param flopsPerToken floating-point operations of a forward pass for one token, attention scores excluded
 * @param licence as stated in its files, or empty
 */
public record ModelDescription(
        String name,
        String location,
        String format,
        String architecture,
        Class<? extends Model> kind,
        long parameters,
        int layers,
        int hiddenSize,
        int vocabularySize,
        int contextLength,
        String storedType,
        Map<Precision, Long> weightBytes,
        long cacheBytesPerToken,
        long flopsPerToken,
        String licence) {
    /** Copies the map. */
    public ModelDescription {
        weightBytes = Map.copyOf(weightBytes);
    }
}
