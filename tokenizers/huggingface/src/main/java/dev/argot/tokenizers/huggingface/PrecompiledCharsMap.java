package dev.argot.tokenizers.huggingface;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * SentencePiece's compiled normalization rules: the length of a double-array trie (Darts-clone) in bytes, the trie, and the replacements,
 * each ended by a zero byte. Immutable.
 */
final class PrecompiledCharsMap {
    private final int[] units;
    private final byte[] replacements;

    private PrecompiledCharsMap(int[] units, byte[] replacements) {
        this.units = units;
        this.replacements = replacements;
    }

    /**
     * Reads a map.
     *
     * @throws IllegalArgumentException if the lengths contradict each other
     */
    static PrecompiledCharsMap of(byte[] map) {
        if (map.length < 4) {
            throw new IllegalArgumentException("expected at least 4 bytes, found " + map.length);
        }
        ByteBuffer buffer = ByteBuffer.wrap(map).order(ByteOrder.LITTLE_ENDIAN);
        int size = buffer.getInt();
        if (size < 4 || size % 4 != 0 || size > buffer.remaining()) {
            throw new IllegalArgumentException(
                    "expected a trie of at most " + buffer.remaining() + " bytes, found the length " + size);
        }
        int[] units = new int[size / 4];
        for (int i = 0; i < units.length; i++) {
            units[i] = buffer.getInt();
        }
        byte[] replacements = new byte[buffer.remaining()];
        buffer.get(replacements);
        return new PrecompiledCharsMap(units, replacements);
    }

    /** What stands for the shortest beginning of these chars that has a rule, or null if none has. */
    @Nullable
    String replacement(String part) {
        byte[] key = part.getBytes(StandardCharsets.UTF_8);
        int node = offset(units[0]);
        for (byte b : key) {
            int label = b & 0xFF;
            if (label == 0) {
                return null;
            }
            node ^= label;
            if (node < 0 || node >= units.length) {
                return null;
            }
            int unit = units[node];
            if ((unit & 0x800000FF) != label) {
                return null;
            }
            node ^= offset(unit);
            if (node < 0 || node >= units.length) {
                return null;
            }
            if (((unit >>> 8) & 1) == 1) {
                return text(units[node] & 0x7FFFFFFF);
            }
        }
        return null;
    }

    private static int offset(int unit) {
        return (unit >>> 10) << ((unit & (1 << 9)) >>> 6);
    }

    private @Nullable String text(int from) {
        if (from >= replacements.length) {
            return null;
        }
        int to = from;
        while (to < replacements.length && replacements[to] != 0) {
            to++;
        }
        return new String(replacements, from, to - from, StandardCharsets.UTF_8);
    }
}
