package dev.argot.tokenizers.huggingface;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of words seen lately: a table of fixed size in which a word replaces another of the same slot. Entries are immutable, so that
 * threads share the table without locks; losing an entry to a race costs time only.
 */
final class WordCache {
    /** Longer words, rarely repeated, aren't kept. */
    static final int MAX_CHARS = 32;

    private static final int SLOTS = 1 << 15;

    private final @Nullable Entry[] table = new @Nullable Entry[SLOTS];

    /**
     * A word with its tokens.
     *
     * @param hash the word's hash
     * @param word its chars
     * @param tokens for each token its id, and where it starts and ends, in chars of the word
     */
    @SuppressWarnings("ArrayRecordComponent") // never written to
    private record Entry(int hash, char[] word, int[] tokens) {}

    static int hash(char[] chars, int from, int to) {
        int hash = to - from;
        for (int i = from; i < to; i++) {
            hash = hash * 31 + chars[i];
        }
        hash *= 0x9E3779B9;
        return hash ^ (hash >>> 15);
    }

    /** The word's tokens as triples of id, start, end; null if unknown. */
    int @Nullable [] get(int hash, char[] chars, int from, int to) {
        Entry entry = table[hash & (SLOTS - 1)];
        if (entry == null || entry.hash != hash) {
            return null;
        }
        char[] word = entry.word;
        int length = to - from;
        if (word.length != length) {
            return null;
        }
        for (int i = 0; i < length; i++) {
            if (word[i] != chars[from + i]) {
                return null;
            }
        }
        return entry.tokens;
    }

    void put(int hash, char[] chars, int from, int to, int[] tokens) {
        table[hash & (SLOTS - 1)] = new Entry(hash, Arrays.copyOfRange(chars, from, to), tokens);
    }
}
