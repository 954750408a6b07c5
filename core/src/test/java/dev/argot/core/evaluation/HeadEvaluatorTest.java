package dev.argot.core.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Model;
import dev.argot.api.ModelDescription;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.QuestionAnswerer.FoundAnswer;
import dev.argot.api.QuestionAnswerer.Question;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.SequenceClassifier.Classification;
import dev.argot.api.SequenceClassifier.LabelScore;
import dev.argot.api.TokenClassifier;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Worked examples recorded with scikit-learn, SciPy and seqeval. */
class HeadEvaluatorTest {
    private static final List<String> CLASSES = List.of("crime", "health", "labor", "tax");
    private static final String EXPECTED = "health labor tax crime crime crime health crime labor crime crime tax tax crime"
            + " labor crime tax crime crime labor crime tax crime labor crime labor health tax labor crime";
    private static final String ANSWERED = "health labor crime crime health crime crime tax tax tax crime tax tax labor"
            + " labor crime tax crime crime crime crime tax labor tax crime health health tax labor crime";

    /** A model that answers as told. */
    private static <M extends Model> M model(Class<M> kind, Map<String, Function<Object[], Object>> methods) {
        var description = new ModelDescription(
                "scripted", "", "", "bert", kind, 1, 1, 1, 1, 1, "float32", Map.of(), 0, 0, "");
        return kind.cast(Proxy.newProxyInstance(
                kind.getClassLoader(), new Class<?>[] {kind}, (proxy, method, arguments) -> switch (method.getName()) {
                    case "description" -> description;
                    case "engine" -> "none";
                    default ->
                        Objects.requireNonNull(methods.get(method.getName()), method.getName())
                                .apply(arguments);
                }));
    }

    private static SequenceClassifier classifier(
            SequenceClassifier.Kind kind, List<String> labels, Map<String, Map<String, Double>> scores) {
        return model(
                SequenceClassifier.class,
                Map.of(
                        "labels",
                        none -> labels,
                        "kind",
                        none -> kind,
                        "classifyAll",
                        arguments -> ((List<?>) arguments[0])
                                .stream()
                                        .map(text -> new Classification(Objects.requireNonNull(scores.get(text)).entrySet().stream()
                                                .map(e -> new LabelScore(e.getKey(), e.getValue()))
                                                .toList()))
                                        .toList()));
    }

    private static HeadEvaluation evaluate(Model model, List<? extends LabelledItem> items) {
        return new HeadEvaluator(EvaluationListener.NONE, CancellationToken.never()).evaluate(model, items);
    }

    private static double value(HeadEvaluation evaluation, Metric metric) {
        return Objects.requireNonNull(evaluation.scores().get(metric)).value();
    }

    @Test
    void evaluate_singleLabels_equalsTheReference() {
        var items = new ArrayList<LabelledText>();
        var scores = new LinkedHashMap<String, Map<String, Double>>();
        String[] expected = EXPECTED.split(" ");
        String[] answered = ANSWERED.split(" ");
        for (int i = 0; i < expected.length; i++) {
            items.add(LabelledText.of("" + i, "text " + i, expected[i]));
            scores.put("text " + i, Map.of(answered[i], 1.0));
        }
        HeadEvaluation evaluation = evaluate(classifier(SequenceClassifier.Kind.SINGLE_LABEL, CLASSES, scores), items);
        assertThat(value(evaluation, Metric.ACCURACY)).isCloseTo(0.6333333333333333, within(1e-15));
        assertThat(value(evaluation, Metric.MACRO_F1)).isCloseTo(0.6076007326007326, within(1e-15));
        assertThat(value(evaluation, Metric.MATTHEWS)).isCloseTo(0.48401291387892953, within(1e-15));
        var accuracy = Objects.requireNonNull(evaluation.scores().get(Metric.ACCURACY));
        double half = 1.96 * Math.sqrt(0.6333 * 0.3667 / 30);
        assertThat(accuracy.low()).isCloseTo(0.6333 - half, within(0.04));
        assertThat(accuracy.high()).isCloseTo(0.6333 + half, within(0.04));
        HeadEvaluation.ClassResult crime = evaluation.classes().getFirst();
        assertThat(crime.label()).isEqualTo("crime");
        long hits = 0;
        for (int i = 0; i < expected.length; i++) {
            hits += expected[i].equals("crime") && answered[i].equals("crime") ? 1 : 0;
        }
        long found = Arrays.stream(answered).filter("crime"::equals).count();
        long there = Arrays.stream(expected).filter("crime"::equals).count();
        assertThat(crime.precision()).isEqualTo((double) hits / found);
        assertThat(crime.recall()).isEqualTo((double) hits / there);
        assertThat(crime.support()).isEqualTo(there);
    }

    @Test
    void evaluate_severalLabels_equalsTheReference() {
        List<Set<String>> expected = List.of(
                Set.of(),
                Set.of("b", "c"),
                Set.of("a"),
                Set.of("a", "b", "c"),
                Set.of("a", "b"),
                Set.of("a", "b", "c"),
                Set.of("a"),
                Set.of(),
                Set.of("b"),
                Set.of());
        List<String> answered = List.of("abc", "bc", "abc", "abc", "abc", "c", "abc", "a", "abc", "abc");
        var items = new ArrayList<LabelledText>();
        var scores = new LinkedHashMap<String, Map<String, Double>>();
        for (int i = 0; i < 10; i++) {
            items.add(LabelledText.of("" + i, "text " + i, expected.get(i)));
            var row = new LinkedHashMap<String, Double>();
            for (String label : List.of("a", "b", "c")) {
                row.put(label, answered.get(i).contains(label) ? 0.7 : 0.3);
            }
            scores.put("text " + i, row);
        }
        HeadEvaluation evaluation =
                evaluate(classifier(SequenceClassifier.Kind.MULTI_LABEL, List.of("a", "b", "c"), scores), items);
        assertThat(value(evaluation, Metric.MICRO_F1)).isCloseTo(0.5789473684210527, within(1e-15));
        assertThat(value(evaluation, Metric.MACRO_F1)).isCloseTo(0.576923076923077, within(1e-15));
        assertThat(value(evaluation, Metric.ACCURACY)).isEqualTo(0.2);
    }

    @Test
    void evaluate_numbers_equalsTheReference() {
        double[] expected = {4.0, 4.5, 2.5, 3.5, 0.5, 3.5, 3.0, 5.0, 4.0, 1.5, 2.0, 3.5};
        double[] answered = {5.1, 4.7, 2.7, 3.9, 2.1, 4.1, 3.5, 5.5, 2.4, 2.8, 3.0, 4.0};
        var items = new ArrayList<LabelledText>();
        var scores = new LinkedHashMap<String, Map<String, Double>>();
        for (int i = 0; i < expected.length; i++) {
            items.add(new LabelledText("" + i, "text " + i, Optional.empty(), Map.of("score", expected[i])));
            scores.put("text " + i, Map.of("score", answered[i]));
        }
        HeadEvaluation evaluation =
                evaluate(classifier(SequenceClassifier.Kind.REGRESSION, List.of("score"), scores), items);
        assertThat(value(evaluation, Metric.PEARSON)).isCloseTo(0.7886748858990772, within(1e-14));
        assertThat(value(evaluation, Metric.SPEARMAN)).isCloseTo(0.7372420695732474, within(1e-14));
        assertThat(value(evaluation, Metric.R_SQUARED)).isCloseTo(0.4413468013468014, within(1e-14));
    }

    @Test
    void evaluate_entities_equalsTheReference() {
        List<String> expected = List.of(
                "I-LOC O B-LOC O O B-LOC B-PER O",
                "O B-LOC B-LOC B-LOC B-PER I-LOC O B-LOC",
                "B-PER I-PER B-PER O I-LOC B-LOC B-PER I-PER",
                "O I-PER I-LOC B-PER I-LOC O I-LOC O",
                "O I-LOC O O O O O B-LOC",
                "I-LOC I-LOC O B-LOC I-LOC O I-PER O");
        List<String> answered = List.of(
                "I-LOC B-LOC B-LOC O O B-LOC B-PER O",
                "O I-PER B-LOC B-LOC B-PER I-LOC O B-LOC",
                "I-LOC B-PER B-PER O I-LOC B-LOC B-PER B-LOC",
                "I-LOC I-PER I-PER B-PER I-LOC I-LOC I-LOC O",
                "I-LOC I-LOC I-PER O O O O B-LOC",
                "O I-LOC O B-LOC B-PER O I-PER O");
        HeadEvaluation evaluation = evaluate(
                tagger(List.of("O", "B-LOC", "I-LOC", "B-PER", "I-PER"), answered), tagged(expected));
        assertThat(value(evaluation, Metric.ENTITY_F1)).isCloseTo(0.5555555555555556, within(1e-15));
        assertThat(value(evaluation, Metric.ENTITY_PRECISION)).isCloseTo(0.5172413793103449, within(1e-15));
        assertThat(value(evaluation, Metric.ENTITY_RECALL)).isCloseTo(0.6, within(1e-15));
        assertThat(evaluation.classes().getFirst().label()).isEqualTo("LOC");
        assertThat(evaluation.classes().getFirst().f1().value()).isCloseTo(0.571429, within(1e-6));
        assertThat(evaluation.classes().getFirst().support()).isEqualTo(17);
        assertThat(evaluation.classes().get(1).recall()).isEqualTo(0.625);
    }

    @Test
    void evaluate_tagsWithoutEntities_countsWords() {
        HeadEvaluation evaluation = evaluate(
                tagger(List.of("NOUN", "VERB"), List.of("NOUN VERB", "VERB VERB")),
                tagged(List.of("NOUN VERB", "NOUN VERB")));
        assertThat(value(evaluation, Metric.ACCURACY)).isEqualTo(0.75);
        assertThat(value(evaluation, Metric.MACRO_F1)).isCloseTo((2.0 / 3 + 0.8) / 2, within(1e-15));
        assertThat(evaluation.scores()).doesNotContainKey(Metric.ENTITY_F1);
    }

    private static TokenClassifier tagger(List<String> labels, List<String> answered) {
        return model(
                TokenClassifier.class,
                Map.of(
                        "labels",
                        none -> labels,
                        "tagWords",
                        arguments -> ((List<?>) arguments[0])
                                .stream()
                                        .map(words -> List.of(answered.get(Integer.parseInt(
                                                        (String) ((List<?>) words).getFirst()))
                                                .split(" ")))
                                        .toList()));
    }

    /** Texts whose first word is their number. */
    private static List<TaggedText> tagged(List<String> tags) {
        var items = new ArrayList<TaggedText>();
        for (int i = 0; i < tags.size(); i++) {
            List<String> row = List.of(tags.get(i).split(" "));
            var words = new ArrayList<String>(row);
            words.set(0, "" + i);
            items.add(new TaggedText("" + i, words, row));
        }
        return items;
    }

    @Test
    void evaluate_answers_takesTheBestOfTheRightOnes() {
        var items = List.of(
                new AnsweredQuestion(
                        "1",
                        "who?",
                        "The tall man came.",
                        List.of(
                                new AnsweredQuestion.Answer("man", 9),
                                new AnsweredQuestion.Answer("The tall man", 0))),
                new AnsweredQuestion("2", "when?", "It rained.", List.of()),
                new AnsweredQuestion(
                        "3", "what?", "A red ball.", List.of(new AnsweredQuestion.Answer("red ball", 2))));
        Map<String, String> answers = Map.of("who?", "a TALL man!", "when?", "", "what?", "ball");
        QuestionAnswerer model = model(
                QuestionAnswerer.class,
                Map.of("answerAll", arguments -> ((List<?>) arguments[0])
                        .stream()
                                .map(q -> List.of(new FoundAnswer(
                                        Objects.requireNonNull(answers.get(((Question) q).question())), 0, 0, 1)))
                                .toList()));
        HeadEvaluation evaluation = evaluate(model, items);
        assertThat(value(evaluation, Metric.EXACT_MATCH)).isCloseTo(2.0 / 3, within(1e-15));
        assertThat(value(evaluation, Metric.TOKEN_F1)).isCloseTo((1 + 1 + 2.0 / 3) / 3, within(1e-15));
    }

    @Test
    void evaluate_itemsThatDoNotFit_throws() {
        SequenceClassifier model =
                classifier(SequenceClassifier.Kind.SINGLE_LABEL, CLASSES, Map.of("text", Map.of("tax", 1.0)));
        assertThatThrownBy(() -> evaluate(model, List.of(LabelledText.of("item 1", "text", "fishing"))))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("item 1")
                .hasMessageContaining("fishing");
        assertThatThrownBy(() -> evaluate(model, tagged(List.of("O"))))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("LabelledText")
                .hasMessageContaining("TaggedText");
        assertThatThrownBy(() -> evaluate(model, List.of()))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("no labelled item");
    }

    @Test
    void evaluate_cancelled_throws() {
        SequenceClassifier model =
                classifier(SequenceClassifier.Kind.SINGLE_LABEL, CLASSES, Map.of("text", Map.of("tax", 1.0)));
        CancellationToken cancellation = CancellationToken.create();
        cancellation.cancel();
        assertThatThrownBy(() -> new HeadEvaluator(EvaluationListener.NONE, cancellation)
                        .evaluate(model, List.of(LabelledText.of("1", "text", "tax"))))
                .isInstanceOf(CancellationException.class);
    }
}
