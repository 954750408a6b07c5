package dev.argot.core.evaluation;

import dev.argot.api.AnswerOptions;
import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Model;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.QuestionAnswerer.FoundAnswer;
import dev.argot.api.QuestionAnswerer.Question;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.SequenceClassifier.Classification;
import dev.argot.api.SequenceClassifier.LabelScore;
import dev.argot.api.SequenceClassifier.TextPair;
import dev.argot.api.TokenClassifier;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationProgress;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.HeadEvaluation.ClassResult;
import dev.argot.api.finetuning.HeadEvaluation.ItemResult;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/** Measures task heads. Used once for each measurement, by one thread. */
public final class HeadEvaluator {
    /** Seeds the resamples, so that models are measured with the same ones. */
    private static final long SEED = 0;

    /** Items that are computed together, so that there are enough of similar length. */
    private static final int CHUNK = 256;

    /** As in Hugging Face's example of question answering. */
    private static final int MAX_ANSWER_TOKENS = 30;

    private final EvaluationListener listener;
    private final CancellationToken cancellation;

    /**
     * Measures.
     *
     * @param listener is told how far it is
     * @param cancellation looked at before each chunk of items
     */
    public HeadEvaluator(EvaluationListener listener, CancellationToken cancellation) {
        this.listener = listener;
        this.cancellation = cancellation;
    }

    /**
     * Measures a head.
     *
     * @param model the model
     * @param items of the kind that fits it; at least one
     * @throws ArgotException if they are of another kind, or have a label that the model does not know
     */
    public HeadEvaluation evaluate(Model model, List<? extends LabelledItem> items) {
        if (items.isEmpty()) {
            throw new ArgotException("There is nothing to measure: no labelled item.");
        }
        return switch (model) {
            case SequenceClassifier classifier -> classes(classifier, cast(LabelledText.class, model, items));
            case TokenClassifier tagger -> tags(tagger, cast(TaggedText.class, model, items));
            case QuestionAnswerer answerer -> answers(answerer, cast(AnsweredQuestion.class, model, items));
            case Model other ->
                throw new ArgotException(
                        other.description().name() + " has no task head: expected a model for classification, tagging or"
                                + " question answering.");
        };
    }

    private static <T extends LabelledItem> List<T> cast(
            Class<T> kind, Model model, List<? extends LabelledItem> items) {
        for (LabelledItem item : items) {
            if (!kind.isInstance(item)) {
                throw new ArgotException(item.id() + ": expected a " + kind.getSimpleName() + " for "
                        + model.description().name() + ", found a " + item.getClass().getSimpleName() + ".");
            }
        }
        return items.stream().map(kind::cast).toList();
    }

    /** Lets a model judge items chunk by chunk. */
    private <T, R> List<R> judged(String part, List<T> items, Function<List<T>, List<R>> model) {
        var results = new ArrayList<R>();
        listener.progress(new EvaluationProgress(part, 0, items.size()));
        for (int from = 0; from < items.size(); from += CHUNK) {
            if (cancellation.isCancellationRequested()) {
                throw new CancellationException("the evaluation was cancelled");
            }
            results.addAll(model.apply(items.subList(from, Math.min(items.size(), from + CHUNK))));
            listener.progress(new EvaluationProgress(part, results.size(), items.size()));
        }
        return results;
    }

    private static HeadEvaluation evaluation(
            Model model, Map<Metric, Estimate> scores, List<ClassResult> classes, List<ItemResult> items) {
        return new HeadEvaluation(model.description().name(), model.engine(), scores, classes, items);
    }

    private static void score(
            Map<Metric, Estimate> scores, Metric metric, int items, ToDoubleFunction<int[]> statistic) {
        scores.put(metric, Bootstrap.estimate(items, SEED, statistic));
    }

    private static List<ClassResult> results(Map<String, Counts> classes, int items) {
        int[] all = all(items);
        var results = new ArrayList<ClassResult>();
        classes.forEach((label, counts) -> results.add(new ClassResult(
                label,
                counts.precision(all),
                counts.recall(all),
                Bootstrap.estimate(items, SEED, counts::f1),
                counts.support())));
        return results;
    }

    private static int[] all(int items) {
        int[] all = new int[items];
        java.util.Arrays.setAll(all, i -> i);
        return all;
    }

    // ---- classification

    private HeadEvaluation classes(SequenceClassifier model, List<LabelledText> items) {
        for (LabelledText item : items) {
            if (!model.labels().containsAll(item.targets().keySet())) {
                throw unknown(item.id(), item.targets().keySet().toString(), model, model.labels());
            }
        }
        List<Classification> judged = judged(
                "classification",
                items,
                some -> some.stream().anyMatch(item -> item.second().isPresent())
                        ? model.classifyPairs(some.stream()
                                .map(item -> new TextPair(item.text(), item.second().orElse("")))
                                .toList())
                        : model.classifyAll(some.stream().map(LabelledText::text).toList()));
        return switch (model.kind()) {
            case SINGLE_LABEL -> singleLabel(model, items, judged);
            case MULTI_LABEL -> multiLabel(model, items, judged);
            case REGRESSION -> regression(model, items, judged);
        };
    }

    private static ArgotException unknown(String id, String labels, Model model, List<String> known) {
        return new ArgotException(id + ": found the labels " + labels + ", expected those that "
                + model.description().name() + " knows: " + known + ".");
    }

    private static HeadEvaluation singleLabel(
            SequenceClassifier model, List<LabelledText> items, List<Classification> judged) {
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < items.size(); i++) {
            LabelledText item = items.get(i);
            if (item.targets().size() != 1) {
                throw new ArgotException(item.id() + ": expected one class, found " + item.targets().keySet() + ".");
            }
            results.add(new ItemResult(
                    item.id(),
                    List.copyOf(item.targets().keySet()),
                    List.of(judged.get(i).label())));
        }
        return classResults(model, model.labels(), results, false);
    }

    private static HeadEvaluation multiLabel(
            SequenceClassifier model, List<LabelledText> items, List<Classification> judged) {
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < items.size(); i++) {
            Map<String, Double> targets = items.get(i).targets();
            Map<String, Double> scores = byLabel(judged.get(i));
            results.add(new ItemResult(
                    items.get(i).id(),
                    model.labels().stream().filter(label -> targets.getOrDefault(label, 0.0) >= 0.5).toList(),
                    model.labels().stream().filter(label -> scores.getOrDefault(label, 0.0) >= 0.5).toList()));
        }
        return classResults(model, model.labels(), results, true);
    }

    private static HeadEvaluation classResults(
            Model model, List<String> labels, List<ItemResult> results, boolean several) {
        int n = results.size();
        Map<String, Counts> classes = new LinkedHashMap<>();
        labels.forEach(label -> classes.put(label, new Counts(n)));
        var together = new Counts(n);
        for (int i = 0; i < n; i++) {
            count(i, results.get(i), classes, together);
        }
        var scores = new EnumMap<Metric, Estimate>(Metric.class);
        score(scores, Metric.ACCURACY, n, Answers.mean(results, r -> r.expected().equals(r.answer()) ? 1 : 0));
        score(scores, Metric.MACRO_F1, n, Counts.macroF1(classes.values()));
        if (several) {
            score(scores, Metric.MICRO_F1, n, together::f1);
        } else {
            score(scores, Metric.MATTHEWS, n, matthews(labels, results));
        }
        return evaluation(model, scores, results(classes, n), results);
    }

    private static void count(int item, ItemResult result, Map<String, Counts> classes, Counts together) {
        for (String label : result.expected()) {
            Objects.requireNonNull(classes.get(label)).expected(item);
            together.expected(item);
        }
        for (String label : result.answer()) {
            Counts counts = Objects.requireNonNull(classes.get(label));
            counts.answered(item);
            together.answered(item);
            if (result.expected().contains(label)) {
                counts.hit(item);
                together.hit(item);
            }
        }
    }

    /** (c·s - Σ p·t) / √((s² - Σ p²)(s² - Σ t²)) with s items, c right ones, p times a class is answered, t times it is right. */
    private static ToDoubleFunction<int[]> matthews(List<String> labels, List<ItemResult> results) {
        int[] expected = results.stream()
                .mapToInt(r -> labels.indexOf(r.expected().getFirst()))
                .toArray();
        int[] answered = results.stream()
                .mapToInt(r -> labels.indexOf(r.answer().getFirst()))
                .toArray();
        return drawn -> {
            double[] t = new double[labels.size()];
            double[] p = new double[labels.size()];
            double c = 0;
            for (int i : drawn) {
                t[expected[i]]++;
                p[answered[i]]++;
                c += expected[i] == answered[i] ? 1 : 0;
            }
            double s = drawn.length;
            double pt = 0;
            double pp = 0;
            double tt = 0;
            for (int k = 0; k < t.length; k++) {
                pt += p[k] * t[k];
                pp += p[k] * p[k];
                tt += t[k] * t[k];
            }
            double spread = Math.sqrt((s * s - pp) * (s * s - tt));
            return spread == 0 ? 0 : (c * s - pt) / spread;
        };
    }

    private static Map<String, Double> byLabel(Classification classification) {
        var scores = new LinkedHashMap<String, Double>();
        for (LabelScore score : classification.scores()) {
            scores.put(score.label(), score.score());
        }
        return scores;
    }

    private static HeadEvaluation regression(
            SequenceClassifier model, List<LabelledText> items, List<Classification> judged) {
        int n = items.size();
        List<String> labels = model.labels();
        double[][] right = new double[labels.size()][n];
        double[][] answered = new double[labels.size()][n];
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < n; i++) {
            Map<String, Double> targets = items.get(i).targets();
            Map<String, Double> scores = byLabel(judged.get(i));
            var numbers = new ArrayList<String>();
            var found = new ArrayList<String>();
            for (int k = 0; k < labels.size(); k++) {
                Double target = targets.get(labels.get(k));
                if (target == null) {
                    throw new ArgotException(
                            items.get(i).id() + ": expected a number for each of " + labels + ", found " + targets + ".");
                }
                right[k][i] = target;
                answered[k][i] = scores.getOrDefault(labels.get(k), Double.NaN);
                numbers.add(target.toString());
                found.add(Double.toString(answered[k][i]));
            }
            results.add(new ItemResult(items.get(i).id(), numbers, found));
        }
        var scores = new EnumMap<Metric, Estimate>(Metric.class);
        score(scores, Metric.PEARSON, n, meanOf(Correlations::pearson, right, answered));
        score(scores, Metric.SPEARMAN, n, meanOf(Correlations::spearman, right, answered));
        score(scores, Metric.R_SQUARED, n, meanOf(Correlations::rSquared, right, answered));
        return evaluation(model, scores, List.of(), results);
    }

    private static ToDoubleFunction<int[]> meanOf(
            ToDoubleBiFunction<double[], double[]> statistic, double[][] right, double[][] answered) {
        return drawn -> {
            double sum = 0;
            for (int k = 0; k < right.length; k++) {
                sum += statistic.applyAsDouble(chosen(right[k], drawn), chosen(answered[k], drawn));
            }
            return sum / right.length;
        };
    }

    private static double[] chosen(double[] values, int[] drawn) {
        double[] chosen = new double[drawn.length];
        for (int i = 0; i < drawn.length; i++) {
            chosen[i] = values[drawn[i]];
        }
        return chosen;
    }

    // ---- tags

    private HeadEvaluation tags(TokenClassifier model, List<TaggedText> items) {
        for (TaggedText item : items) {
            if (!model.labels().containsAll(item.tags())) {
                throw unknown(item.id(), item.tags().toString(), model, model.labels());
            }
        }
        List<List<String>> judged = judged(
                "tagging",
                items,
                some -> model.tagWords(some.stream().map(TaggedText::words).toList()));
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < items.size(); i++) {
            results.add(new ItemResult(items.get(i).id(), items.get(i).tags(), judged.get(i)));
        }
        return tagResults(model, model.labels(), results);
    }

    private static HeadEvaluation tagResults(Model model, List<String> labels, List<ItemResult> results) {
        int n = results.size();
        var words = new Counts(n);
        var together = new Counts(n);
        Map<String, Counts> classes = new TreeMap<>();
        boolean entities = FineTuningTask.Tagging.marksEntities(labels);
        for (int i = 0; i < n; i++) {
            ItemResult result = results.get(i);
            int item = i;
            for (int w = 0; w < result.expected().size(); w++) {
                String right = result.expected().get(w);
                String answer = result.answer().get(w);
                words.expected(i);
                words.answered(i);
                if (!entities) {
                    classes.computeIfAbsent(right, l -> new Counts(n)).expected(i);
                    classes.computeIfAbsent(answer, l -> new Counts(n)).answered(i);
                }
                if (right.equals(answer)) {
                    words.hit(i);
                    if (!entities) {
                        Objects.requireNonNull(classes.get(right)).hit(i);
                    }
                }
            }
            if (entities) {
                List<Entities.Entity> right = Entities.of(result.expected());
                for (Entities.Entity entity : right) {
                    classes.computeIfAbsent(entity.type(), l -> new Counts(n)).expected(item);
                    together.expected(i);
                }
                for (Entities.Entity entity : Entities.of(result.answer())) {
                    Counts counts = classes.computeIfAbsent(entity.type(), l -> new Counts(n));
                    counts.answered(i);
                    together.answered(i);
                    if (right.contains(entity)) {
                        counts.hit(i);
                        together.hit(i);
                    }
                }
            }
        }
        var scores = new EnumMap<Metric, Estimate>(Metric.class);
        score(scores, Metric.ACCURACY, n, words::recall);
        if (entities) {
            score(scores, Metric.ENTITY_F1, n, together::f1);
            score(scores, Metric.ENTITY_PRECISION, n, together::precision);
            score(scores, Metric.ENTITY_RECALL, n, together::recall);
        } else {
            score(scores, Metric.MACRO_F1, n, Counts.macroF1(classes.values()));
        }
        return evaluation(model, scores, results(classes, n), results);
    }

    // ---- answers

    private HeadEvaluation answers(QuestionAnswerer model, List<AnsweredQuestion> items) {
        boolean unanswerable = items.stream().anyMatch(item -> item.answers().isEmpty());
        var options = new AnswerOptions(1, MAX_ANSWER_TOKENS, unanswerable);
        List<List<FoundAnswer>> found = judged(
                "question answering",
                items,
                some -> model.answerAll(
                        some.stream()
                                .map(item -> new Question(item.question(), item.passage()))
                                .toList(),
                        options));
        var results = new ArrayList<ItemResult>();
        for (int i = 0; i < items.size(); i++) {
            results.add(new ItemResult(
                    items.get(i).id(),
                    items.get(i).answers().stream()
                            .map(AnsweredQuestion.Answer::text)
                            .distinct()
                            .toList(),
                    found.get(i).stream().map(FoundAnswer::text).toList()));
        }
        var scores = new EnumMap<Metric, Estimate>(Metric.class);
        score(scores, Metric.EXACT_MATCH, results.size(), Answers.mean(results, r -> best(r, Answers::exactMatch)));
        score(scores, Metric.TOKEN_F1, results.size(), Answers.mean(results, r -> best(r, Answers::tokenF1)));
        return evaluation(model, scores, List.of(), results);
    }

    /** Of several right answers the one that fits best counts; no answer is right where there is none (Rajpurkar et al. 2018). */
    private static double best(ItemResult result, ToDoubleBiFunction<String, String> metric) {
        String answer = result.answer().isEmpty() ? "" : result.answer().getFirst();
        return result.expected().isEmpty()
                ? metric.applyAsDouble("", answer)
                : result.expected().stream()
                        .mapToDouble(right -> metric.applyAsDouble(right, answer))
                        .max()
                        .orElseThrow();
    }
}
