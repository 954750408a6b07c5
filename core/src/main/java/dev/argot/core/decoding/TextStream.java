package dev.argot.core.decoding;

import dev.argot.api.Tokenizer;
import dev.argot.api.Tokenizer.StreamDecoder;
import java.util.Arrays;
import java.util.List;

/**
 * The text of one completion as it grows: hands out text as soon as it is certain that no stop string begins in it. Not thread-safe.
 */
final class TextStream {
    /** As many tokens of the prompt as can matter: a character in single bytes. */
    private static final int PROMPT_TAIL = 4;

    private final StreamDecoder decoder;
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    /**
     * A stream that continues a prompt.
     *
     * @param decoder a new decoder
     * @param stops stop strings
     * @param prompt the prompt's tokens: some tokenizers begin a text differently, such as by dropping a space, and the completion is not
     *     the beginning
     */
    TextStream(StreamDecoder decoder, List<String> stops, int[] prompt) {
        this.decoder = decoder;
        this.stops = stops;
        for (int i = Math.max(0, prompt.length - PROMPT_TAIL); i < prompt.length; i++) {
            decoder.next(prompt[i]);
        }
    }

    /**
     * Whether a completion begins a text: its decoder sees nothing but control tokens before it.
     *
     * @param tokenizer the tokenizer
     * @param prompt the prompt's tokens
     */
    static boolean begins(Tokenizer tokenizer, int[] prompt) {
        return Arrays.stream(prompt, Math.max(0, prompt.length - PROMPT_TAIL), prompt.length)
                .allMatch(tokenizer::isSpecial);
    }

    /**
     * Takes a token.
     *
     * @param id the token
     * @param mayStop whether a stop string counts yet
     * @return the text that has become certain
     */
    String next(int id, boolean mayStop) {
        String text = decoder.next(id);
        if (!mayStop) {
            return text;
        }
        held.append(text);
        return release(false);
    }

    /** Ends the text: what was held back, as far as it stands before a stop string. */
    String finish() {
        held.append(decoder.finish());
        return release(true);
    }

    /** Whether a stop string appeared. */
    boolean stopped() {
        return stopped;
    }

    private String release(boolean all) {
        int end = held.length();
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && at <= end) {
                end = at;
                stopped = true;
            }
        }
        if (!stopped && !all) {
            for (String stop : stops) {
                end = Math.min(end, held.length() - overlap(stop));
            }
        }
        String released = held.substring(0, end);
        if (stopped) {
            held.setLength(0);
        } else {
            held.delete(0, end);
        }
        return released;
    }

    /** How many characters at the end of the text held are the beginning of the stop string. */
    private int overlap(String stop) {
        for (int n = Math.min(stop.length() - 1, held.length()); n > 0; n--) {
            if (stop.startsWith(held.substring(held.length() - n))) {
                return n;
            }
        }
        return 0;
    }
}
