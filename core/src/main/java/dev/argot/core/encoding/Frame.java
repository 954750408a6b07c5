package dev.argot.core.encoding;

import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import java.util.Arrays;

/** The special tokens a model expects around a text. Immutable. */
public final class Frame {
    private final int[] before;
    private final int[] after;

    /**
     * What a tokenizer adds.
     *
     * @param tokenizer the tokenizer
     */
    public Frame(Tokenizer tokenizer) {
        Encoding letter = tokenizer.encode("a");
        int from = 0;
        while (from < letter.size() && letter.isSpecial(from)) {
            from++;
        }
        int to = letter.size();
        while (to > from && letter.isSpecial(to - 1)) {
            to--;
        }
        before = Arrays.copyOf(letter.ids(), from);
        after = Arrays.copyOfRange(letter.ids(), to, letter.size());
    }

    /** Number of tokens before the text. */
    public int before() {
        return before.length;
    }

    /** Number of tokens around the text. */
    public int size() {
        return before.length + after.length;
    }

    /**
     * A row of a text, all in one segment.
     *
     * @param ids the text's tokens
     */
    public TokenRow around(int[] ids) {
        int[] row = Arrays.copyOf(before, size() + ids.length);
        System.arraycopy(ids, 0, row, before.length, ids.length);
        System.arraycopy(after, 0, row, before.length + ids.length, after.length);
        return new TokenRow(row, new int[row.length]);
    }
}
