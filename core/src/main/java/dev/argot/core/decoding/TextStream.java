package dev.argot.core.decoding;

import dev.argot.api.Tokenizer.StreamDecoder;
import java.util.List;

/**
 * The text of one completion as it grows: hands out text as soon as it is certain that no stop string begins in it. Not thread-safe.
 */
final class TextStream {
    private final StreamDecoder decoder;
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    TextStream(StreamDecoder decoder, List<String> stops) {
        this.decoder = decoder;
        this.stops = stops;
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
