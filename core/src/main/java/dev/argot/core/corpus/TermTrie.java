package dev.argot.core.corpus;

import dev.argot.spi.TextIndex;
import java.util.BitSet;

/** Finds terms of one or several words in a text, whatever their case and what stands between the words. Immutable once filled. */
final class TermTrie {
    private final LongTable children = new LongTable(); // node and word: node
    private final BitSet ends = new BitSet();
    private int nodes = 1;

    /** Adds a term; false if it has no words. */
    boolean add(String term) {
        TextIndex index = TextIndex.of(term);
        int node = 0;
        for (int i = 0; i < index.words(); i++) {
            int there = children.putIfAbsent(key(node, index.hash(i)), nodes);
            node = there >= 0 ? there : nodes++;
        }
        ends.set(node, node != 0);
        return node != 0;
    }

    /** The number of words of the longest term that begins at a word; 0 where none does. */
    int longestAt(TextIndex index, int word) {
        int longest = 0;
        int node = 0;
        for (int i = word; i < index.words(); i++) {
            node = children.get(key(node, index.hash(i)));
            if (node < 0) {
                break;
            }
            if (ends.get(node)) {
                longest = i - word + 1;
            }
        }
        return longest;
    }

    private static long key(int node, long word) {
        return word + node * Hashing.BASE;
    }
}
