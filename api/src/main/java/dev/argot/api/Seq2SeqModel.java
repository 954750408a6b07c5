package dev.argot.api;

import java.util.List;

/**
 * An encoder-decoder language model (T5, BART): reads a text and writes another. Tasks are asked for as the model was trained to be asked,
 * such as {@code "summarize: …"} or {@code "translate English to German: …"} with T5. Embeddings are the encoder's pooled hidden states.
 *
 * <p>A {@link GenerativeModel#score score}'s continuation is all the decoder writes; it has no blank before it.
 */
public non-sealed interface Seq2SeqModel extends GenerativeModel, Embedder {
    /**
     * Scores what the decoder may write, as token ids.
     *
     * @param requests what the encoder reads, nothing is added to it; and what the decoder may write behind its start token, of which an end token
     *     may be part
     * @return for each request a score for each of its continuations, in order; their texts are decoded
     * @throws ContextLengthException if a prompt or a continuation does not fit
     */
    List<List<ContinuationScore>> scoreTokens(List<TokenContinuations> requests);
}
