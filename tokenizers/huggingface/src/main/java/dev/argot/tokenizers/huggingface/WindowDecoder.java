package dev.argot.tokenizers.huggingface;

import dev.argot.api.Tokenizer;
import java.util.Arrays;

/**
 * Decodes a stream by decoding a short window of its latest ids, of which the first part, already handed out, gives the context. Text is
 * held back while it ends with U+FFFD, since more bytes may make it whole; what no byte can make whole any more is held back no longer
 * than {@link #PATIENCE} ids.
 */
final class WindowDecoder implements Tokenizer.StreamDecoder {
    /** A character has at most four bytes, so that of more ids than these only the last few can be undecided. */
    private static final int PATIENCE = 64;

    private final HuggingFaceTokenizer tokenizer;
    private final boolean skipSpecialTokens;
    private int[] ids = new int[16];
    private int size;
    /** How many ids of the window are context. */
    private int context;
    /** The text of the context. */
    private String prefix = "";

    WindowDecoder(HuggingFaceTokenizer tokenizer, boolean skipSpecialTokens) {
        this.tokenizer = tokenizer;
        this.skipSpecialTokens = skipSpecialTokens;
    }

    @Override
    public String next(int id) {
        if (skipSpecialTokens && tokenizer.isSpecial(id)) {
            return "";
        }
        if (prefix.isEmpty() && size > 0) {
            String before = text(0, size);
            if (!before.endsWith("\uFFFD")) {
                prefix = before;
                context = size;
            }
        }
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, size * 2);
        }
        ids[size++] = id;
        String text = text(0, size);
        if (text.length() <= prefix.length()) {
            return "";
        }
        if (!text.endsWith("\uFFFD")) {
            return release(text, size);
        }
        if (size - context < PATIENCE) {
            return "";
        }
        int cut = size - 1;
        while (cut > size - 4 && !(text(0, cut) + text(cut, size)).equals(text)) {
            cut--;
        }
        return release(text(0, cut), cut);
    }

    @Override
    public String finish() {
        String text = text(0, size);
        String rest = text.length() > prefix.length() ? after(text, size) : "";
        size = 0;
        context = 0;
        prefix = "";
        return rest;
    }

    /** Hands out what follows the prefix in the text of the first ids, and makes those since the old context the new one. */
    private String release(String text, int end) {
        String released = after(text, end);
        System.arraycopy(ids, context, ids, 0, size - context);
        size -= context;
        context = end - context;
        prefix = text(0, context);
        return released;
    }

    private String after(String text, int end) {
        if (text.startsWith(prefix)) {
            return text.substring(prefix.length());
        }
        // Later bytes have spoilt what was handed out; the rest is read without it.
        return text(context, end);
    }

    private String text(int from, int to) {
        return tokenizer.decode(ids, from, to, skipSpecialTokens);
    }
}
