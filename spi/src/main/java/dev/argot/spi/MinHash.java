package dev.argot.spi;

/**
 * Parameters of MinHash with banding, and what can be said of signatures (Broder 1997; Leskovec, Rajaraman and Ullman, <i>Mining of
 * Massive Datasets</i>, section 3.4).
 *
 * <p>A signature holds the smallest value of each of {@code bands × rows} hash functions over the shingles of a text. Two texts agree
 * in each with a probability that is the Jaccard similarity of their shingles. Texts that agree in all rows of any band are candidates
 * for being near-duplicates: for similarity {@code s} with probability {@code 1 − (1 − s^rows)^bands}, an S-curve that rises around
 * {@link #threshold}.
 *
 * @param bands groups of hash functions; at least 1
 * @param rows hash functions in a group; at least 1
 * @param shingle words in a shingle; at least 1
 * @param seed chooses the hash functions
 */
public record MinHash(int bands, int rows, int shingle, long seed) {
    /** 14 bands of 8 rows over 5 words: a threshold of 0.72, near-duplicates of 0.8 are found with probability 0.92. */
    public static final MinHash DEFAULT = new MinHash(14, 8, 5, 1);

    /** Checks the ranges. */
    public MinHash {
        if (bands < 1 || rows < 1 || shingle < 1) {
            throw new IllegalArgumentException(
                    "bands, rows and shingle must be at least 1, found " + bands + ", " + rows + " and " + shingle);
        }
        Math.multiplyExact(bands, rows);
    }

    /** Number of hash functions: {@code bands × rows}. */
    public int hashes() {
        return bands * rows;
    }

    /** The Jaccard similarity around which pairs become candidates: {@code (1/bands)^(1/rows)}. */
    public double threshold() {
        return Math.pow(1.0 / bands, 1.0 / rows);
    }

    /**
     * The probability that two texts become candidates.
     *
     * @param similarity the Jaccard similarity of their shingles, 0 to 1
     */
    public double candidateProbability(double similarity) {
        return 1 - Math.pow(1 - Math.pow(similarity, rows), bands);
    }

    /**
     * Estimates the Jaccard similarity of two texts: the share of hash functions in which they agree. The standard error is
     * {@code √(s(1 − s) / hashes)}.
     *
     * @param a signature of one text
     * @param b signature of the other, by the same parameters
     * @throws IllegalArgumentException if a signature is not of these parameters
     */
    public double similarity(int[] a, int[] b) {
        requireLength(a);
        requireLength(b);
        int equal = 0;
        for (int i = 0; i < a.length; i++) {
            if (a[i] == b[i]) {
                equal++;
            }
        }
        return (double) equal / a.length;
    }

    /**
     * One key a band: texts that share a key are candidates for being near-duplicates. Keys of different bands differ, so that one map
     * can hold them all.
     *
     * @param signature signature of a text
     * @return {@code [bands]}
     * @throws IllegalArgumentException if the signature is not of these parameters
     */
    public long[] bandKeys(int[] signature) {
        requireLength(signature);
        long[] keys = new long[bands];
        for (int band = 0; band < bands; band++) {
            long key = mix(seed + band);
            for (int row = 0; row < rows; row++) {
                key = mix(key ^ signature[band * rows + row]);
            }
            keys[band] = key;
        }
        return keys;
    }

    private void requireLength(int[] signature) {
        if (signature.length != hashes()) {
            throw new IllegalArgumentException(
                    "expected a signature of " + bands + " × " + rows + " values, found " + signature.length);
        }
    }

    // The finaliser of SplitMix64 (Steele, Lea and Flood 2014): a bijection that spreads every bit.
    private static long mix(long x) {
        long z = x + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
