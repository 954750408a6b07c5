package dev.argot.core.decoding;

import dev.argot.api.ArgotException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.TokenContinuations;
import dev.argot.api.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;

/** Texts that go on, as token ids: without the tokens a tokenizer puts behind a whole text. Stateless, hence thread-safe. */
public final class OpenText {
    private OpenText() {}

    /**
     * The tokens of a text that goes on.
     *
     * @param tokenizer the model's
     * @param text untrusted text; of an empty one only what stands before every text is left
     */
    public static int[] ids(Tokenizer tokenizer, String text) {
        Encoding encoding = tokenizer.encode(text, EncodeOptions.DEFAULT);
        int ending = ending(text.isEmpty() ? tokenizer.encode("a", EncodeOptions.DEFAULT) : encoding);
        return Arrays.copyOf(encoding.ids(), Math.max(0, encoding.size() - ending));
    }

    /** How many tokens were added behind a text that is not empty, such as an end of sequence. */
    private static int ending(Encoding encoding) {
        int ending = 0;
        while (ending < encoding.size() && encoding.isSpecial(encoding.size() - 1 - ending)) {
            ending++;
        }
        return ending;
    }

    /**
     * Continued texts as continuations: what all of them and the prompt begin with, leaving at least one token of each text, and what follows it
     * in each. So every text has the tokens the model was trained to read, also where a token reaches over the end of the prompt.
     *
     * @param prompt its tokens
     * @param texts all tokens of the continued texts; at least one each
     * @param start stands before the texts where they have nothing in common with the prompt
     * @throws ArgotException if no token stands before them
     */
    public static TokenContinuations continuations(int[] prompt, List<int[]> texts, OptionalInt start) {
        int shared = prompt.length;
        for (int[] text : texts) {
            shared = Math.min(shared, Math.min(common(prompt, text), text.length - 1));
        }
        if (shared > 0) {
            int from = shared;
            return new TokenContinuations(
                    Arrays.copyOf(prompt, shared),
                    texts.stream()
                            .map(text -> Arrays.copyOfRange(text, from, text.length))
                            .toList());
        }
        if (start.isEmpty()) {
            throw new ArgotException(
                    "No token stands before the continuations of the prompt, so there is nothing to score"
                            + " them after. Give a prompt, or a template, with text before the answer.");
        }
        return new TokenContinuations(new int[] {start.getAsInt()}, texts);
    }

    /** How many tokens both begin with. */
    static int common(int[] a, int[] b) {
        int differs = Arrays.mismatch(a, b);
        return differs < 0 ? a.length : differs;
    }
}
