package dev.argot.core.adaptation;

import java.util.List;

/**
 * A training row without padding.
 *
 * @param ids tokens
 * @param positions position of each token in its piece of a document
 * @param pieces number of the piece each token belongs to; attention stays inside a piece
 * @param labels what each token is scored against: itself (the model shifts), or -100 for the first of a piece and for prompts
 * @param documents the documents the pieces are from
 */
record Row(long[] ids, long[] positions, long[] pieces, long[] labels, List<Source> documents) {
    /**
     * Where a piece is from.
     *
     * @param store index of the store in the mixture
     * @param document index of the document in its store
     */
    record Source(int store, int document) {}
}
