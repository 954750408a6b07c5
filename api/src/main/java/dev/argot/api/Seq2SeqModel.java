package dev.argot.api;

/**
 * An encoder-decoder language model (T5, BART): reads a text and writes another. Tasks are asked for as the model was trained to be asked,
 * such as {@code "summarize: …"} or {@code "translate English to German: …"} with T5. Embeddings are the encoder's pooled hidden states.
 *
 * <p>A {@link GenerativeModel#score score}'s continuation is all the decoder writes; it has no blank before it.
 */
public non-sealed interface Seq2SeqModel extends GenerativeModel, Embedder {}
