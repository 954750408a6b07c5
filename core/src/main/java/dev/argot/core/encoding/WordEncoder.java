package dev.argot.core.encoding;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import java.util.Arrays;
import java.util.List;

/**
 * Encodes texts that are split into words, each word for itself, as it stands behind a blank in running text. Reference: Hugging Face
 * tokenizers with {@code is_split_into_words} (those that read a blank as part of the word: with {@code add_prefix_space}). Thread-safe.
 */
public final class WordEncoder {
    private final Tokenizer tokenizer;
    /** What is put before a word, so that the tokenizer sees it as the next one of a text. */
    private final String before;

    /**
     * An encoder.
     *
     * @param tokenizer the model's tokenizer
     */
    public WordEncoder(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        before = Arrays.equals(ids("a"), ids(" a")) ? "" : " ";
    }

    /**
     * Words as tokens, without those added around a text.
     *
     * @param ids the tokens
     * @param firsts index of each word's first token; -1 for a word without tokens
     */
    public record Words(int[] ids, int[] firsts) {}

    /**
     * Encodes words.
     *
     * @param words untrusted words, without blanks
     */
    public Words encode(List<String> words) {
        var ids = new int[Math.max(16, 2 * words.size())];
        var firsts = new int[words.size()];
        int size = 0;
        for (int i = 0; i < firsts.length; i++) {
            int[] word = words.get(i).isEmpty() ? new int[0] : ids(before + words.get(i));
            firsts[i] = word.length == 0 ? -1 : size;
            if (size + word.length > ids.length) {
                ids = Arrays.copyOf(ids, Math.max(size + word.length, 2 * ids.length));
            }
            System.arraycopy(word, 0, ids, size, word.length);
            size += word.length;
        }
        return new Words(Arrays.copyOf(ids, size), firsts);
    }

    private int[] ids(String word) {
        return tokenizer.encode(word, EncodeOptions.PLAIN).ids();
    }
}
