package dev.argot.tokenizers.lucene;

import dev.argot.spi.MinHash;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Computes a MinHash signature word by word. A shingle's hash is a polynomial over the hashes of its words, kept up to date as the
 * window moves (Rabin and Karp 1987) and then mixed; each hash function is a random affine permutation of that, mixed again, all in 32
 * bits so that the loop over the functions is vectorised. Words are hashed with FNV-1a; the mixing of 64 bits is the finaliser of
 * MurmurHash3 (Appleby), that of 32 bits a shortened one of the same form.
 */
final class SignatureBuilder {
    private static final long BASE = 0x9e3779b97f4a7c15L;

    private final int size;
    private final int[] factors;
    private final int[] summands;
    private final int[] smallest;
    private final long[] window;
    private final long highest;
    private long polynomial;
    private int count;

    SignatureBuilder(MinHash parameters) {
        size = parameters.shingle();
        window = new long[size];
        long power = 1;
        for (int i = 1; i < size; i++) {
            power *= BASE;
        }
        highest = power;
        int hashes = parameters.hashes();
        factors = new int[hashes];
        summands = new int[hashes];
        smallest = new int[hashes];
        SplittableRandom random = new SplittableRandom(parameters.seed());
        for (int i = 0; i < hashes; i++) {
            factors[i] = random.nextInt() | 1;
            summands[i] = random.nextInt();
        }
        Arrays.fill(smallest, Integer.MAX_VALUE);
    }

    /** Adds the next word of the text. */
    void add(char[] buffer, int length) {
        long hash = 0xcbf29ce484222325L; // FNV-1a, a char at a time
        for (int i = 0; i < length; i++) {
            hash = (hash ^ buffer[i]) * 0x100000001b3L;
        }
        hash = mix(hash);
        int slot = count % size;
        polynomial = (polynomial - window[slot] * highest) * BASE + hash;
        window[slot] = hash;
        count++;
        if (count >= size) {
            minimise((int) (mix(polynomial) >>> 32));
        }
    }

    /** The signature; nothing may be added afterwards. */
    int[] build() {
        if (count > 0 && count < size) {
            minimise((int) (mix(polynomial) >>> 32));
        }
        return smallest;
    }

    private void minimise(int shingle) {
        for (int i = 0; i < smallest.length; i++) {
            int x = shingle * factors[i] + summands[i];
            x = (x ^ (x >>> 15)) * 0x2c1b3c6d;
            x ^= x >>> 13;
            smallest[i] = Math.min(smallest[i], x);
        }
    }

    private static long mix(long x) {
        long z = (x ^ (x >>> 33)) * 0xff51afd7ed558ccdL;
        z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return z ^ (z >>> 33);
    }
}
