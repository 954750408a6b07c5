package dev.argot.core.prompt;

import java.util.BitSet;
import java.util.List;

/** Puts the exemplars of a pool in order for an item. Thread-safe. */
interface Ranking extends AutoCloseable {
    /**
     * Looks at an item.
     *
     * @param text its inputs
     */
    ForItem forItem(String text);

    /** Whether the best ones are to be shown last, next to the item. */
    boolean isBestLast();

    @Override
    void close();

    /** An order for one item. */
    interface ForItem {
        /**
         * Chooses exemplars.
         *
         * @param allowed numbers of those to choose from
         * @param count how many
         * @return best first; as many as asked for, or all that are allowed
         */
        List<Integer> best(BitSet allowed, int count);

        /**
         * All that are allowed.
         *
         * @param allowed numbers of those to order
         * @return best first, by relevance to the item alone
         */
        default List<Integer> byRelevance(BitSet allowed) {
            return best(allowed, allowed.cardinality());
        }
    }
}
