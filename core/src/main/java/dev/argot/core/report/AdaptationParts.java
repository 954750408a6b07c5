package dev.argot.core.report;

import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationReport.Environment;
import dev.argot.api.adaptation.AdaptationReport.Gate;
import dev.argot.api.adaptation.AdaptationReport.HashedFile;
import dev.argot.api.adaptation.AdaptationReport.HeldOutPoint;
import dev.argot.api.adaptation.AdaptationReport.Insight;
import dev.argot.api.adaptation.AdaptationReport.Insight.NextTokens;
import dev.argot.api.adaptation.AdaptationReport.Insight.TermNeighbours;
import dev.argot.api.adaptation.AdaptationReport.PlannedQuantity;
import dev.argot.api.adaptation.AdaptationReport.Sample;
import dev.argot.api.adaptation.AdaptationReport.TrainingPoint;
import dev.argot.api.adaptation.AdaptationReport.VocabularyGain;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationReport.Amount;
import dev.argot.core.report.LineChart.Point;
import dev.argot.core.report.LineChart.Series;
import dev.argot.core.report.LineChart.Style;
import dev.argot.core.report.Page.Section;
import dev.argot.core.report.Table.Cell;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The parts of a page that show how an adaptation went. Stateless, hence thread-safe. */
final class AdaptationParts {
    /** Rows of a table of data; of more, so many evenly spread are shown. */
    private static final int ROWS = 200;

    private AdaptationParts() {}

    /** The parts there is something to say in. */
    static List<Section> sections(AdaptationReport report) {
        var sections = new ArrayList<Section>();
        report.comparison().ifPresent(comparison -> sections.addAll(EvaluationParts.sections(comparison)));
        report.gate()
                .ifPresent(gate -> sections.add(new Section("gate", "Limit on forgetting", html -> gate(html, gate))));
        if (!report.samples().isEmpty()) {
            sections.add(new Section("samples", "Answers before and after", html -> samples(html, report.samples())));
        }
        report.insight()
                .ifPresent(
                        insight -> sections.add(new Section("insight", "Inside the model", html -> insight(html, insight))));
        if (!report.training().isEmpty() || !report.heldOut().isEmpty()) {
            sections.add(new Section("training", "Training", html -> training(html, report.training(), report.heldOut())));
        }
        report.curation()
                .ifPresent(curation -> sections.add(new Section("corpus", "Corpus", html -> curation(html, curation))));
        report.vocabulary()
                .ifPresent(
                        gain -> sections.add(new Section("vocabulary", "Vocabulary", html -> vocabulary(html, gain))));
        if (!report.plan().isEmpty()) {
            sections.add(new Section("plan", "Plan and actual", html -> plan(html, report.plan())));
        }
        sections.add(new Section("provenance", "Provenance", html -> provenance(html, report)));
        return sections;
    }

    // ---- limit on forgetting

    private static void gate(Html html, Gate gate) {
        html.open("p")
                .text("General text may become at most " + Figures.percent(gate.largestGeneralChange())
                        + " harder to predict. ")
                .element("strong", gate.held() ? "This holds. " : "This does not hold. ")
                .text(
                        gate.kept() == 1
                                ? "All of the change of weights was kept."
                                : Figures.percent(gate.kept())
                                        + " of the change of weights was kept; the rest was taken back.")
                .close()
                .line();
        if (!gate.trials().isEmpty()) {
            var table = new Table(
                    "Shares of the change that were tried", "Share kept", "Domain text", "General text", "Limit");
            for (Gate.Trial trial : gate.trials()) {
                boolean holds = trial.generalChange() <= gate.largestGeneralChange();
                table.row(
                        Table.text(Figures.percent(trial.share())),
                        Table.text(Figures.change(-trial.domainGain())),
                        Table.text(Figures.change(trial.generalChange())),
                        Table.judged(holds ? "holds" : "exceeded", holds, !holds));
            }
            table.write(html);
        }
    }

    // ---- samples

    private static void samples(Html html, List<Sample> samples) {
        for (Sample sample : samples) {
            html.open("div", "class", "sample");
            html.element("p", sample.prompt(), "class", "prompt");
            html.open("div", "class", "sides");
            side(html, "before", sample.before());
            side(html, "after", sample.after());
            html.close().close().line();
        }
    }

    private static void side(Html html, String which, String text) {
        html.open("div", "class", "side " + which);
        html.element("h3", which);
        html.element("pre", text.strip());
        html.close();
    }

    // ---- inside the model

    private static void insight(Html html, Insight insight) {
        for (NextTokens next : insight.nextTokens()) {
            var table = new Table("Most probable next tokens after “" + next.text() + "”", "Place", "Before", "After");
            for (int i = 0; i < Math.max(next.before().size(), next.after().size()); i++) {
                table.row(Table.text(Figures.count(i + 1)), candidate(next.before(), i), candidate(next.after(), i));
            }
            table.write(html);
        }
        if (insight.neighbours().isEmpty()) {
            return;
        }
        boolean changed = insight.neighbours().stream()
                .anyMatch(term -> !term.before().equals(term.after()));
        html.element(
                        "p",
                        "Tokens whose input embeddings are closest to a term's, by cosine. "
                                + (changed ? "" : "The input embeddings were not trained: they are the same before and after."),
                        "class",
                        "hint")
                .line();
        Table table = changed
                ? new Table("Neighbours of terms", "Term", "Before", "After")
                : new Table("Neighbours of terms", "Term", "Before and after");
        for (TermNeighbours term : insight.neighbours()) {
            if (changed) {
                table.row(Table.text(term.term()), neighbours(term.before()), neighbours(term.after()));
            } else {
                table.row(Table.text(term.term()), neighbours(term.before()));
            }
        }
        table.write(html);
    }

    private static Cell candidate(List<TokenCandidate> candidates, int place) {
        if (place >= candidates.size()) {
            return Table.text("");
        }
        TokenCandidate candidate = candidates.get(place);
        return Table.text("“" + (candidate.text().isEmpty() ? candidate.token() : candidate.text()) + "” "
                + Figures.percent(candidate.probability()));
    }

    private static Cell neighbours(List<TokenNeighbour> neighbours) {
        return Table.prose(neighbours.stream()
                .map(neighbour -> neighbour.token() + " " + Figures.decimals(neighbour.cosine(), 2))
                .collect(Collectors.joining(", ")));
    }

    // ---- training

    /** The curves of a training. */
    static void training(Html html, List<TrainingPoint> steps, List<HeldOutPoint> measuredTexts) {
        var loss = new ArrayList<Series>();
        if (!steps.isEmpty()) {
            List<Point> raw = points(steps, TrainingPoint::loss);
            loss.add(new Series("each step", Style.PALE, raw));
            loss.add(new Series("training", Style.SOLID, smoothed(raw)));
        }
        Map<String, List<HeldOutPoint>> texts = measuredTexts.stream()
                .collect(Collectors.groupingBy(HeldOutPoint::text, LinkedHashMap::new, Collectors.toList()));
        texts.forEach((name, measured) -> loss.add(new Series(
                name,
                Style.MARKED,
                measured.stream()
                        .map(point -> new Point(point.tokens(), point.loss()))
                        .toList())));
        var chart = new LineChart(
                "Loss of training and held-out text by tokens trained on",
                "tokens trained on",
                "loss (nats/token)",
                loss);
        html.open("figure").element("figcaption", "Loss").line();
        chart.draw(html, "wide", 900, 340);
        chart.draw(html, "narrow", 360, 280);
        html.element(
                        "p",
                        "Solid: training, a running mean over the pale line of single steps. Dashed with marks: held-out text.",
                        "class",
                        "hint")
                .close()
                .line();
        if (steps.size() > 1) {
            html.open("div", "class", "multiples").line();
            small(html, "Learning rate", points(steps, TrainingPoint::learningRate));
            small(html, "Gradient norm before clipping", points(steps, TrainingPoint::gradientNorm));
            small(html, "Speed (tokens/s)", points(steps, TrainingPoint::tokensPerSecond));
            html.close().line();
        }
        html.open("details").element("summary", "Show the data").line();
        var table = new Table(
                steps.size() > ROWS
                        ? "Training, " + ROWS + " of " + Figures.count(steps.size()) + " steps; all are in report.json"
                        : "Training",
                "Step",
                "Tokens",
                "Loss (nats/token)",
                "Learning rate",
                "Gradient norm",
                "Tokens/s");
        for (TrainingPoint step : some(steps)) {
            table.row(
                    Figures.count(step.step()),
                    Figures.count(step.tokens()),
                    Figures.decimals(step.loss(), 4),
                    Figures.significant(step.learningRate(), 4),
                    Figures.significant(step.gradientNorm(), 4),
                    Figures.significant(step.tokensPerSecond(), 4));
        }
        if (!table.isEmpty()) {
            table.write(html);
        }
        var heldOut = new Table("Held-out text", "Text", "Step", "Tokens", "Loss (nats/token)");
        for (HeldOutPoint point : measuredTexts) {
            heldOut.row(
                    point.text(),
                    Figures.count(point.step()),
                    Figures.count(point.tokens()),
                    Figures.decimals(point.loss(), 4));
        }
        if (!heldOut.isEmpty()) {
            heldOut.write(html);
        }
        html.close().line();
    }

    private static List<TrainingPoint> some(List<TrainingPoint> steps) {
        if (steps.size() <= ROWS) {
            return steps;
        }
        var some = new ArrayList<TrainingPoint>();
        for (int i = 0; i < ROWS; i++) {
            some.add(steps.get((int) ((long) i * (steps.size() - 1) / (ROWS - 1))));
        }
        return some;
    }

    private static void small(Html html, String title, List<Point> points) {
        html.open("figure").element("figcaption", title).line();
        new LineChart(
                        title + " by tokens trained on",
                        "tokens trained on",
                        "",
                        List.of(new Series(title, Style.SOLID, points)))
                .draw(html, "small", 320, 200);
        html.close().line();
    }

    private static List<Point> points(List<TrainingPoint> steps, ToDoubleFunction<TrainingPoint> value) {
        return steps.stream()
                .map(step -> new Point(step.tokens(), value.applyAsDouble(step)))
                .toList();
    }

    /** The mean over a twentieth of the steps around each. */
    private static List<Point> smoothed(List<Point> points) {
        int half = points.size() / 40;
        var smoothed = new ArrayList<Point>();
        for (int i = 0; i < points.size(); i++) {
            double mean = points.subList(Math.max(0, i - half), Math.min(points.size(), i + half + 1)).stream()
                    .mapToDouble(Point::y)
                    .filter(Double::isFinite)
                    .average()
                    .orElse(Double.NaN);
            smoothed.add(new Point(points.get(i).x(), mean));
        }
        return smoothed;
    }

    // ---- corpus

    private static void curation(Html html, CurationReport curation) {
        html.element(
                        "p",
                        Figures.percent(curation.keptShare())
                                + " of the characters that were read are kept. Curation took "
                                + Figures.time(curation.elapsed()) + " ("
                                + Figures.significant(curation.megabytesPerSecond(), 3) + " MB/s).")
                .line();
        var funnel = new Table(
                "What each step left",
                "Step",
                "Documents",
                "Characters",
                "Bytes",
                "Tokens",
                "Characters kept",
                "Changed",
                "Dropped, by reason");
        double whole = Math.max(1, curation.in().characters());
        row(funnel, "read", curation.in(), whole, "", "");
        for (CurationReport.Step step : curation.steps()) {
            row(funnel, step.name(), step.out(), whole, Figures.count(step.changed()), reasons(step.dropped()));
        }
        row(funnel, "kept", curation.out(), whole, "", "");
        funnel.write(html);
        for (CurationReport.Step step : curation.steps()) {
            if (!step.examples().isEmpty()
                    || !step.counts().isEmpty()
                    || !step.note().isEmpty()) {
                html.open("details")
                        .element("summary", "More on " + step.name())
                        .line();
                if (!step.note().isEmpty()) {
                    html.element("p", step.note());
                }
                if (!step.settings().isEmpty()) {
                    html.element("p", "Settings: " + settings(step.settings()), "class", "hint");
                }
                if (!step.counts().isEmpty()) {
                    html.element("p", "Counted: " + reasons(step.counts()));
                }
                if (!step.examples().isEmpty()) {
                    var examples = new Table("Some of what was dropped", "Document", "Reason", "Detail", "Begins");
                    for (CurationReport.Example example : step.examples()) {
                        examples.row(
                                Table.text(example.id()),
                                Table.prose(example.reason()),
                                Table.prose(example.detail()),
                                Table.prose(example.excerpt()));
                    }
                    examples.write(html);
                }
                html.close().line();
            }
        }
        parts(html, "What was kept, by source", "Source", curation.sources());
        parts(html, "What was kept, by licence", "Licence", curation.licences());
    }

    private static void row(Table table, String name, Amount amount, double whole, String changed, String dropped) {
        double share = amount.characters() / whole;
        table.row(
                Table.text(name),
                Table.text(Figures.count(amount.documents())),
                Table.text(Figures.count(amount.characters())),
                Table.text(Figures.count(amount.bytes())),
                Table.text(tokens(amount)),
                html -> {
                    bar(html, share);
                    html.text(Figures.percent(share));
                },
                Table.text(changed),
                Table.prose(dropped));
    }

    private static String tokens(Amount amount) {
        return amount.tokens().isPresent() ? Figures.count(amount.tokens().getAsLong()) : "–";
    }

    private static void bar(Html html, double share) {
        html.open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "class",
                "bar",
                "viewBox",
                "0 0 100 10",
                "preserveAspectRatio",
                "none",
                "aria-hidden",
                "true");
        html.empty("rect", "class", "whole", "width", "100", "height", "10");
        html.empty(
                "rect",
                "class",
                "part",
                "width",
                LineChart.number(100 * Math.max(0, Math.min(1, share))),
                "height",
                "10");
        html.close();
    }

    private static String reasons(Map<String, Long> counts) {
        return counts.entrySet().stream()
                .map(entry -> entry.getKey() + " " + Figures.count(entry.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String settings(Map<String, String> settings) {
        return settings.entrySet().stream()
                .map(entry -> entry.getKey() + " = " + entry.getValue())
                .collect(Collectors.joining(", "));
    }

    private static void parts(Html html, String caption, String column, Map<String, Amount> parts) {
        if (!parts.isEmpty()) {
            var table = new Table(caption, column, "Documents", "Characters", "Bytes", "Tokens");
            parts.forEach((name, amount) -> table.row(
                    name.isEmpty() ? "unknown" : name,
                    Figures.count(amount.documents()),
                    Figures.count(amount.characters()),
                    Figures.count(amount.bytes()),
                    tokens(amount)));
            table.write(html);
        }
    }

    // ---- vocabulary

    private static void vocabulary(Html html, VocabularyGain gain) {
        html.element(
                        "p",
                        Figures.count(gain.added().size()) + " terms were added. The tokens of " + gain.text()
                                + " went from "
                                + Figures.count(gain.tokensBefore()) + " to " + Figures.count(gain.tokensAfter()) + " ("
                                + Figures.change((double) gain.tokensAfter() / gain.tokensBefore() - 1)
                                + "): so much less to read and write.")
                .line();
        var table = new Table("Terms added", "Term", "Tokens before", "Occurrences");
        for (VocabularyGain.AddedTerm term : gain.added()) {
            table.row(term.term(), "" + term.pieces(), Figures.count(term.occurrences()));
        }
        if (!table.isEmpty()) {
            html.open("details").element("summary", "Show the terms").line();
            table.write(html);
            html.close().line();
        }
    }

    // ---- plan

    private static void plan(Html html, List<PlannedQuantity> plan) {
        var table = new Table("Planned and measured", "Quantity", "Planned", "Measured", "Off by");
        for (PlannedQuantity quantity : plan) {
            Cell planned = exact(quantity.planned(), quantity.unit());
            if (quantity.measured().isEmpty()) {
                table.row(Table.text(quantity.name()), planned, Table.text("–"), Table.text("–"));
            } else {
                double measured = quantity.measured().getAsDouble();
                table.row(
                        Table.text(quantity.name()),
                        planned,
                        exact(measured, quantity.unit()),
                        Table.text(quantity.planned() == 0 ? "–" : Figures.change(measured / quantity.planned() - 1)));
            }
        }
        table.write(html);
    }

    /** A quantity; of bytes the exact number too. */
    private static Cell exact(double value, String unit) {
        String shown = Figures.quantity(value, unit);
        return unit.equals("bytes") && value >= 1000
                ? Table.ranged(shown, Figures.decimals(value, 0))
                : Table.text(shown);
    }

    // ---- provenance

    private static void provenance(Html html, AdaptationReport report) {
        details(
                html,
                "Licences",
                report.licences().stream()
                        .map(licence ->
                                List.of(licence.what(), licence.licence().isEmpty() ? "unknown" : licence.licence()))
                        .toList());
        details(
                html,
                "Configuration",
                report.configuration().entrySet().stream()
                        .map(entry -> List.of(entry.getKey(), entry.getValue()))
                        .toList());
        details(
                html,
                "Seeds",
                report.seeds().entrySet().stream()
                        .map(entry -> List.of(entry.getKey(), entry.getValue().toString()))
                        .toList());
        Environment environment = report.environment();
        details(
                html,
                "Environment",
                List.of(
                        List.of("Argot", environment.argot()),
                        List.of("Java", environment.java()),
                        List.of("System", environment.system()),
                        List.of("Engine", environment.engine()),
                        List.of("Device", environment.device()),
                        List.of("Precision", environment.precision()),
                        List.of("Threads", "" + environment.threads()),
                        List.of(
                                "Memory",
                                environment.memoryBytes() == 0
                                        ? "unknown"
                                        : Figures.bytes((double) environment.memoryBytes()) + " ("
                                                + Figures.count(environment.memoryBytes()) + ")")));
        files(html, "Files that went in", report.inputs());
        files(html, "Files that came out", report.outputs());
    }

    private static void details(Html html, String title, List<List<String>> pairs) {
        if (!pairs.isEmpty()) {
            html.open("details")
                    .element("summary", title + " (" + pairs.size() + ")")
                    .line();
            Table.pairs(html, pairs);
            html.close().line();
        }
    }

    private static void files(Html html, String title, List<HashedFile> files) {
        if (!files.isEmpty()) {
            html.open("details")
                    .element("summary", title + " (" + files.size() + ")")
                    .line();
            var table = new Table(title, "File", "Bytes", "SHA-256");
            for (HashedFile file : files) {
                table.row(
                        Table.text(file.name()),
                        Table.text(Figures.count(file.bytes())),
                        cell -> cell.element("span", file.sha256(), "class", "hash"));
            }
            table.write(html);
            html.close().line();
        }
    }
}
