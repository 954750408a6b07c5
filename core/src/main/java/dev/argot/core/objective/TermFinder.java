package dev.argot.core.objective;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Finds terms in tokens, by a trie of the ids they are spelt with: as given, in lower case, with a capital at the start, and in capitals,
 * each at the start of a text and behind a blank. A term is found where it begins and ends with words. Immutable and thread-safe.
 */
public final class TermFinder {
    private final WordStarts words;
    private final Node root = new Node();

    private static final class Node {
        private final Map<Integer, Node> next = new HashMap<>();
        private boolean end;
    }

    /**
     * Builds the trie.
     *
     * @param tokenizer the model's tokenizer
     * @param terms the terms
     */
    public TermFinder(Tokenizer tokenizer, Collection<String> terms) {
        this(tokenizer, new WordStarts(tokenizer), terms);
    }

    TermFinder(Tokenizer tokenizer, WordStarts words, Collection<String> terms) {
        this.words = words;
        for (String term : terms) {
            for (String spelling : spellings(term)) {
                add(tokenizer.encode(spelling, EncodeOptions.PLAIN).ids());
                add(tokenizer.encode(" " + spelling, EncodeOptions.PLAIN).ids());
            }
        }
    }

    /** The casings a term is looked for in. */
    static Set<String> spellings(String term) {
        String lower = term.toLowerCase(Locale.ROOT);
        Set<String> spellings = new LinkedHashSet<>(List.of(term, lower, term.toUpperCase(Locale.ROOT)));
        if (!lower.isEmpty()) {
            int first = lower.offsetByCodePoints(0, 1);
            spellings.add(lower.substring(0, first).toUpperCase(Locale.ROOT) + lower.substring(first));
        }
        return spellings;
    }

    private void add(int[] ids) {
        Node node = root;
        for (int id : ids) {
            if (words.isSpecial(id)) {
                return; // unknown to the vocabulary
            }
            node = node.next.computeIfAbsent(id, i -> new Node());
        }
        node.end = node != root;
    }

    /** Whether there is nothing to find. */
    boolean isEmpty() {
        return root.next.isEmpty();
    }

    /**
     * The length of the longest term that begins at a token; 0: none does.
     *
     * @param tokens a text's tokens
     * @param index index of the token
     */
    public int lengthAt(int[] tokens, int index) {
        if (!words.startsWord(tokens, index)) {
            return 0;
        }
        int longest = 0;
        Node node = root;
        for (int i = index; i < tokens.length; i++) {
            node = node.next.get(tokens[i]);
            if (node == null) {
                break;
            }
            boolean wordEnds =
                    i + 1 == tokens.length || words.isSpecial(tokens[i + 1]) || words.startsWord(tokens, i + 1);
            if (node.end && wordEnds) {
                longest = i + 1 - index;
            }
        }
        return longest;
    }
}
