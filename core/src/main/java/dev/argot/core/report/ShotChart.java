package dev.argot.core.report;

import static dev.argot.core.report.LineChart.number;

import dev.argot.api.evaluation.Estimate;
import dev.argot.api.prompt.ShotSweep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Curves of a metric over numbers of exemplars, as SVG: a line with its confidence band, a dot for each repeat, and a ring around the number that
 * was chosen. The numbers stand at equal distances, whatever lies between them. Lines differ in dashes and marks, too, and are named below.
 *
 * @param title what is shown, for those who can't see it
 * @param sweeps the curves, of the same metric
 */
record ShotChart(String title, List<ShotSweep> sweeps) {
    private static final int TOP = 14;
    private static final int LEFT = 56;
    private static final int RIGHT = 16;
    private static final int AXIS = 46;
    private static final int LEGEND = 22;
    private static final int CHARACTER = 8;
    /** By how much the dots of one curve stand beside those of the next. */
    private static final int BESIDE = 7;

    /**
     * Draws it.
     *
     * @param html where to
     * @param kind class of the SVG element
     * @param width width in the units of its text
     * @param height height in the units of its text, without the names of the curves
     */
    void draw(Html html, String kind, int width, int height) {
        List<Integer> shots = List.copyOf(new TreeSet<>(sweeps.stream()
                .flatMap(sweep -> sweep.points().stream())
                .map(ShotSweep.Point::shots)
                .toList()));
        List<Double> values = sweeps.stream()
                .flatMap(sweep -> sweep.points().stream().flatMap(point -> values(point, score(sweep, point))))
                .toList();
        Scale scale = Scale.of(Collections.min(values), Collections.max(values), 6, true);
        int bottom = height - AXIS;
        int right = width - RIGHT;
        html.open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "class",
                "chart " + kind,
                "viewBox",
                "0 0 " + width + " " + (height + LEGEND * (sweeps.size() + 1)),
                "role",
                "img",
                "aria-label",
                title);
        for (double tick : scale.ticks()) {
            String at = number(scale.position(tick, bottom, TOP));
            html.empty("line", "class", "grid", "x1", "" + LEFT, "x2", "" + right, "y1", at, "y2", at);
            html.element(
                    "text",
                    Figures.axis(100 * tick) + "\u00a0%",
                    "x",
                    "" + (LEFT - 8),
                    "y",
                    at,
                    "dy",
                    "4",
                    "text-anchor",
                    "end");
        }
        html.empty("line", "class", "axis", "x1", "" + LEFT, "x2", "" + right, "y1", "" + bottom, "y2", "" + bottom);
        for (int i = 0; i < shots.size(); i++) {
            html.element(
                    "text",
                    "" + shots.get(i),
                    "x",
                    number(place(i, shots, right)),
                    "y",
                    "" + (bottom + 19),
                    "text-anchor",
                    "middle");
        }
        html.element(
                "text",
                "exemplars in the prompt",
                "class",
                "title",
                "x",
                number((LEFT + right) / 2.0),
                "y",
                "" + (bottom + 38),
                "text-anchor",
                "middle");
        for (int i = 0; i < sweeps.size(); i++) {
            curve(html, i, shots, scale, bottom, right);
        }
        legend(html, height, width);
        html.close();
    }

    private static Estimate score(ShotSweep sweep, ShotSweep.Point point) {
        Estimate score = point.scores().get(sweep.metric());
        if (score == null) {
            throw new IllegalArgumentException("no " + sweep.metric() + " at " + point.shots() + " shots");
        }
        return score;
    }

    private static Stream<Double> values(ShotSweep.Point point, Estimate score) {
        return Stream.of(List.of(score.low(), score.value(), score.high()), point.repeats())
                .flatMap(Collection::stream);
    }

    private static double place(int index, List<Integer> shots, int right) {
        return LEFT + (index + 0.5) * (right - LEFT) / shots.size();
    }

    private void curve(Html html, int number, List<Integer> shots, Scale scale, int bottom, int right) {
        ShotSweep sweep = sweeps.get(number);
        String color = " s" + number % 5;
        var line = new StringBuilder();
        var upper = new StringBuilder();
        var lower = new ArrayList<String>();
        for (ShotSweep.Point point : sweep.points()) {
            String x = number(place(shots.indexOf(point.shots()), shots, right));
            Estimate score = score(sweep, point);
            String join = line.isEmpty() ? "M" : "L";
            line.append(join).append(x).append(' ').append(number(scale.position(score.value(), bottom, TOP)));
            upper.append(join).append(x).append(' ').append(number(scale.position(score.high(), bottom, TOP)));
            lower.add("L" + x + " " + number(scale.position(score.low(), bottom, TOP)));
        }
        if (sweep.points().size() > 1) {
            html.empty("path", "class", "band" + color, "d", upper + String.join("", lower.reversed()) + "Z");
        }
        html.empty("path", "class", lineClass(number), "d", line.toString());
        for (ShotSweep.Point point : sweep.points()) {
            double x = place(shots.indexOf(point.shots()), shots, right);
            Estimate score = score(sweep, point);
            double y = scale.position(score.value(), bottom, TOP);
            html.empty(
                    "line",
                    "class",
                    "range line" + color,
                    "x1",
                    number(x),
                    "x2",
                    number(x),
                    "y1",
                    number(scale.position(score.low(), bottom, TOP)),
                    "y2",
                    number(scale.position(score.high(), bottom, TOP)));
            if (point.repeats().size() > 1) {
                for (double repeat : point.repeats()) {
                    html.empty(
                            "circle",
                            "class",
                            "dot" + color,
                            "cx",
                            number(x + BESIDE * (number + 1)),
                            "cy",
                            number(scale.position(repeat, bottom, TOP)),
                            "r",
                            "2.5");
                }
            }
            if (point.shots() == sweep.best()) {
                html.empty("circle", "class", "ring" + color, "cx", number(x), "cy", number(y), "r", "10");
            }
            LineChart.marker(html, number, x, y, "mark" + color);
        }
    }

    private static String lineClass(int number) {
        return "line " + (number == 0 ? "solid" : "marked") + " s" + number % 5 + (number > 1 ? " dots" : "");
    }

    private void legend(Html html, int height, int width) {
        int y = height + LEGEND - 8;
        for (int i = 0; i < sweeps.size(); i++) {
            ShotSweep sweep = sweeps.get(i);
            String text = ": " + Figures.percent(score(sweep, sweep.bestPoint()).value()) + " at " + sweep.best();
            int room = (width - LEFT - 44) / CHARACTER - text.length();
            String name = sweep.model().length() <= room
                    ? sweep.model()
                    : "…" + sweep.model().substring(sweep.model().length() - room + 1);
            html.empty("path", "class", lineClass(i), "d", "M" + LEFT + " " + (y - 4) + "h32");
            LineChart.marker(html, i, LEFT + 16.0, y - 4.0, "mark s" + i % 5);
            html.element("text", name + text, "class", "label s" + i % 5, "x", "" + (LEFT + 44), "y", "" + y);
            y += LEGEND;
        }
        html.empty("circle", "class", "ring s4", "cx", "" + (LEFT + 6), "cy", "" + (y - 4), "r", "7");
        html.element("text", "chosen", "x", "" + (LEFT + 20), "y", "" + y);
        if (sweeps.stream()
                .flatMap(sweep -> sweep.points().stream())
                .anyMatch(point -> point.repeats().size() > 1)) {
            html.empty("circle", "class", "dot s4", "cx", "" + (LEFT + 86), "cy", "" + (y - 4), "r", "2.5");
            html.element("text", "one draw of exemplars", "x", "" + (LEFT + 96), "y", "" + y);
        }
    }
}
