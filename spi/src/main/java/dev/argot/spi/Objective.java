package dev.argot.spi;

import dev.argot.api.Model;
import java.util.random.RandomGenerator;

/**
 * What a model is to learn from a text: turns stretches of documents into examples. Immutable and thread-safe; all chance comes from the
 * generator it is given, so that the same seed gives the same examples.
 *
 * <p>The caller cuts documents into stretches, lays several examples into a row, keeps attention inside each of them, restarts positions
 * and, for encoder-decoder models, shifts the labels right to make the decoder's inputs.
 */
public interface Objective {
    /** The kind of model it trains, such as {@link dev.argot.api.MaskedModel}. */
    Class<? extends Model> kind();

    /**
     * How many of a document's next tokens make an example that fits into what is left of a row.
     *
     * @param tokens tokens that are left of the document; at least 1
     * @param prompt how many of them, at the start, are a prompt that is read but not scored; mostly 0
     * @param inputs tokens that are left of the row
     * @param targets tokens that are left of the decoder's row; {@link Integer#MAX_VALUE} for models without a decoder of their own
     * @return 0 to {@code tokens}; 0: none, the row is full. In an empty row, 0 means that the rest of the document is left out
     */
    int fitting(int tokens, int prompt, int inputs, int targets);

    /**
     * How many document tokens fill a row of a given length.
     *
     * @param inputs tokens in a row
     */
    default int documentTokens(int inputs) {
        return fitting(Integer.MAX_VALUE, 0, inputs, Integer.MAX_VALUE);
    }

    /**
     * Tokens in the decoder's row beside rows of a given length; 0 (default) for models without a decoder of their own.
     *
     * @param inputs tokens in a row of the encoder
     */
    default int targetTokens(int inputs) {
        return 0;
    }

    /**
     * Tokens of the stretch before, in the same document, with which a stretch begins again, so that none is lost where a document is cut:
     * 1 where each token is predicted from those before it; else 0 (default). They count as prompt.
     */
    default int overlap() {
        return 0;
    }

    /**
     * Makes an example.
     *
     * @param tokens a stretch of a document, as many tokens as {@link #fitting} said
     * @param prompt how many of them, at the start, are read but not scored
     * @param random the source of all chance
     */
    Example example(int[] tokens, int prompt, RandomGenerator random);

    /**
     * An example.
     *
     * @param inputs token ids that the model, or its encoder, reads, special tokens included
     * @param labels token ids, {@link #IGNORED} where nothing is scored. As many as there are inputs, each compared with its input's
     *     logits (of a decoder alone with the logits before, the model shifts), or what the decoder of an encoder-decoder model writes
     */
    record Example(int[] inputs, int[] labels) {
        /** A label that is not scored. */
        public static final int IGNORED = -100;
    }
}
