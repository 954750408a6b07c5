package dev.argot.tokenizers.huggingface;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The alphabet in which byte-level vocabularies spell bytes: printable Latin-1 characters stand for themselves, the other bytes for the
 * characters from U+0100 on (Radford et al. 2019, GPT-2, {@code bytes_to_unicode}). Immutable.
 */
final class ByteAlphabet {
    private final char[] charOf = new char[256];
    private final short[] byteOf = new short[512];

    ByteAlphabet() {
        Arrays.fill(byteOf, (short) -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
            char c = (char) (printable ? b : next++);
            charOf[b] = c;
            byteOf[c] = (short) b;
        }
    }

    /** The character that spells a byte. */
    char character(int unsignedByte) {
        return charOf[unsignedByte];
    }

    /** The byte (0 to 255) a character spells, or -1. */
    int byteOf(char c) {
        return c < byteOf.length ? byteOf[c] : -1;
    }

    /** The bytes a token spells; of one that isn't spelt in this alphabet, its UTF-8. */
    byte[] bytes(String token) {
        byte[] bytes = new byte[token.length()];
        for (int i = 0; i < bytes.length; i++) {
            int b = byteOf(token.charAt(i));
            if (b < 0) {
                return token.getBytes(StandardCharsets.UTF_8);
            }
            bytes[i] = (byte) b;
        }
        return bytes;
    }
}
