package dev.argot.core.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.CausalModel;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.TokenContinuations;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplate;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.ChoiceAnswer.Ranked;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.LabelScoring;
import dev.argot.api.prompt.LabelScoring.Normalisation;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.core.evaluation.ScriptedModel;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

class LabelScorerTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.of("Text: {{text}}\nKind: {{answer}}");
    private static final List<Example> EXEMPLARS = List.of(
            new Example("one", Map.of("text", "A thing."), "tax"), new Example("two", Map.of("text", "Else."), "law"));
    private static final String SHOWN = "Text: A thing.\nKind: tax\n\nText: Else.\nKind: law\n\n";

    /** A language of characters: what a text is worth depends on the last characters before each of its own. */
    private static ToDoubleBiFunction<String, String> language(long seed) {
        return (prompt, text) -> {
            double sum = 0;
            for (int at = 0; at < text.length(); ) {
                String next = text.startsWith("<end>", at) ? "<end>" : text.substring(at, at + 1);
                String before = prompt + text.substring(0, at);
                String context = before.substring(Math.max(0, before.length() - 9));
                long mixed = seed * 31 + (context + "|" + next).hashCode();
                sum += Math.log(0.05 + 0.9 * new SplittableRandom(mixed).nextDouble());
                at += next.length();
            }
            return sum;
        };
    }

    private static PromptSpec spec(AnswerFormat format, LabelScoring scoring) {
        return PromptSpec.builder(TEMPLATE)
                .format(format)
                .exemplars(EXEMPLARS)
                .settings(PromptSettings.DEFAULT.withScoring(scoring))
                .build();
    }

    private static LabelScorer scorer(ScriptedModel model, PromptSpec spec) {
        return new LabelScorer(model, spec, new PromptRenderer(model, spec, new Shown(spec.exemplars())));
    }

    private record Shown(List<Example> exemplars) implements ExemplarSelector {
        @Override
        public List<Example> select(Map<String, String> inputs, int count) {
            return exemplars;
        }

        @Override
        public void close() {}
    }

    private static ScriptedModel model(ToDoubleBiFunction<String, String> logProbability) {
        return new ScriptedModel(1000, logProbability, prompt -> "");
    }

    private static Map<String, Double> probabilities(ChoiceAnswer answer) {
        Map<String, Double> probabilities = new HashMap<>();
        answer.ranked().forEach(r -> probabilities.put(r.label(), r.probability()));
        return probabilities;
    }

    private static List<String> labels(SplittableRandom random) {
        var pool = new ArrayList<>(List.of("sell", "buy", "a loan", "Fraud", "x", "mortgage rate", "no"));
        for (int i = pool.size(); i > 1; i--) {
            pool.add(pool.remove(random.nextInt(i)));
        }
        return List.copyOf(pool.subList(0, 2 + random.nextInt(5)));
    }

    /** The formulas of the papers in plain probabilities. */
    private static double[] slow(
            ToDoubleBiFunction<String, String> language, List<String> labels, LabelScoring scoring, String text) {
        double[] values = plain(language, labels, scoring.normalisation(), text);
        if (scoring.contentFree().isEmpty()) {
            return values;
        }
        double[] mean = new double[labels.size()];
        for (String free : scoring.contentFree()) {
            double[] found = plain(language, labels, scoring.normalisation(), free);
            for (int i = 0; i < mean.length; i++) {
                mean[i] += found[i] / scoring.contentFree().size();
            }
        }
        for (int i = 0; i < mean.length; i++) {
            values[i] /= mean[i];
        }
        return shares(values);
    }

    private static double[] plain(
            ToDoubleBiFunction<String, String> language,
            List<String> labels,
            Normalisation normalisation,
            String text) {
        double[] values = new double[labels.size()];
        for (int i = 0; i < values.length; i++) {
            String label = labels.get(i);
            double p = Math.exp(language.applyAsDouble(SHOWN + "Text: " + text + "\nKind:", " " + label));
            values[i] = switch (normalisation) {
                case NONE -> p;
                case TOKENS -> Math.pow(p, 1.0 / (1 + label.length()));
                case BYTES -> Math.pow(p, 1.0 / label.getBytes(StandardCharsets.UTF_8).length);
                case MUTUAL_INFORMATION -> p / Math.exp(language.applyAsDouble("Kind:", " " + label));
            };
        }
        return shares(values);
    }

    private static double[] shares(double[] values) {
        double sum = Arrays.stream(values).sum();
        return Arrays.stream(values).map(v -> v / sum).toArray();
    }

    @RepeatedTest(40)
    void rank_randomLanguage_followsTheFormulas(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        List<String> labels = labels(random);
        var language = language(seed);
        for (Normalisation normalisation : Normalisation.values()) {
            for (List<String> contentFree : List.of(List.<String>of(), List.of("N/A", "[MASK]", ""))) {
                // GIVEN
                var scoring = new LabelScoring(normalisation, contentFree);
                var scorer = scorer(model(language), spec(new AnswerFormat.Choice(labels), scoring));
                // WHEN
                List<ChoiceAnswer> answers =
                        scorer.rank(List.of(Map.of("text", "Mine"), Map.of("text", "Yours.")), List.of(labels, labels));
                // THEN
                for (int item = 0; item < 2; item++) {
                    ChoiceAnswer answer = answers.get(item);
                    double[] expected = slow(language, labels, scoring, item == 0 ? "Mine" : "Yours.");
                    for (int i = 0; i < expected.length; i++) {
                        assertThat(probabilities(answer).get(labels.get(i)))
                                .as("seed %d, %s, %s, '%s'", seed, normalisation, contentFree, labels.get(i))
                                .isCloseTo(expected[i], within(1e-9));
                    }
                    assertThat(answer.ranked())
                            .as("seed %d", seed)
                            .isSortedAccordingTo(Comparator.comparingDouble(Ranked::probability)
                                    .reversed());
                    assertThat(answer.ranked().stream()
                                    .mapToDouble(Ranked::probability)
                                    .sum())
                            .isCloseTo(1, within(1e-12));
                    Ranked best = answer.ranked().get(0);
                    assertThat(best.logProbability())
                            .isCloseTo(
                                    language.applyAsDouble(answer.prompt().text(), " " + best.label()), within(1e-9));
                    assertThat(best.tokens()).isEqualTo(1 + best.label().length());
                }
            }
        }
    }

    @RepeatedTest(40)
    void rank_labelThatBeginsAnother_countsWhereItEnds(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var language = language(seed);
        List<String> labels = List.of("tax", "tax law", "law");
        var scorer = scorer(model(language), spec(new AnswerFormat.Choice(labels), LabelScoring.DEFAULT));
        ChoiceAnswer answer =
                scorer.rank(List.of(Map.of("text", "Mine")), List.of(labels)).get(0);
        // a line break, of which an empty line is one, or the end of the text
        double[] expected = new double[3];
        for (int i = 0; i < 3; i++) {
            String prompt = SHOWN + "Text: Mine\nKind:";
            expected[i] = Math.exp(language.applyAsDouble(prompt, " " + labels.get(i) + "\n"))
                    + Math.exp(language.applyAsDouble(prompt, " " + labels.get(i) + "<end>"));
        }
        double[] shares = shares(expected);
        for (int i = 0; i < 3; i++) {
            assertThat(probabilities(answer).get(labels.get(i)))
                    .as("seed %d", seed)
                    .isCloseTo(shares[i], within(1e-9));
        }
        assertThat(answer.ranked().get(0).tokens()).isEqualTo(2 + answer.best().length());
    }

    @Test
    void rank_longerLabelThatIsCertain_winsOverItsBeginning() {
        // the model is sure of "tax law", and hence of "tax" without what follows
        var model = model((prompt, text) -> text.startsWith(" tax law") ? -0.1 : text.equals(" tax") ? -0.05 : -9);
        var scorer = scorer(model, spec(new AnswerFormat.Choice(List.of("tax", "tax law")), LabelScoring.DEFAULT));
        assertThat(scorer.rank(List.of(Map.of("text", "Mine")), List.of(List.of("tax", "tax law")))
                        .get(0)
                        .best())
                .isEqualTo("tax law");
    }

    @Test
    void rank_equalLabels_keepTheirOrder() {
        List<String> labels = List.of("c", "a", "b");
        var scorer = scorer(model((prompt, text) -> -1), spec(new AnswerFormat.Choice(labels), LabelScoring.DEFAULT));
        assertThat(scorer.rank(List.of(Map.of("text", "Mine")), List.of(labels))
                        .get(0)
                        .ranked())
                .extracting(Ranked::label)
                .containsExactly("c", "a", "b");
    }

    @Test
    void rank_impossibleLabels_haveNoShareAndNoNaN() {
        List<String> labels = List.of("c", "a");
        for (LabelScoring scoring :
                List.of(LabelScoring.CALIBRATED, new LabelScoring(Normalisation.MUTUAL_INFORMATION, List.of("N/A")))) {
            for (double other : new double[] {-2, Double.NEGATIVE_INFINITY}) {
                var model = model((prompt, text) -> text.equals(" c") ? Double.NEGATIVE_INFINITY : other);
                ChoiceAnswer answer = scorer(model, spec(new AnswerFormat.Choice(labels), scoring))
                        .rank(List.of(Map.of("text", "Mine")), List.of(labels))
                        .get(0);
                assertThat(answer.ranked().stream()
                                .mapToDouble(Ranked::probability)
                                .sum())
                        .isCloseTo(1, within(1e-12));
            }
        }
    }

    @RepeatedTest(20)
    void rank_optionsOfTheItems_followsTheFormulasForEach(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        var language = language(seed);
        List<String> texts = List.of("Mine", "Yours.", "Theirs", "Mine");
        List<List<String>> options = texts.stream().map(text -> labels(random)).toList();
        for (Normalisation normalisation : Normalisation.values()) {
            for (List<String> contentFree : List.of(List.<String>of(), List.of("N/A", ""))) {
                var scoring = new LabelScoring(normalisation, contentFree);
                var scorer = scorer(model(language), spec(new AnswerFormat.Choice(List.of()), scoring));
                List<ChoiceAnswer> answers = scorer.rank(
                        texts.stream().map(text -> Map.of("text", text)).toList(), options);
                for (int item = 0; item < texts.size(); item++) {
                    double[] expected = slow(language, options.get(item), scoring, texts.get(item));
                    for (int i = 0; i < expected.length; i++) {
                        assertThat(probabilities(answers.get(item))
                                        .get(options.get(item).get(i)))
                                .as("seed %d, %s, %s, item %d", seed, normalisation, contentFree, item)
                                .isCloseTo(expected[i], within(1e-9));
                    }
                }
            }
        }
    }

    @Test
    void rank_optionsOfFewerItems_isRefused() {
        var scorer = scorer(model((p, t) -> -1), spec(new AnswerFormat.Choice(List.of()), LabelScoring.DEFAULT));
        List<Map<String, String>> items = List.of(Map.of("text", "Mine"), Map.of("text", "Yours"));
        assertThatThrownBy(() -> scorer.rank(items, List.of(List.of("a", "b"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("each of 2 items, found 1");
    }

    @Test
    void rank_optionsTwiceOrNone_isRefused() {
        var scorer = scorer(model((p, t) -> -1), spec(new AnswerFormat.Choice(List.of()), LabelScoring.DEFAULT));
        assertThatThrownBy(() -> scorer.rank(List.of(Map.of("text", "Mine")), List.of(List.of("a", "a"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("[a, a]");
        assertThatThrownBy(() -> scorer.rank(List.of(Map.of("text", "Mine")), List.of(List.of())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> scorer.rank(List.of(Map.of("text", "Mine")), List.of(List.of("a", " "))))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(scorer.rank(List.of(), List.of())).isEmpty();
    }

    @Test
    void rank_calibratedTwice_asksContentFreePromptsOnce() {
        // GIVEN
        ScriptedModel model = model(language(1));
        List<String> labels = List.of("buy", "sell");
        var scoring = new LabelScoring(Normalisation.MUTUAL_INFORMATION, List.of("N/A", ""));
        var scorer = scorer(model, spec(new AnswerFormat.Choice(labels), scoring));
        // WHEN
        scorer.rank(List.of(Map.of("text", "Mine"), Map.of("text", "Yours")), List.of(labels, labels));
        scorer.rank(List.of(Map.of("text", "Hers")), List.of(labels));
        // THEN
        assertThat(model.prompts())
                .containsExactly(
                        "Kind:",
                        SHOWN + "Text: N/A\nKind:",
                        SHOWN + "Text: \nKind:",
                        SHOWN + "Text: Mine\nKind:",
                        SHOWN + "Text: Yours\nKind:",
                        SHOWN + "Text: Hers\nKind:");
    }

    @RepeatedTest(60)
    void several_randomLanguage_isTheGreedyChain(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        List<String> labels = labels(new SplittableRandom(seed));
        ToDoubleBiFunction<String, String> language = language(seed);
        var scorer = scorer(model(language), spec(new AnswerFormat.Several(labels), LabelScoring.DEFAULT));
        // WHEN
        SeveralAnswer answer = scorer.several(Map.of("text", "Mine"));
        // THEN: written down anew, each step by itself
        String written = SHOWN + "Text: Mine\nKind:";
        var expected = new ArrayList<String>();
        while (expected.size() < labels.size()) {
            String between = expected.isEmpty() ? " " : ", ";
            String before = written;
            String best = labels.stream()
                    .filter(l -> !expected.contains(l))
                    .max(Comparator.comparingDouble(l -> language.applyAsDouble(before, between + l)))
                    .orElseThrow();
            double end = Math.exp(language.applyAsDouble(written, "\n"))
                    + Math.exp(language.applyAsDouble(written, "<end>"));
            if (!expected.isEmpty() && end >= Math.exp(language.applyAsDouble(written, between + best))) {
                break;
            }
            expected.add(best);
            written += between + best;
        }
        assertThat(answer.labels())
                .extracting(Ranked::label)
                .as("seed %d", seed)
                .isEqualTo(expected);
        assertThat(answer.prompt().text()).isEqualTo(SHOWN + "Text: Mine\nKind:");
    }

    @Test
    void several_modelThatNeverEnds_choosesEachOnce() {
        List<String> labels = List.of("b", "a", "c");
        var model = model((prompt, text) -> text.endsWith("\n") || text.endsWith("<end>") ? -50 : -text.length());
        SeveralAnswer answer = scorer(model, spec(new AnswerFormat.Several(labels, "; "), LabelScoring.CALIBRATED))
                .several(Map.of("text", "Mine"));
        assertThat(answer.labels()).extracting(Ranked::label).containsExactly("b", "a", "c");
        assertThat(answer.labels().get(2).probability()).isEqualTo(1);
    }

    @Test
    void several_labelThatBeginsAnother_endsAtTheSeparator() {
        List<String> labels = List.of("tax", "tax law", "x");
        // "tax, x" then the end: a comma behind "tax" is as good an end of it as a line
        var model = model((prompt, text) -> switch (text) {
            case " tax," -> -0.1;
            case ", x\n" -> -0.2;
            default -> text.isEmpty() || !prompt.endsWith("x") ? -9 : text.equals("\n") ? -3 : -9;
        });
        SeveralAnswer answer = scorer(model, spec(new AnswerFormat.Several(labels), LabelScoring.DEFAULT))
                .several(Map.of("text", "Mine"));
        assertThat(answer.labels()).extracting(Ranked::label).containsExactly("tax", "x");
        assertThat(IntStream.of(answer.labels().get(1).tokens()).sum()).isEqualTo(4);
    }

    @Test
    void several_otherFormat_isRefused() {
        var scorer = scorer(model((p, t) -> -1), spec(new AnswerFormat.Text(5), LabelScoring.DEFAULT));
        assertThatThrownBy(() -> scorer.several(Map.of("text", "Mine"))).isInstanceOf(IllegalStateException.class);
    }

    // ---- other kinds of models

    /** A conversation of one turn: the end token behind what each says. */
    private static final ChatTemplate CHAT = new ChatTemplate() {
        @Override
        public RenderedChat render(List<ChatMessage> messages, ChatOptions options) {
            var text = new StringBuilder();
            var ids = new ArrayList<Integer>();
            Tokenizer tokenizer = model((p, t) -> 0).tokenizer();
            for (ChatMessage message : messages) {
                String said = message.role().charAt(0) + ":" + message.content();
                text.append(said).append("<end>");
                Arrays.stream(tokenizer.encode(said).ids()).forEach(ids::add);
                ids.add(0);
            }
            if (options.equals(ChatOptions.DEFAULT)) {
                text.append("a:");
                Arrays.stream(tokenizer.encode("a:").ids()).forEach(ids::add);
            }
            int[] array = ids.stream().mapToInt(Integer::intValue).toArray();
            return new RenderedChat(text.toString(), array, new boolean[array.length]);
        }

        @Override
        public Set<String> names() {
            return Set.of("default");
        }
    };

    /** An object whose other methods are those of another. */
    private static <T> T with(Class<T> type, Object other, Map<String, Function<Object[], Object>> methods) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    Function<Object[], Object> own = methods.get(method.getName());
                    return own == null ? method.invoke(other, arguments) : own.apply(arguments);
                }));
    }

    @RepeatedTest(20)
    void rank_chat_scoresTheLabelsThemselvesAndTheEndOfTheTurn(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        // GIVEN
        var language = language(seed);
        ScriptedModel scripted = model(language);
        Tokenizer tokenizer =
                with(Tokenizer.class, scripted.tokenizer(), Map.of("chatTemplate", none -> Optional.of(CHAT)));
        CausalModel model = with(CausalModel.class, scripted, Map.of("tokenizer", none -> tokenizer));
        PromptSpec spec = PromptSpec.builder(TEMPLATE)
                .labels("tax", "tax law", "law")
                .settings(PromptSettings.DEFAULT
                        .withLayout(PromptLayout.MESSAGE)
                        .withScoring(new LabelScoring(Normalisation.MUTUAL_INFORMATION, List.of())))
                .build();
        List<String> labels = List.of("tax", "tax law", "law");
        // WHEN
        ChoiceAnswer answer = new LabelScorer(model, spec, new PromptRenderer(model, spec, new Shown(List.of())))
                .rank(List.of(Map.of("text", "Mine")), List.of(labels))
                .get(0);
        // THEN
        double[] expected = labels.stream()
                .mapToDouble(label -> Math.exp(language.applyAsDouble("u:Text: Mine\nKind:<end>a:", label + "<end>")
                        - language.applyAsDouble("u:Kind:<end>a:", label + "<end>")))
                .toArray();
        double[] shares = shares(expected);
        for (int i = 0; i < 3; i++) {
            assertThat(probabilities(answer).get(labels.get(i)))
                    .as("seed %d", seed)
                    .isCloseTo(shares[i], within(1e-9));
        }
    }

    @RepeatedTest(20)
    void severalAndRank_encoderDecoder_scoreWhatTheDecoderWrites(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        // GIVEN
        var language = language(seed);
        ScriptedModel scripted = model(language);
        Seq2SeqModel model = with(Seq2SeqModel.class, scripted, Map.of("scoreTokens", arguments -> {
            var requests = new ArrayList<TokenContinuations>();
            ((List<?>) arguments[0]).forEach(request -> requests.add((TokenContinuations) request));
            return scripted.scoreTokens(requests, Optional.empty());
        }));
        List<String> labels = List.of("tax", "tax law", "law");
        PromptSpec spec = PromptSpec.builder(TEMPLATE)
                .format(new AnswerFormat.Several(labels))
                .exemplars(EXEMPLARS)
                .build();
        var scorer = new LabelScorer(model, spec, new PromptRenderer(model, spec, new Shown(EXEMPLARS)));
        // WHEN
        ChoiceAnswer answer =
                scorer.rank(List.of(Map.of("text", "Mine")), List.of(labels)).get(0);
        SeveralAnswer several = scorer.several(Map.of("text", "Mine"));
        // THEN: an end token, or the separator behind a label
        String source = SHOWN + "Text: Mine\nKind:";
        double[] expected = labels.stream()
                .mapToDouble(label -> written(language, source, label, "<end>", ","))
                .toArray();
        double[] shares = shares(expected);
        for (int i = 0; i < 3; i++) {
            assertThat(probabilities(answer).get(labels.get(i)))
                    .as("seed %d", seed)
                    .isCloseTo(shares[i], within(1e-9));
        }
        String written = "";
        var chain = new ArrayList<String>();
        while (chain.size() < labels.size()) {
            String before = written + (chain.isEmpty() ? "" : ", ");
            String best = labels.stream()
                    .filter(label -> !chain.contains(label))
                    .max(Comparator.comparingDouble(label -> written(language, source, before + label, "<end>", ",")))
                    .orElseThrow();
            if (!chain.isEmpty()
                    && written(language, source, written, "<end>")
                            >= written(language, source, before + best, "<end>", ",")) {
                break;
            }
            chain.add(best);
            written = before + best;
        }
        assertThat(several.labels())
                .extracting(Ranked::label)
                .as("seed %d", seed)
                .isEqualTo(chain);
    }

    private static double written(
            ToDoubleBiFunction<String, String> language, String source, String text, String... ends) {
        return Arrays.stream(ends)
                .mapToDouble(end -> Math.exp(language.applyAsDouble(source, text + end)))
                .sum();
    }
}
