package dev.argot.core.corpus;

/** Hashes of 64 bits. */
final class Hashing {
    /** Odd and without structure; multiplies the hashes of a row, so that their order counts. */
    static final long BASE = 0x9e3779b97f4a7c15L;

    private Hashing() {}

    /** The finaliser of MurmurHash3 (Appleby): a bijection that spreads every bit. */
    static long mix(long x) {
        long z = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
        z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return z ^ (z >>> 33);
    }

    /** A hash of a text. */
    static long of(String text) {
        long hash = text.length();
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * BASE;
            hash ^= hash >>> 29;
        }
        return mix(hash);
    }
}
