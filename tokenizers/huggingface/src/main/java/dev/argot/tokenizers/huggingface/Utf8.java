package dev.argot.tokenizers.huggingface;

/** UTF-8 to text, every ill-formed part becoming one U+FFFD (Unicode 16, section 3.9, substitution of maximal subparts). */
final class Utf8 {
    private Utf8() {}

    /** The text of the first {@code length} bytes. The JDK's decoder differs: it reads an encoded surrogate as one ill-formed part. */
    static String decode(byte[] bytes, int length) {
        StringBuilder out = new StringBuilder(length);
        int i = 0;
        while (i < length) {
            int b = bytes[i];
            if (b >= 0) {
                out.append((char) b);
                i++;
                continue;
            }
            int n = wellFormed(bytes, i, length);
            if (n > 0) {
                out.appendCodePoint(codePoint(bytes, i, n));
                i += n;
            } else {
                out.append('\uFFFD');
                i -= n;
            }
        }
        return out.toString();
    }

    /** Whether the bytes are well-formed throughout. */
    static boolean isWellFormed(byte[] bytes, int length) {
        int i = 0;
        while (i < length) {
            int n = bytes[i] >= 0 ? 1 : wellFormed(bytes, i, length);
            if (n < 0) {
                return false;
            }
            i += n;
        }
        return true;
    }

    /** Length of the well-formed sequence at an index, or minus the length of the ill-formed part there. */
    private static int wellFormed(byte[] bytes, int at, int length) {
        int b = bytes[at] & 0xFF;
        int need;
        int low = 0x80;
        int high = 0xBF;
        if (b >= 0xC2 && b <= 0xDF) {
            need = 1;
        } else if (b >= 0xE0 && b <= 0xEF) {
            need = 2;
            low = b == 0xE0 ? 0xA0 : 0x80;
            high = b == 0xED ? 0x9F : 0xBF;
        } else if (b >= 0xF0 && b <= 0xF4) {
            need = 3;
            low = b == 0xF0 ? 0x90 : 0x80;
            high = b == 0xF4 ? 0x8F : 0xBF;
        } else {
            return -1;
        }
        for (int k = 1; k <= need; k++) {
            int next = at + k < length ? bytes[at + k] & 0xFF : -1;
            if (next < low || next > high) {
                return -k;
            }
            low = 0x80;
            high = 0xBF;
        }
        return need + 1;
    }

    private static int codePoint(byte[] bytes, int at, int n) {
        int b = bytes[at];
        int c = n == 2 ? b & 0x1F : n == 3 ? b & 0xF : b & 7;
        for (int k = 1; k < n; k++) {
            c = (c << 6) | (bytes[at + k] & 0x3F);
        }
        return c;
    }
}
