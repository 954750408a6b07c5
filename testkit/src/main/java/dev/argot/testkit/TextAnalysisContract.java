package dev.argot.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Abbreviation;
import dev.argot.spi.MinHash;
import dev.argot.spi.TermStatistics;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextAnalysis.Kind;
import dev.argot.spi.TextAnalysis.Token;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TextRules;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link TextAnalysisProvider} promises. */
public abstract class TextAnalysisContract {
    private static final TextRules RULES = new TextRules(
            List.of(
                    "res judicata",
                    "Federal Reserve",
                    "Federal Reserve Bank",
                    "myocardial infarction",
                    "blind's man",
                    "tort"),
            List.of(
                    abbreviation("U.S.C.", false, "United States Code"),
                    abbreviation("qid", false, "four times a day"),
                    abbreviation("MI", true, "myocardial infarction", "mitral insufficiency"),
                    abbreviation("n/v", false, "nausea and vomiting"),
                    abbreviation("&", false, "and")));

    /** For subclasses. */
    protected TextAnalysisContract() {}

    /** The provider to be tested. */
    protected abstract TextAnalysisProvider provider();

    @Test
    void name_isLowerCase() {
        assertThat(provider().name()).matches("[a-z][a-z0-9-]*");
    }

    @Test
    void provider_isFoundByServiceLoader() {
        assertThat(ServiceLoader.load(TextAnalysisProvider.class).stream().map(ServiceLoader.Provider::type))
                .extracting(Class::getName)
                .contains(provider().getClass().getName());
    }

    @Test
    void tokens_ofPlainText_areWordsWithTheirPlaces() {
        assertThat(plain().tokens("The Court’s order, 2019."))
                .containsExactly(
                        new Token("the", 0, 3, 1, 1, Kind.WORD),
                        new Token("court's", 4, 11, 1, 1, Kind.WORD),
                        new Token("order", 12, 17, 1, 1, Kind.WORD),
                        new Token("2019", 19, 23, 1, 1, Kind.WORD));
    }

    @Test
    void tokens_ofTerm_areOneToken() {
        assertThat(analysis().tokens("a Res  judicata."))
                .containsExactly(
                        new Token("a", 0, 1, 1, 1, Kind.WORD), new Token("res judicata", 2, 15, 1, 1, Kind.TERM));
    }

    @Test
    void terms_ofOverlappingTerms_takeTheLongest() {
        assertThat(analysis().terms("the Federal Reserve Bank and the federal reserve board"))
                .containsExactly("the", "federal reserve bank", "and", "the", "federal reserve", "board");
    }

    @Test
    void terms_withCurledApostrophe_areRecognised() {
        assertThat(analysis().terms("the blind’s man")).containsExactly("the", "blind's man");
    }

    @Test
    void tokens_ofAbbreviation_areAGraph() {
        List<Token> tokens = analysis().tokens("42 U.S.C. here");
        assertThat(tokens)
                .filteredOn(t -> t.kind() == Kind.EXPANSION)
                .extracting(Token::text)
                .containsExactly("united", "states", "code");
        assertThat(tokens).filteredOn(t -> t.kind() == Kind.EXPANSION).allSatisfy(t -> assertThat(
                        "42 U.S.C. here".substring(t.start(), t.end()))
                .isIn("U.S.C.", "U.S.C"));
        assertThat(paths(tokens)).containsExactlyInAnyOrder("42 u.s.c here", "42 united states code here");
    }

    @Test
    void tokens_ofAmbiguousAbbreviation_offerEachExpansion() {
        assertThat(paths(analysis().tokens("acute MI")))
                .containsExactlyInAnyOrder("acute mi", "acute myocardial infarction", "acute mitral insufficiency");
        assertThat(analysis().terms("acute MI")).containsExactly("acute", "myocardial infarction");
    }

    @Test
    void normalise_whereCaseMatters_leavesOtherSpellingsAlone() {
        assertThat(analysis().normalise("Mi casa, mi MI, QID"))
                .isEqualTo("mi casa mi myocardial infarction four times a day");
    }

    @Test
    void normalise_ofPunctuatedAbbreviations_expandsThem() {
        assertThat(analysis().normalise("N/V qid & rest; AT&T"))
                .isEqualTo("nausea and vomiting four times a day and rest at t");
    }

    @Test
    void open_withTermWithoutWords_isRefusedByName() {
        assertThatThrownBy(() -> provider().open(new TextRules(List.of("—"), List.of())))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("—");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\n\t", "!?…", "\0", "\ud800", "\udc00x"})
    void tokens_ofOddText_pointIntoIt(String text) {
        assertOffsets(text, analysis().tokens(text));
        assertThat(plain().signature(text, MinHash.DEFAULT)).hasSize(MinHash.DEFAULT.hashes());
    }

    @RepeatedTest(50)
    void tokens_ofRandomText_pointIntoIt(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        String text = randomText(new Random(seed));
        List<Token> tokens = analysis().tokens(text);
        assertOffsets("seed " + seed, text, tokens);
        // A walk along any path of the graph ends at the end: no position is left out.
        int position = -1;
        int reached = 0;
        for (Token token : tokens) {
            position += token.positionIncrement();
            assertThat(position).as("seed %d, %s", seed, token).isLessThanOrEqualTo(reached);
            reached = Math.max(reached, position + token.positionLength());
        }
    }

    @RepeatedTest(20)
    void terms_withoutRules_areTheTokens(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        String text = randomText(new Random(seed));
        assertThat(plain().terms(text))
                .as("seed %d", seed)
                .isEqualTo(plain().tokens(text).stream().map(Token::text).toList());
    }

    @RepeatedTest(10)
    void statistics_ofRandomDocuments_equalCounting(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        Random random = new Random(seed);
        List<String> documents =
                Stream.generate(() -> randomText(random)).limit(20).toList();
        TermStatistics statistics = analysis().statistics(documents.stream());
        Map<String, Long> frequency = new HashMap<>();
        Map<String, Set<Integer>> containing = new HashMap<>();
        for (int i = 0; i < documents.size(); i++) {
            for (String term : analysis().terms(documents.get(i))) {
                frequency.merge(term, 1L, Long::sum);
                containing.computeIfAbsent(term, t -> new HashSet<>()).add(i);
            }
        }
        assertThat(statistics.documents()).as("seed %d", seed).isEqualTo(20);
        assertThat(statistics.total())
                .as("seed %d", seed)
                .isEqualTo(frequency.values().stream().mapToLong(n -> n).sum());
        assertThat(statistics.counts().keySet()).as("seed %d", seed).isEqualTo(frequency.keySet());
        frequency.forEach((term, n) -> {
            assertThat(statistics.frequency(term)).as("seed %d, %s", seed, term).isEqualTo(n);
            assertThat(statistics.documentFrequency(term))
                    .as("seed %d, %s", seed, term)
                    .isEqualTo(containing.getOrDefault(term, Set.of()).size());
        });
        assertThat(statistics.top(1)).as("seed %d", seed).allSatisfy(top -> assertThat(statistics.frequency(top))
                .isEqualTo(frequency.values().stream().mapToLong(n -> n).max().orElse(0)));
        assertThat(statistics.frequency("nowhere to be found")).isZero();
    }

    @Test
    void shingles_areRunsOfWords() {
        assertThat(plain().shingles("One two, three four.", 3)).containsExactly("one two three", "two three four");
        assertThat(plain().shingles("One two", 3)).containsExactly("one two");
        assertThat(plain().shingles(" ", 3)).isEmpty();
        assertThat(analysis().shingles("res judicata qid", 1)).containsExactly("res", "judicata", "qid");
        assertThatThrownBy(() -> plain().shingles("x", 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @RepeatedTest(40)
    void signature_ofNearDuplicates_estimatesTheJaccardSimilarity(RepetitionInfo info) {
        long seed = info.getCurrentRepetition();
        Random random = new Random(seed);
        MinHash parameters = new MinHash(64, 4, 3, seed);
        List<String> words = randomWords(random, 400);
        List<String> changed = new ArrayList<>(words);
        int changes = random.nextInt(60);
        for (int i = 0; i < changes; i++) {
            changed.set(random.nextInt(changed.size()), "changed" + i);
        }
        String a = String.join(" ", words);
        String b = String.join(" ", changed);
        double exact = jaccard(plain().shingles(a, 3), plain().shingles(b, 3));
        double estimate = parameters.similarity(plain().signature(a, parameters), plain().signature(b, parameters));
        double error = Math.sqrt(exact * (1 - exact) / parameters.hashes());
        assertThat(estimate).as("seed %d", seed).isCloseTo(exact, within(4 * error + 1e-9));
    }

    @Test
    void signature_onAverage_isUnbiased() {
        double sum = 0;
        int pairs = 300;
        for (int seed = 0; seed < pairs; seed++) {
            Random random = new Random(seed);
            List<String> words = randomWords(random, 60);
            List<String> other = new ArrayList<>(words.subList(0, 40));
            other.addAll(randomWords(random, 20));
            String a = String.join(" ", words);
            String b = String.join(" ", other);
            MinHash parameters = new MinHash(32, 4, 2, seed);
            sum += parameters.similarity(plain().signature(a, parameters), plain().signature(b, parameters))
                    - jaccard(plain().shingles(a, 2), plain().shingles(b, 2));
        }
        // One pair's standard error is at most 0.5 / √128 = 0.044; that of the mean of 300 is 0.0026.
        assertThat(sum / pairs).isCloseTo(0, within(0.01));
    }

    @Test
    void signature_dependsOnWordsOnly() {
        MinHash parameters = new MinHash(8, 4, 2, 7);
        int[] signature = plain().signature("The order of the Court", parameters);
        assertThat(plain().signature("the  ORDER, of the (court)!", parameters)).isEqualTo(signature);
        assertThat(analysis().signature("the order of the court", parameters)).isEqualTo(signature);
        assertThat(plain().signature("the order of the court", new MinHash(8, 4, 2, 8)))
                .isNotEqualTo(signature);
        assertThat(plain().signature("…", parameters)).containsOnly(Integer.MAX_VALUE);
    }

    @Test
    void signature_ofTextShorterThanAShingle_isItsOwn() {
        MinHash parameters = new MinHash(8, 4, 5, 7);
        assertThat(parameters.similarity(plain().signature("one", parameters), plain().signature("One.", parameters)))
                .isEqualTo(1);
        assertThat(parameters.similarity(plain().signature("one", parameters), plain().signature("two", parameters)))
                .isLessThan(0.5);
    }

    @Test
    void tokens_fromManyThreads_areTheSame() throws Exception {
        TextAnalysis shared = analysis();
        List<String> texts =
                IntStream.range(0, 40).mapToObj(i -> randomText(new Random(i))).toList();
        List<List<Token>> expected = texts.stream().map(shared::tokens).toList();
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            Callable<List<List<Token>>> task =
                    () -> texts.stream().map(shared::tokens).toList();
            for (Future<List<List<Token>>> result : pool.invokeAll(List.of(task, task, task, task))) {
                assertThat(result.get()).isEqualTo(expected);
            }
        }
    }

    private TextAnalysis plain() {
        return provider().open(TextRules.NONE);
    }

    private TextAnalysis analysis() {
        return provider().open(RULES);
    }

    private static Abbreviation abbreviation(String text, boolean matchCase, String... expansions) {
        return new Abbreviation(text, List.of(expansions), matchCase, false, "test");
    }

    private static void assertOffsets(String text, List<Token> tokens) {
        assertOffsets("text", text, tokens);
    }

    private static void assertOffsets(String description, String text, List<Token> tokens) {
        int last = 0;
        for (Token token : tokens) {
            assertThat(token.start()).as("%s, %s", description, token).isBetween(last, token.end() - 1);
            assertThat(token.end()).as("%s, %s", description, token).isLessThanOrEqualTo(text.length());
            String written = text.substring(token.start(), token.end())
                    .replace('’', '\'')
                    .toLowerCase(Locale.ROOT);
            switch (token.kind()) {
                case WORD ->
                    assertThat(letters(token.text()))
                            .as("%s, %s", description, token)
                            .isEqualTo(letters(written));
                case TERM ->
                    assertThat(RULES.terms().stream().map(t -> t.toLowerCase(Locale.ROOT)))
                            .as("%s, %s", description, token)
                            .contains(token.text());
                case EXPANSION ->
                    assertThat(RULES.abbreviations().stream()
                                    .map(a -> letters(a.text().toLowerCase(Locale.ROOT))))
                            .as("%s, %s", description, token)
                            .contains(letters(written));
            }
            last = token.start();
        }
    }

    /** Without the punctuation inside abbreviations, of which an analysis may keep a part. */
    private static String letters(String text) {
        return text.replaceAll("[./]", "");
    }

    /** All texts a graph of tokens can be read as. */
    private static List<String> paths(List<Token> tokens) {
        Map<Integer, List<Token>> starting = new HashMap<>();
        int position = -1;
        int end = 0;
        Map<Token, Integer> ends = new HashMap<>();
        for (Token token : tokens) {
            position += token.positionIncrement();
            starting.computeIfAbsent(position, p -> new ArrayList<>()).add(token);
            ends.put(token, position + token.positionLength());
            end = Math.max(end, position + token.positionLength());
        }
        List<String> found = new ArrayList<>();
        walk("", 0, end, starting, ends, found);
        return found;
    }

    private static void walk(
            String soFar,
            int position,
            int end,
            Map<Integer, List<Token>> starting,
            Map<Token, Integer> ends,
            List<String> found) {
        if (position == end) {
            found.add(soFar.strip());
            return;
        }
        for (Token token : starting.getOrDefault(position, List.of())) {
            walk(soFar + " " + token.text(), ends.getOrDefault(token, end), end, starting, ends, found);
        }
    }

    private static double jaccard(List<String> a, List<String> b) {
        Set<String> union = new HashSet<>(a);
        union.addAll(b);
        Set<String> both = new HashSet<>(a);
        both.retainAll(new HashSet<>(b));
        return (double) both.size() / union.size();
    }

    private static List<String> randomWords(Random random, int count) {
        return Stream.generate(() -> "w" + random.nextInt(2000)).limit(count).toList();
    }

    /** Words, terms, abbreviations, symbols and letters beyond the Basic Multilingual Plane, in any order. */
    private static String randomText(Random random) {
        String[] pieces = {
            "the", "Court", "’s", "res", "judicata", "Res judicata", "U.S.C.", "qid", "MI", "mi", "n/v", "&", " ", " ",
                    " ", ", ",
            "\n", "—", "Federal", "Reserve", "Bank", "20", "3.5", "Größe", "東京", "𝒜𝒷", "é", "👩‍⚕️", "_", "-", "§",
                    "㐀"
        };
        StringBuilder text = new StringBuilder();
        int count = random.nextInt(60);
        for (int i = 0; i < count; i++) {
            text.append(pieces[random.nextInt(pieces.length)]);
            if (random.nextInt(3) > 0) {
                text.append(' ');
            }
        }
        return text.toString();
    }
}
