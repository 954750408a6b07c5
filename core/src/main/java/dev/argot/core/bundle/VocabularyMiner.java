package dev.argot.core.bundle;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Term;
import dev.argot.api.Tokenizer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the words of a text that would save most tokens if they were tokens of their own: how often a word occurs, times the pieces it is
 * broken into now less one. Words are runs of letters behind a blank, in the spelling they occur in, so that a token for the
 * blank and the word together ({@code " hypertension"}) serves them. Memory is bounded: when too many words are known, those seen once are
 * forgotten. Not thread-safe.
 */
public final class VocabularyMiner {
    private static final EncodeOptions PLAIN = new EncodeOptions(false, false, Optional.empty());
    private static final int MIN_LETTERS = 4;

    /** A row that is seen less often is hardly trained. */
    private static final int MIN_OCCURRENCES = 5;

    private static final int MAX_WORDS = 2_000_000;

    private final Tokenizer tokenizer;
    private final Set<String> domain = new HashSet<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /**
     * A word to add.
     *
     * @param word the word
     * @param pieces tokens it takes now
     * @param occurrences how often it occurs in the texts
     * @param ofDomain whether it is part of a term of the domain
     */
    public record Candidate(String word, int pieces, long occurrences, boolean ofDomain) {
        /** Tokens saved in the texts if it were one. */
        public long saved() {
            return occurrences * (pieces - 1);
        }
    }

    /**
     * A miner.
     *
     * @param tokenizer counts the pieces
     * @param terms the domain's vocabulary; its words go first
     */
    public VocabularyMiner(Tokenizer tokenizer, Collection<Term> terms) {
        this.tokenizer = tokenizer;
        for (Term term : terms) {
            words(" " + term.text(), domain::add);
        }
    }

    /**
     * Counts the words of a text.
     *
     * @param text a text, or a part of one that does not begin or end within a word
     */
    public void add(String text) {
        words(text, word -> counts.merge(word, 1, Integer::sum));
        if (counts.size() > MAX_WORDS) {
            counts.values().removeIf(count -> count < 2);
        }
    }

    /** Calls back for each run of letters behind a blank. */
    private static void words(String text, java.util.function.Consumer<String> out) {
        int i = text.indexOf(' ');
        while (i >= 0) {
            int end = i + 1;
            while (end < text.length() && Character.isLetter(text.codePointAt(end))) {
                end += Character.charCount(text.codePointAt(end));
            }
            if (end - i > MIN_LETTERS) {
                out.accept(text.substring(i + 1, end));
            }
            i = text.indexOf(' ', end);
        }
    }

    /**
     * The best words: those of the domain first, and among them and among the others those that save most; of equal ones the first in
     * the alphabet.
     *
     * @param most the most words; at least 1
     */
    public List<Candidate> candidates(int most) {
        var candidates = new ArrayList<Candidate>();
        counts.forEach((word, count) -> {
            if (count >= MIN_OCCURRENCES) {
                int pieces = tokenizer.encode(" " + word, PLAIN).size();
                if (pieces > 1) {
                    boolean known = domain.contains(word) || domain.contains(word.toLowerCase(java.util.Locale.ROOT));
                    candidates.add(new Candidate(word, pieces, count, known));
                }
            }
        });
        candidates.sort(Comparator.comparing((Candidate c) -> !c.ofDomain())
                .thenComparing(Comparator.comparingLong(Candidate::saved).reversed())
                .thenComparing(Candidate::word));
        return List.copyOf(candidates.subList(0, Math.min(most, candidates.size())));
    }
}
