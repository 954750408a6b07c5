package dev.argot.tokenizers.huggingface;

import java.util.Arrays;

/** A map from pairs of non-negative ints to non-negative longs, with open addressing. Written first, then only read. */
final class PairTable {
    private static final long EMPTY = -1;

    private long[] keys;
    private long[] values;
    private int size;

    PairTable(int expected) {
        int capacity = Integer.highestOneBit(Math.max(8, expected)) << 2;
        keys = new long[capacity];
        values = new long[capacity];
        Arrays.fill(keys, EMPTY);
    }

    /** Stores a value, in the place of one the pair may have. */
    void put(int first, int second, long value) {
        if (size * 2 >= keys.length) {
            grow();
        }
        long key = key(first, second);
        int slot = slot(key);
        while (keys[slot] != EMPTY) {
            if (keys[slot] == key) {
                values[slot] = value;
                return;
            }
            slot = (slot + 1) & (keys.length - 1);
        }
        keys[slot] = key;
        values[slot] = value;
        size++;
    }

    /** The pair's value, or -1. */
    long get(int first, int second) {
        long key = key(first, second);
        long[] table = keys;
        int mask = table.length - 1;
        int slot = slot(key);
        while (true) {
            long found = table[slot];
            if (found == key) {
                return values[slot];
            }
            if (found == EMPTY) {
                return -1;
            }
            slot = (slot + 1) & mask;
        }
    }

    private static long key(int first, int second) {
        return ((long) first << 32) | second;
    }

    private int slot(long key) {
        long hash = key * 0x9E3779B97F4A7C15L;
        return (int) (hash >>> 32) & (keys.length - 1);
    }

    private void grow() {
        long[] oldKeys = keys;
        long[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new long[keys.length];
        Arrays.fill(keys, EMPTY);
        size = 0;
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != EMPTY) {
                put((int) (oldKeys[i] >>> 32), (int) oldKeys[i], oldValues[i]);
            }
        }
    }
}
