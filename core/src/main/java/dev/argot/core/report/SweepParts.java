package dev.argot.core.report;

import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.prompt.ShotSweep;
import dev.argot.core.report.Page.Section;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The parts of a page that show how many exemplars tasks want. Stateless, hence thread-safe. */
final class SweepParts {
    private static final int WIDE = 900;
    private static final int NARROW = 360;
    private static final int HEIGHT = 340;
    private static final int NARROW_HEIGHT = 280;

    private SweepParts() {}

    /** What it comes to; the header is open. */
    static void verdict(Html html, ShotSweep sweep) {
        html.open("p", "class", "verdict");
        html.text("Best with ").element("strong", exemplars(sweep.best()), "class", "good");
        html.text(": " + score(sweep, sweep.bestPoint()) + " " + sweep.metric().label());
        ShotSweep.Point first = sweep.points().get(0);
        if (first.shots() < sweep.best()) {
            html.text(", " + gain(first) + " points more than with " + exemplars(first.shots()));
        }
        html.text(". It ended because " + sweep.stopped() + ".");
        html.close().line();
    }

    /** One of several; the list is open. */
    static void card(Html html, ShotSweep sweep, boolean withTask) {
        EvaluationParts.card(
                html,
                withTask ? sweep.model() + ", " + sweep.title() : sweep.model(),
                exemplars(sweep.best()),
                score(sweep, sweep.bestPoint()) + " " + sweep.metric().label());
    }

    private static String score(ShotSweep sweep, ShotSweep.Point point) {
        return Figures.percent(estimate(point, sweep.metric()).value());
    }

    /** By how much the best number is above that of a point. */
    private static String gain(ShotSweep.Point point) {
        return Figures.decimals(-100 * point.difference().value(), 1);
    }

    static String exemplars(int count) {
        return count == 0 ? "no exemplars" : count == 1 ? "1 exemplar" : count + " exemplars";
    }

    private static Estimate estimate(ShotSweep.Point point, Metric metric) {
        Estimate estimate = point.scores().get(metric);
        if (estimate == null) {
            throw new IllegalArgumentException("no " + metric + " at " + point.shots() + " shots");
        }
        return estimate;
    }

    /** A part for each task. */
    static List<Section> sections(List<ShotSweep> sweeps) {
        Map<String, List<ShotSweep>> tasks = sweeps.stream()
                .collect(Collectors.groupingBy(
                        sweep -> sweep.task() + " " + sweep.metric(), LinkedHashMap::new, Collectors.toList()));
        var sections = new ArrayList<Section>();
        for (List<ShotSweep> task : tasks.values()) {
            ShotSweep one = task.get(0);
            sections.add(new Section("task-" + (sections.size() + 1), one.title(), html -> task(html, task)));
        }
        return sections;
    }

    private static void task(Html html, List<ShotSweep> sweeps) {
        String metric = sweeps.get(0).metric().label();
        html.element(
                        "p",
                        "The metric is " + metric
                                + ", with its 95 % confidence band (bootstrap over items). Chosen is the smallest number"
                                + " of exemplars that no larger one beats on the same items by more than chance.",
                        "class",
                        "hint")
                .line();
        var chart = new ShotChart("The curve of " + metric + " over numbers of exemplars", sweeps);
        html.open("figure");
        chart.draw(html, "wide", WIDE, HEIGHT);
        chart.draw(html, "narrow", NARROW, NARROW_HEIGHT);
        html.close().line();
        for (ShotSweep sweep : sweeps) {
            table(html, sweep);
        }
    }

    private static void table(Html html, ShotSweep sweep) {
        List<Metric> metrics = List.copyOf(sweep.points().get(0).scores().keySet());
        var columns = new ArrayList<String>(List.of("Exemplars"));
        metrics.forEach(metric -> columns.add(metric.label()));
        columns.add("Points beside " + sweep.best());
        columns.add("Each draw");
        columns.add("Left out");
        columns.add("Without answer");
        var table = new Table(
                sweep.model() + ", " + Figures.count(sweep.items()) + " items, in per cent",
                columns.toArray(String[]::new));
        for (ShotSweep.Point point : sweep.points()) {
            var cells = new ArrayList<Table.Cell>();
            cells.add(Table.text(point.shots() + (point.shots() == sweep.best() ? " (chosen)" : "")));
            for (Metric metric : metrics) {
                Estimate estimate = estimate(point, metric);
                cells.add(Table.ranged(Figures.decimals(100 * estimate.value(), 1), Figures.interval(estimate)));
            }
            cells.add(
                    point.shots() == sweep.best()
                            ? Table.text("–")
                            : Table.ranged(
                                    Figures.points(point.difference().value()),
                                    Figures.pointsInterval(point.difference())));
            cells.add(Table.text(
                    point.repeats().size() == 1
                            ? "–"
                            : point.repeats().stream()
                                    .map(value -> Figures.decimals(100 * value, 1))
                                    .collect(Collectors.joining(", "))));
            cells.add(Table.text(Figures.count(point.dropped())));
            cells.add(Table.text(Figures.count(point.unanswered())));
            table.row(cells.toArray(Table.Cell[]::new));
        }
        table.write(html);
        html.element(
                        "p",
                        sweep.engine() + ". It ended because " + sweep.stopped()
                                + ". Left out: exemplars for which prompts had no"
                                + " room, all items and draws together. Seed " + sweep.seed() + ".",
                        "class",
                        "hint")
                .line();
    }
}
