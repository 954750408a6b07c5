package dev.argot.tokenizers.huggingface;

import java.util.Arrays;
import java.util.List;

/** Collects the tokens of one text, and holds the working memory of the models meanwhile. Not thread-safe. */
final class TokenBuffer {
    /** Working memory of {@link BpeModel}, sized by it. */
    int[] symbols = new int[64];

    int[] symbolStarts = new int[64];
    int[] symbolEnds = new int[64];
    long[] merges = new long[64];

    private int[] ids;
    private int[] starts;
    private int[] ends;
    private int[] words;
    private int size;
    private int word = -1;

    TokenBuffer(int expected) {
        ids = new int[expected];
        starts = new int[expected];
        ends = new int[expected];
        words = new int[expected];
    }

    /** Begins the next word: a piece of text that the model splits into tokens, or an added token. */
    void nextWord() {
        word++;
    }

    /** Adds a token that stands for a range of the original text. */
    void add(int id, int start, int end) {
        int at = size;
        if (at == ids.length) {
            grow();
        }
        ids[at] = id;
        starts[at] = start;
        ends[at] = end;
        words[at] = word;
        size = at + 1;
    }

    /** Adds a token that stands for the chars {@code from} to {@code to} of a text. */
    void add(int id, AlignedText text, int from, int to) {
        add(id, text.start(from), text.end(to - 1));
    }

    int size() {
        return size;
    }

    /** The tokens as columns of the first (0) or second (1) text. */
    Columns columns(int sequence) {
        int[] typeIds = new int[size];
        int[] sequences = new int[size];
        if (sequence != 0) {
            Arrays.fill(typeIds, sequence);
            Arrays.fill(sequences, sequence);
        }
        return new Columns(
                Arrays.copyOf(ids, size),
                typeIds,
                Arrays.copyOf(starts, size),
                Arrays.copyOf(ends, size),
                new boolean[size],
                Arrays.copyOf(words, size),
                sequences,
                List.of());
    }

    private void grow() {
        int capacity = Math.max(16, ids.length + (ids.length >> 1));
        ids = Arrays.copyOf(ids, capacity);
        starts = Arrays.copyOf(starts, capacity);
        ends = Arrays.copyOf(ends, capacity);
        words = Arrays.copyOf(words, capacity);
    }
}
