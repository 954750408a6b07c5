package dev.argot.core.insight;

import dev.argot.api.CausalModel;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Model;
import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.AdaptationReport.Insight;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What is looked at inside a model before and after an adaptation.
 *
 * @param neighbours tokens close to terms, by term
 * @param nextTokens the most probable next tokens, by the text before them; none of what is not a decoder
 */
public record InsideView(Map<String, List<TokenNeighbour>> neighbours, Map<String, List<TokenCandidate>> nextTokens) {
    /** Terms looked up. */
    private static final int TERMS = 8;
    /** Words of the longest term. */
    private static final int WORDS = 5;
    /** Letters of the shortest term. */
    private static final int LETTERS = 3;
    /** Neighbours of a term, and candidates of a place. */
    private static final int TOP = 5;

    private static final Pattern NO_WORD = Pattern.compile("[^\\p{L}\\p{N}]+");

    /**
     * Looks inside a model.
     *
     * @param model the model
     * @param terms terms of the domain
     * @param documents those that occur most in these are looked up
     * @param prompts texts that a decoder continues
     */
    public static InsideView of(Model model, List<String> terms, List<String> documents, List<String> prompts) {
        var neighbours = new LinkedHashMap<String, List<TokenNeighbour>>();
        for (String term : frequent(terms, documents)) {
            neighbours.put(term, model.neighbours(inText(model.tokenizer(), term), TOP));
        }
        var nextTokens = new LinkedHashMap<String, List<TokenCandidate>>();
        if (model instanceof CausalModel decoder) {
            for (String prompt : prompts) {
                if (!prompt.isBlank()) {
                    nextTokens.put(prompt, decoder.nextTokens(prompt, TOP));
                }
            }
        }
        return new InsideView(neighbours, nextTokens);
    }

    /**
     * What changed; empty where nothing was looked at.
     *
     * @param before the view of the original model
     * @param after the view of the adapted model, of the same terms and texts
     */
    public static Optional<Insight> changed(InsideView before, InsideView after) {
        var neighbours = new ArrayList<Insight.TermNeighbours>();
        before.neighbours()
                .forEach((term, tokens) -> neighbours.add(new Insight.TermNeighbours(
                        term, tokens, after.neighbours().getOrDefault(term, List.of()))));
        var nextTokens = new ArrayList<Insight.NextTokens>();
        before.nextTokens()
                .forEach((text, tokens) -> nextTokens.add(
                        new Insight.NextTokens(text, tokens, after.nextTokens().getOrDefault(text, List.of()))));
        return neighbours.isEmpty() && nextTokens.isEmpty()
                ? Optional.empty()
                : Optional.of(new Insight(neighbours, nextTokens));
    }

    /** The terms that occur most in some texts, whatever their case; the longest where one holds another. */
    static List<String> frequent(List<String> terms, List<String> documents) {
        var spelled = new LinkedHashMap<String, String>();
        for (String term : terms) {
            if (term.length() >= LETTERS) {
                spelled.putIfAbsent(String.join(" ", words(term)), term);
            }
        }
        var counts = new LinkedHashMap<String, Integer>();
        for (String document : documents) {
            List<String> words = words(document);
            int from = 0;
            while (from < words.size()) {
                int size = Math.min(WORDS, words.size() - from);
                String term = spelled.get(String.join(" ", words.subList(from, from + size)));
                while (term == null && size > 1) {
                    size--;
                    term = spelled.get(String.join(" ", words.subList(from, from + size)));
                }
                if (term != null) {
                    counts.merge(term, 1, Integer::sum);
                }
                from += size;
            }
        }
        return counts.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder())) // stable: ties as they occur
                .limit(TERMS)
                .map(Map.Entry::getKey)
                .toList();
    }

    private static List<String> words(String text) {
        return NO_WORD.splitAsStream(text.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /** A term as it mostly stands in a text, with a blank before it; without, where the tokenizer adds one by itself. */
    private static String inText(Tokenizer tokenizer, String term) {
        String inside = " " + term;
        return tokens(tokenizer, inside) <= tokens(tokenizer, term) ? inside : term;
    }

    private static int tokens(Tokenizer tokenizer, String text) {
        return tokenizer.encode(text, EncodeOptions.PLAIN).size();
    }
}
