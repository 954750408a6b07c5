package dev.argot.core.adaptation;

import java.util.List;
import java.util.Optional;

/**
 * A training row.
 *
 * @param ids tokens that the model, or its encoder, reads
 * @param positions position of each token in its piece
 * @param pieces number of the piece each token belongs to; attention stays inside a piece; {@link #PADDING} for padding, which is there
 *     only where nothing more fitted
 * @param labels what is scored, or -100; of an encoder-decoder what its decoder writes
 * @param decoder what the decoder of an encoder-decoder reads; else empty
 * @param documents the documents the pieces are from
 */
record Row(
        long[] ids,
        long[] positions,
        long[] pieces,
        long[] labels,
        Optional<Decoder> decoder,
        List<Source> documents) {
    /** The piece that padding belongs to. */
    static final long PADDING = -1;

    /**
     * A decoder's row.
     *
     * @param ids the labels of each piece, shifted right behind the start token
     * @param positions position of each token in its piece
     * @param pieces number of the piece each token belongs to; padding belongs to the last one, behind all of it
     */
    record Decoder(long[] ids, long[] positions, long[] pieces) {}

    /**
     * Where a piece is from.
     *
     * @param store index of the store in the mixture
     * @param document index of the document in its store
     */
    record Source(int store, int document) {}
}
