package dev.argot.core.corpus;

import java.util.Arrays;

/** A set of numbers with a value each, in an open hash table: 12 bytes an entry, at a load of a quarter to a half. Not thread-safe. */
final class LongTable {
    private long[] keys;
    private int[] values;
    private int size;
    private boolean hasZero;
    private int zeroValue;

    LongTable() {
        keys = new long[16];
        values = new int[16];
    }

    /** Adds a number; false where it is there. */
    boolean add(long key) {
        return putIfAbsent(key, 0) < 0;
    }

    /**
     * Adds a number with its value.
     *
     * @param value at least 0
     * @return -1; the value that is there where the number is
     */
    int putIfAbsent(long key, int value) {
        if (key == 0) {
            if (hasZero) {
                return zeroValue;
            }
            hasZero = true;
            zeroValue = value;
            return -1;
        }
        int slot = slot(key);
        if (keys[slot] == key) {
            return values[slot];
        }
        keys[slot] = key;
        values[slot] = value;
        if (++size * 2L > keys.length) {
            grow();
        }
        return -1;
    }

    /** The value of a number; -1 where it isn't there. */
    int get(long key) {
        if (key == 0) {
            return hasZero ? zeroValue : -1;
        }
        int slot = slot(key);
        return keys[slot] == key ? values[slot] : -1;
    }

    /** Changes the value of a number that is there. */
    void set(long key, int value) {
        if (key == 0) {
            zeroValue = value;
        } else {
            values[slot(key)] = value;
        }
    }

    boolean isEmpty() {
        return size == 0 && !hasZero;
    }

    private int slot(long key) {
        int mask = keys.length - 1;
        int slot = (int) ((key * 0x9e3779b97f4a7c15L) >>> 32) & mask;
        while (keys[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        if (keys.length == 1 << 30) {
            throw new IllegalStateException("more than 2^29 entries");
        }
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != 0) {
                int slot = slot(oldKeys[i]);
                keys[slot] = oldKeys[i];
                values[slot] = oldValues[i];
            }
        }
    }

    /** Empties it without giving up its memory, if that is not much more than {@code expected} entries need. */
    void clear(int expected) {
        int needed = Integer.highestOneBit(Math.max(expected, 8)) * 4;
        if (keys.length > 4 * needed || keys.length < needed) {
            keys = new long[needed];
            values = new int[needed];
        } else if (size > 0) {
            Arrays.fill(keys, 0);
        }
        size = 0;
        hasZero = false;
    }
}
