package dev.argot.tokenizers.lucene;

import dev.argot.api.Abbreviation;
import dev.argot.spi.MinHash;
import dev.argot.spi.TermStatistics;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextRules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.synonym.SynonymGraphFilter;
import org.apache.lucene.analysis.synonym.SynonymMap;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionLengthAttribute;
import org.apache.lucene.analysis.tokenattributes.TypeAttribute;
import org.apache.lucene.util.CharsRef;
import org.apache.lucene.util.CharsRefBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Three analyzers: plain words; the graph of words, whole terms and expansions; and the same in a row, where the first expansion takes
 * the place of the abbreviation. Terms and abbreviations are rules of one synonym map, so that the longest match wins and no graph is
 * fed into another. Analyzers keep a token stream for each thread; they hold nothing that needs closing.
 */
final class LuceneTextAnalysis implements TextAnalysis {
    /** Begins each token of an expansion on its way out of the synonym map; no word contains it. */
    private static final char EXPANSION_MARK = '\u0001';

    private static final String FIELD = "text";

    private final Symbols symbols;
    private final Analyzer words = new Chain(CharArraySet.EMPTY_SET, null);
    private final Analyzer graph;
    private final Analyzer row;

    LuceneTextAnalysis(TextRules rules) {
        symbols = new Symbols(rules.abbreviations());
        CharArraySet caseKept = new CharArraySet(16, true);
        for (Abbreviation abbreviation : rules.abbreviations()) {
            if (abbreviation.matchCase()) {
                caseKept.addAll(split(words, abbreviation.text()));
            }
        }
        Analyzer cased = new Chain(caseKept, null);

        Rules terms = new Rules();
        for (String term : rules.terms()) {
            List<String> key = split(cased, term);
            requireWords("term", term, key);
            if (key.size() > 1) {
                CharsRef whole = new CharsRef(String.join(" ", lower(key)));
                terms.add(key, whole, false);
                terms.add(lower(key), whole, false);
            }
        }
        // Expansions are split by the terms, so that one that is a term comes out as such.
        Analyzer whole = new Chain(caseKept, terms.build());

        Rules graphRules = new Rules();
        Rules rowRules = new Rules();
        for (Abbreviation abbreviation : rules.abbreviations()) {
            List<String> key = split(cased, abbreviation.text());
            requireWords("abbreviation", abbreviation.text(), key);
            boolean first = true;
            for (String expansion : abbreviation.expansions()) {
                List<String> path = new ArrayList<>();
                for (String word : split(whole, expansion)) {
                    path.add(EXPANSION_MARK + word.toLowerCase(Locale.ROOT));
                }
                requireWords("expansion", expansion, path);
                CharsRef output = join(path);
                for (List<String> spelling : abbreviation.matchCase() ? List.of(key) : List.of(key, lower(key))) {
                    graphRules.add(spelling, output, true);
                    if (first) {
                        rowRules.add(spelling, output, false);
                    }
                }
                first = false;
            }
        }
        graphRules.addMissing(terms);
        rowRules.addMissing(terms);
        graph = new Chain(caseKept, graphRules.build());
        row = new Chain(caseKept, rowRules.build());
    }

    @Override
    public List<Token> tokens(String text) {
        List<Token> tokens = new ArrayList<>();
        try (TokenStream stream = graph.tokenStream(FIELD, symbols.replace(text))) {
            CharTermAttribute term = stream.getAttribute(CharTermAttribute.class);
            OffsetAttribute offset = stream.getAttribute(OffsetAttribute.class);
            PositionIncrementAttribute increment = stream.addAttribute(PositionIncrementAttribute.class);
            PositionLengthAttribute length = stream.addAttribute(PositionLengthAttribute.class);
            TypeAttribute type = stream.addAttribute(TypeAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                boolean expansion = term.charAt(0) == EXPANSION_MARK;
                boolean rule = type.type().equals(SynonymGraphFilter.TYPE_SYNONYM);
                String found = expansion
                        ? term.subSequence(1, term.length()).toString()
                        : symbols.restore(term.toString(), text, offset.startOffset());
                tokens.add(new Token(
                        found,
                        offset.startOffset(),
                        offset.endOffset(),
                        increment.getPositionIncrement(),
                        length.getPositionLength(),
                        expansion ? Kind.EXPANSION : rule ? Kind.TERM : Kind.WORD));
            }
            stream.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return tokens;
    }

    @Override
    public List<String> terms(String text) {
        List<String> found = new ArrayList<>();
        try (TokenStream stream = row.tokenStream(FIELD, symbols.replace(text))) {
            CharTermAttribute term = stream.getAttribute(CharTermAttribute.class);
            OffsetAttribute offset = stream.getAttribute(OffsetAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                found.add(
                        term.charAt(0) == EXPANSION_MARK
                                ? term.subSequence(1, term.length()).toString()
                                : symbols.restore(term.toString(), text, offset.startOffset()));
            }
            stream.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    @Override
    public TermStatistics statistics(Stream<String> documents) {
        Map<String, long[]> counts =
                new HashMap<>(); // term: frequency, documents, number of the last document it was in
        long number = 0;
        long total = 0;
        for (Iterator<String> i = documents.iterator(); i.hasNext(); ) {
            number++;
            for (String term : terms(i.next())) {
                total++;
                long[] count = counts.computeIfAbsent(term, t -> new long[3]);
                count[0]++;
                if (count[2] != number) {
                    count[1]++;
                    count[2] = number;
                }
            }
        }
        Map<String, TermStatistics.Count> result = new HashMap<>();
        counts.forEach((term, count) -> result.put(term, new TermStatistics.Count(count[0], count[1])));
        return new TermStatistics(number, total, result);
    }

    @Override
    public List<String> shingles(String text, int size) {
        if (size < 1) {
            throw new IllegalArgumentException("size must be at least 1, found " + size);
        }
        List<String> found = split(words, text);
        if (found.isEmpty()) {
            return List.of();
        }
        List<String> shingles = new ArrayList<>();
        for (int start = 0; start == 0 || start + size <= found.size(); start++) {
            shingles.add(String.join(" ", found.subList(start, Math.min(start + size, found.size()))));
        }
        return shingles;
    }

    @Override
    public int[] signature(String text, MinHash parameters) {
        SignatureBuilder signature = new SignatureBuilder(parameters);
        try (TokenStream stream = words.tokenStream(FIELD, text)) {
            CharTermAttribute term = stream.getAttribute(CharTermAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                signature.add(term.buffer(), term.length());
            }
            stream.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return signature.build();
    }

    private List<String> split(Analyzer analyzer, String text) {
        List<String> found = new ArrayList<>();
        try (TokenStream stream = analyzer.tokenStream(FIELD, symbols.replace(text))) {
            CharTermAttribute term = stream.getAttribute(CharTermAttribute.class);
            stream.reset();
            while (stream.incrementToken()) {
                found.add(term.toString());
            }
            stream.end();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return found;
    }

    private static void requireWords(String what, String text, List<String> found) {
        if (found.isEmpty()) {
            throw new IllegalArgumentException("the " + what + " '" + text + "' has no word in it");
        }
    }

    private static List<String> lower(List<String> key) {
        return key.stream().map(word -> word.toLowerCase(Locale.ROOT)).toList();
    }

    private static CharsRef join(List<String> path) {
        return SynonymMap.Builder.join(path.toArray(String[]::new), new CharsRefBuilder());
    }

    /** Rules on their way into a synonym map, which takes no empty set of them. */
    private static final class Rules {
        private final List<Rule> rules = new ArrayList<>();
        private final Set<List<String>> keys = new HashSet<>();

        void add(List<String> key, CharsRef output, boolean withOriginal) {
            rules.add(new Rule(List.copyOf(key), output, withOriginal));
            keys.add(List.copyOf(key));
        }

        /** Adds those whose key isn't there yet. */
        void addMissing(Rules others) {
            Set<List<String>> own = Set.copyOf(keys);
            for (Rule rule : others.rules) {
                if (!own.contains(rule.key())) {
                    add(rule.key(), rule.output(), rule.withOriginal());
                }
            }
        }

        @Nullable
        SynonymMap build() {
            if (rules.isEmpty()) {
                return null;
            }
            SynonymMap.Builder builder = new SynonymMap.Builder(true);
            for (Rule rule : rules) {
                builder.add(join(rule.key()), rule.output(), rule.withOriginal());
            }
            try {
                return builder.build();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private record Rule(List<String> key, CharsRef output, boolean withOriginal) {}

    /** Words of Unicode Standard Annex #29, lower case, rules. */
    private static final class Chain extends Analyzer {
        private final CharArraySet caseKept;
        private final @Nullable SynonymMap rules;

        Chain(CharArraySet caseKept, @Nullable SynonymMap rules) {
            this.caseKept = caseKept;
            this.rules = rules;
        }

        @Override
        protected TokenStreamComponents createComponents(String field) {
            StandardTokenizer source = new StandardTokenizer();
            TokenStream stream = new CaseFilter(source, caseKept);
            if (rules != null) {
                stream = new LowerCaseFilter(new SynonymGraphFilter(stream, rules, false));
            }
            return new TokenStreamComponents(source, stream);
        }
    }
}
