package dev.argot.core.adaptation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Draws documents from weighted stores and packs them into rows of one length without padding, endlessly. A pure function of stores,
 * shares, length and seed: whoever has drawn n rows can be followed by {@link #skip}ping n.
 *
 * <p>Each document comes from the store that is furthest behind its share of the tokens so far; inside a store documents come in an
 * order shuffled anew for each pass. A document that does not fit into the rest of a row goes on in the next one, where its last token
 * is repeated unscored, so that every token but a document's first is predicted once. Not thread-safe.
 */
final class RowStream {
    private static final long IGNORED = -100;

    private final List<TokenStore> stores;
    private final double[] shares;
    private final int length;
    private final long seed;
    private final long[] drawn;
    private final int[] pass;
    private final int[] next;
    private final int[][] order;

    private int store; // the document being laid out …
    private int document;
    private int offset; // … and how much of it already was
    private int remaining;

    /**
     * Starts a stream.
     *
     * @param stores documents; each with a share above 0 must have one of at least two tokens
     * @param shares of the tokens; they need not add up to 1
     * @param length tokens in a row; at least 2
     * @param seed of the orders
     */
    RowStream(List<TokenStore> stores, double[] shares, int length, long seed) {
        this.stores = List.copyOf(stores);
        this.shares = shares.clone();
        this.length = length;
        this.seed = seed;
        this.drawn = new long[stores.size()];
        this.pass = new int[stores.size()];
        this.next = new int[stores.size()];
        this.order = new int[stores.size()][];
        for (int i = 0; i < shares.length; i++) {
            if (shares[i] > 0 && stores.get(i).tokens() < 2) {
                throw new IllegalArgumentException("store " + i + " of the mixture has fewer than two tokens");
            }
        }
    }

    /** The next row. */
    Row next() {
        var ids = new int[length];
        var positions = new long[length];
        var pieces = new long[length];
        var labels = new long[length];
        var sources = new ArrayList<Row.Source>();
        fill((at, from, count) -> {
            stores.get(store).read(document, from, ids, at, count);
            int scored = stores.get(store).scoredFrom(document);
            for (int i = 0; i < count; i++) {
                positions[at + i] = i;
                pieces[at + i] = sources.size();
                labels[at + i] = i == 0 || from + i < scored ? IGNORED : ids[at + i];
            }
            sources.add(new Row.Source(store, document));
        });
        return new Row(Arrays.stream(ids).asLongStream().toArray(), positions, pieces, labels, sources);
    }

    /**
     * Passes over rows without reading them.
     *
     * @param rows how many
     */
    void skip(long rows) {
        for (long i = 0; i < rows; i++) {
            fill((at, from, count) -> {});
        }
    }

    /** Takes a piece of the current document. */
    private interface Piece {
        void lay(int at, int from, int count);
    }

    private void fill(Piece piece) {
        int filled = 0;
        while (filled < length) {
            if (remaining == 0) {
                draw();
            }
            int overlap = offset > 0 ? 1 : 0; // the token before, unscored
            int count = Math.min(length - filled, remaining + overlap);
            piece.lay(filled, offset - overlap, count);
            filled += count;
            int fresh = count - overlap;
            offset += fresh;
            remaining -= fresh;
            drawn[store] += fresh;
        }
    }

    private void draw() {
        int furthest = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < shares.length; i++) {
            if (shares[i] > 0 && drawn[i] / shares[i] < least) {
                least = drawn[i] / shares[i];
                furthest = i;
            }
        }
        store = furthest;
        if (order[store] == null || next[store] == order[store].length) {
            order[store] = shuffled(stores.get(store).documents(), store, pass[store]++);
            next[store] = 0;
        }
        document = order[store][next[store]++];
        offset = 0;
        remaining = stores.get(store).length(document);
    }

    /** Fisher and Yates. */
    private int[] shuffled(int count, int which, int round) {
        var random = new SplittableRandom(seed + 0x9E3779B97F4A7C15L * (31L * round + which + 1));
        int[] result = new int[count];
        Arrays.setAll(result, i -> i);
        for (int i = count - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = result[i];
            result[i] = result[j];
            result[j] = swapped;
        }
        return result;
    }
}
