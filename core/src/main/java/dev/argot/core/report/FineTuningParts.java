package dev.argot.core.report;

import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.HeadEvaluation.ClassResult;
import dev.argot.api.finetuning.HeadEvaluation.ItemResult;
import dev.argot.core.report.Page.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The parts of a page that show how a task head was trained and how well it does. Stateless, hence thread-safe. */
final class FineTuningParts {
    /** Wrong items that are shown. */
    private static final int WRONG = 30;

    private FineTuningParts() {}

    /** The first scores as figures; the list is open. */
    static void cards(Html html, HeadEvaluation evaluation, String items) {
        evaluation.scores().entrySet().stream()
                .limit(3)
                .forEach(score -> EvaluationParts.card(
                        html,
                        capital(score.getKey().label()),
                        Figures.percent(score.getValue().value()),
                        Figures.interval(score.getValue()) + ", "
                                + Figures.count(evaluation.items().size()) + " " + items));
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + text.substring(1);
    }

    /** The parts of a fine-tuning there is something to say in. */
    static List<Section> sections(FineTuningReport report) {
        var sections = new ArrayList<Section>();
        report.test().ifPresent(e -> sections.addAll(sections(e, "test", "Test items")));
        report.validation().ifPresent(e -> sections.addAll(sections(e, "validation", "Validation items")));
        sections.add(new Section("epochs", "Epochs", html -> epochs(html, report)));
        if (!report.training().isEmpty()) {
            sections.add(new Section(
                    "training", "Training", html -> AdaptationParts.training(html, report.training(), List.of())));
        }
        sections.add(new Section("provenance", "Provenance", html -> provenance(html, report)));
        return sections;
    }

    /**
     * The parts that show what was measured.
     *
     * @param id the first one's anchor
     * @param title the first one's heading
     */
    static List<Section> sections(HeadEvaluation evaluation, String id, String title) {
        var sections = new ArrayList<Section>();
        sections.add(new Section(id, title, html -> {
            var table = new Table("Scores", "Metric", "Score", "Items");
            evaluation.scores().forEach((metric, estimate) -> table.row(
                    Table.text(metric.label()),
                    score(estimate),
                    Table.text(Figures.count(evaluation.items().size()))));
            table.write(html);
            classes(html, evaluation.classes());
            wrong(html, evaluation.items());
        }));
        return sections;
    }

    private static Table.Cell score(Estimate estimate) {
        return Table.ranged(Figures.percent(estimate.value()), Figures.interval(estimate));
    }

    private static void classes(Html html, List<ClassResult> classes) {
        if (classes.isEmpty()) {
            return;
        }
        var table = new Table("By class", "Class", "Precision", "Recall", "F1", "Number");
        for (ClassResult one : classes) {
            table.row(
                    Table.text(one.label()),
                    Table.text(Figures.percent(one.precision())),
                    Table.text(Figures.percent(one.recall())),
                    score(one.f1()),
                    Table.text(Figures.count(one.support())));
        }
        table.write(html);
    }

    private static void wrong(Html html, List<ItemResult> items) {
        List<ItemResult> wrong = items.stream()
                .filter(item -> !item.expected().equals(item.answer())
                        && !(item.answer().size() == 1 && item.expected().containsAll(item.answer())))
                .limit(WRONG)
                .toList();
        if (wrong.isEmpty()) {
            return;
        }
        html.open("details")
                .element("summary", "Items answered otherwise than expected, at most " + WRONG)
                .line();
        var table = new Table("Answered otherwise", "Item", "Expected", "Answered");
        for (ItemResult item : wrong) {
            table.row(
                    Table.text(item.id()),
                    Table.prose(String.join(" ", item.expected())),
                    Table.prose(String.join(" ", item.answer())));
        }
        table.write(html);
        html.close().line();
    }

    private static void epochs(Html html, FineTuningReport report) {
        var columns = new ArrayList<>(List.of("Epoch", "Steps", "Training loss"));
        List<Metric> metrics = report.epochs().isEmpty()
                ? List.of()
                : List.copyOf(report.epochs().getFirst().validation().keySet());
        metrics.forEach(metric -> columns.add(capital(metric.label())));
        var table = new Table("Each epoch, with validation items", columns.toArray(String[]::new));
        for (FineTuningReport.Epoch epoch : report.epochs()) {
            var cells = new ArrayList<Table.Cell>();
            cells.add(Table.text(epoch.number() + (epoch.number() == report.bestEpoch() ? " (kept)" : "")));
            cells.add(Table.text(Figures.count(epoch.steps())));
            cells.add(Table.text(Figures.decimals(epoch.loss(), 4)));
            for (Metric metric : metrics) {
                Estimate estimate = epoch.validation().get(metric);
                cells.add(estimate == null ? Table.text("") : score(estimate));
            }
            table.row(cells.toArray(Table.Cell[]::new));
        }
        table.write(html);
    }

    private static void provenance(Html html, FineTuningReport report) {
        var pairs = new ArrayList<List<String>>();
        for (Map.Entry<String, String> setting : report.configuration().entrySet()) {
            pairs.add(List.of(setting.getKey(), setting.getValue()));
        }
        report.licences()
                .forEach(licence -> pairs.add(List.of(
                        "licence of " + licence.what(), licence.licence().isEmpty() ? "not stated" : licence.licence())));
        var environment = report.environment();
        pairs.add(List.of("Argot", environment.argot()));
        pairs.add(List.of("Java", environment.java()));
        pairs.add(List.of("system", environment.system()));
        pairs.add(List.of("engine", environment.engine() + " on " + environment.device()));
        Table.pairs(html, pairs);
    }
}
