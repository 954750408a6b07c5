package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.spi.Objective;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Draws documents from weighted stores and packs examples made of them into rows of one length, endlessly. A pure function of stores,
 * shares, layout and seed: whoever has drawn n rows can be followed by {@link #skip}ping n. What is random in an example comes from the
 * seed and the row's number, so it is another each time a document comes by.
 *
 * <p>Each document comes from the store that is furthest behind its share of the tokens so far; inside a store documents come in an
 * order shuffled anew for each pass. A document that does not fit into the rest of a row goes on in the next one; where each token is
 * predicted from those before it, its last token is repeated unscored, so that every token but a document's first is predicted once. A pair
 * of prompt and completion stays together: it begins a row where it does not fit into the rest of one, and where it is longer than a row
 * the beginning of its prompt is left out. Not thread-safe.
 */
final class RowStream {
    private static final long IGNORED = Objective.Example.IGNORED;
    private static final int MAX_UNSCORED = 10_000;
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final List<TokenStore> stores;
    private final double[] shares;
    private final RowLayout layout;
    private final int targets;
    private final long seed;
    private final long[] drawn;
    private final int[] pass;
    private final int[] next;
    private final int[][] order;
    private long row;

    private int store; // the document being laid out …
    private int document;
    private int offset; // … and how much of it already was
    private int remaining;

    /**
     * Starts a stream.
     *
     * @param stores documents; each with a share above 0 must have one of at least two tokens
     * @param shares of the tokens; they need not add up to 1
     * @param layout how rows are made of documents
     * @param seed of the orders and of the examples
     */
    RowStream(List<TokenStore> stores, double[] shares, RowLayout layout, long seed) {
        this.stores = List.copyOf(stores);
        this.shares = shares.clone();
        this.layout = layout;
        this.targets = layout.targets();
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

    /**
     * The next row. One without anything to score is passed over.
     *
     * @throws ArgotException if no document fits into a row, or none has anything to score
     */
    Row next() {
        for (int i = 0; i < MAX_UNSCORED; i++) {
            Row made = make();
            for (long label : made.labels()) {
                if (label != IGNORED) {
                    return made;
                }
            }
        }
        throw new ArgotException("In " + MAX_UNSCORED + " rows of " + layout.length()
                + " tokens in a row the objective " + layout.objective() + " found nothing to score.");
    }

    private Row make() {
        var random = new SplittableRandom((seed ^ GOLDEN) + GOLDEN * ++row);
        var filling = new Filling();
        Objective objective = layout.objective();
        int leftOut = 0;
        while (filling.size < layout.length()) {
            if (remaining == 0) {
                draw();
            }
            int overlap = Math.min(offset, objective.overlap()); // tokens before, unscored
            int from = offset - overlap;
            int left = remaining + overlap;
            int scoredFrom = stores.get(store).scoredFrom(document);
            int prompt = Math.min(left, Math.max(overlap, scoredFrom - from));
            int count = objective.fitting(left, prompt, layout.length() - filling.size, filling.targetsLeft());
            boolean longPair = scoredFrom > 0 && offset == 0 && 0 < count && count < remaining;
            if (longPair && filling.size > 0) {
                break;
            }
            int excess = longPair ? Math.min(remaining - count, scoredFrom - 1) + objective.overlap() : 0;
            if (excess > 0) {
                offset = excess;
                remaining -= excess;
            } else if (count > 0) {
                var tokens = new int[count];
                stores.get(store).read(document, from, tokens, 0, count);
                filling.add(
                        objective.example(tokens, Math.min(prompt, count), random), new Row.Source(store, document));
                advance(count - overlap);
            } else if (filling.size > 0) {
                break;
            } else {
                advance(remaining);
                if (++leftOut
                        > 2 * stores.stream().mapToInt(TokenStore::documents).sum()) {
                    throw new ArgotException("No document makes an example that fits into rows of " + layout.length()
                            + " tokens. Longer rows may help.");
                }
            }
        }
        return filling.row();
    }

    private void advance(int fresh) {
        offset += fresh;
        remaining -= fresh;
        drawn[store] += fresh;
    }

    /**
     * Passes over rows.
     *
     * @param rows how many
     */
    void skip(long rows) {
        for (long i = 0; i < rows; i++) {
            next();
        }
    }

    /** A row that is being filled. */
    private final class Filling {
        private final long[] ids = new long[layout.length()];
        private final long[] positions = new long[layout.length()];
        private final long[] pieces = new long[layout.length()];
        private final long[] labels = new long[targets > 0 ? targets : layout.length()];
        private final long[] decoderIds = new long[targets];
        private final long[] decoderPositions = new long[targets];
        private final long[] decoderPieces = new long[targets];
        private final List<Row.Source> sources = new ArrayList<>();
        private int size;
        private int targetsSize;

        Filling() {
            Arrays.fill(ids, layout.pad());
            Arrays.setAll(positions, i -> i);
            Arrays.fill(pieces, Row.PADDING);
            Arrays.fill(labels, IGNORED);
            Arrays.fill(decoderIds, layout.pad());
        }

        int targetsLeft() {
            return targets > 0 ? targets - targetsSize : Integer.MAX_VALUE;
        }

        void add(Objective.Example example, Row.Source source) {
            int count = example.inputs().length;
            int scored = example.labels().length;
            if (count == 0
                    || count > layout.length() - size
                    || (targets > 0 ? scored > targetsLeft() : scored != count)) {
                throw new ArgotException("The objective " + layout.objective() + " made an example of " + count
                        + " inputs and " + scored + " labels, where " + (layout.length() - size) + " inputs"
                        + (targets > 0 ? " and " + targetsLeft() + " labels fit." : ", and as many labels, fit."));
            }
            for (int i = 0; i < count; i++) {
                ids[size + i] = example.inputs()[i];
                positions[size + i] = i;
                pieces[size + i] = sources.size();
            }
            int at = targets > 0 ? targetsSize : size;
            for (int i = 0; i < scored; i++) {
                labels[at + i] = example.labels()[i];
            }
            if (targets > 0) {
                for (int i = 0; i < scored; i++) {
                    decoderIds[at + i] = i == 0 ? layout.decoderStart() : shifted(example.labels()[i - 1]);
                    decoderPositions[at + i] = i;
                    decoderPieces[at + i] = sources.size();
                }
                targetsSize += scored;
            }
            size += count;
            sources.add(source);
        }

        private int shifted(int label) {
            return label == Objective.Example.IGNORED ? layout.pad() : label;
        }

        Row row() {
            // padding behind the last piece: nobody sees it, and it sees something
            for (int i = Math.max(1, targetsSize); i < targets; i++) {
                decoderPositions[i] = decoderPositions[i - 1] + 1;
                decoderPieces[i] = decoderPieces[i - 1];
            }
            return new Row(
                    ids,
                    positions,
                    pieces,
                    labels,
                    targets > 0
                            ? Optional.of(new Row.Decoder(decoderIds, decoderPositions, decoderPieces))
                            : Optional.empty(),
                    List.copyOf(sources));
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
        var random = new SplittableRandom(seed + GOLDEN * (31L * round + which + 1));
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
