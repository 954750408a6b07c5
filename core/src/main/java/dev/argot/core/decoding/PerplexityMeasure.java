package dev.argot.core.decoding;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.EngineException;
import dev.argot.api.Tokenizer;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import java.util.Arrays;

/**
 * Scores a text with sliding windows, as described for fixed-length models in the documentation of Hugging Face Transformers: positions
 * restart in every window, and each window scores only the tokens that no window before it held. Stateless, hence thread-safe.
 */
public final class PerplexityMeasure {
    private PerplexityMeasure() {}

    /**
     * Measures a text.
     *
     * @param model the model
     * @param tokenizer its tokenizer
     * @param contextLength tokens the model was made for; a longer window is cut to it
     * @param text untrusted text, tokenized once without special tokens
     * @param window window and stride
     * @throws ArgotException if the text has fewer than two tokens
     */
    public static Perplexity measure(
            CompiledModel model, Tokenizer tokenizer, int contextLength, String text, Perplexity.Window window) {
        Encoding encoding = tokenizer.encode(text, EncodeOptions.PLAIN);
        int size = Math.min(encoding.size(), window.limit().orElse(Integer.MAX_VALUE));
        if (size < 2) {
            throw new ArgotException("The text has " + size + (size == 1 ? " token" : " tokens")
                    + "; perplexity needs at least 2, since the first is not scored.");
        }
        int context = Math.min(window.context(), contextLength);
        int stride = Math.min(window.stride(), context);
        int[] ids = Arrays.copyOf(encoding.ids(), size);
        double nats = 0;
        long tokens = 0;
        long bytes = 0;
        try (Session session = model.openSession(1, Math.min(context, size))) {
            int scored = 0;
            for (int begin = 0; scored < size; begin += stride) {
                int end = Math.min(begin + context, size);
                session.rewind(0, 0);
                // a window that shares nothing with the one before it has nothing in front of its first token
                int first = scored == begin ? 1 : 0;
                int[][] next = new int[end - begin][0];
                for (int i = scored + first; i < end; i++) {
                    next[i - 1 - begin] = new int[] {ids[i]};
                }
                for (double[] score :
                        session.score(new int[][] {Arrays.copyOfRange(ids, begin, end)}, new int[][][] {next})[0]) {
                    nats -= score.length == 0 ? 0 : score[0];
                }
                if (end > scored + first) {
                    tokens += end - scored - first;
                    bytes += utf8Length(text, encoding.end(scored + first - 1), encoding.end(end - 1));
                }
                scored = end;
            }
        }
        if (!Double.isFinite(nats)) {
            throw new EngineException(
                    "The model's log-probabilities of the text sum to " + -nats
                            + ", expected a finite number. The weights may be damaged, or overflow in half precision: try float32.");
        }
        return new Perplexity(tokens, nats, bytes);
    }

    /** UTF-8 bytes of a part of a text; a lone surrogate counts as U+FFFD. */
    static long utf8Length(String text, int start, int end) {
        long bytes = 0;
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            if (Character.isHighSurrogate(c) && i + 1 < end && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            }
        }
        return bytes;
    }
}
