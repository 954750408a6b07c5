package dev.argot.core.report;

import static dev.argot.core.report.LineChart.number;

import dev.argot.api.evaluation.Estimate;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Shares with their confidence intervals, before and after, one row each, as SVG. Before is a hollow circle, after a filled diamond, the
 * baseline a short dashed stroke.
 *
 * @param title what is shown, for those who can't see it
 * @param groups the rows
 */
record RangeChart(String title, List<Group> groups) {
    private static final int HEAD = 26;
    private static final int ROW = 30;
    private static final int LEFT = 64;
    private static final int RIGHT = 16;
    private static final int BOTTOM = 50;
    private static final int CHARACTER = 8;

    /**
     * Rows under one heading.
     *
     * @param name the heading; cut where it is too long
     * @param metric what the shares are of
     * @param rows the rows
     */
    record Group(String name, String metric, List<Row> rows) {
        private String heading(int width) {
            int room = width / CHARACTER - metric.length() - 3;
            return (name.length() <= room ? name : name.substring(0, room - 1).strip() + "…") + " (" + metric + ")";
        }
    }

    /**
     * A row.
     *
     * @param name its name
     * @param before the first value; empty where only one model was measured
     * @param after the second value
     * @param baseline what comes without a model
     */
    record Row(String name, Optional<Estimate> before, Estimate after, OptionalDouble baseline) {}

    /**
     * Draws it.
     *
     * @param html where to
     * @param kind class of the SVG element
     * @param width width in the units of its text
     */
    void draw(Html html, String kind, int width) {
        int rows = groups.stream().mapToInt(group -> group.rows().size()).sum();
        int bottom = groups.size() * HEAD + rows * ROW + 8;
        Scale scale = new Scale(0, 1, List.of(0.0, 0.25, 0.5, 0.75, 1.0));
        int right = width - RIGHT;
        html.open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "class",
                "chart " + kind,
                "viewBox",
                "0 0 " + width + " " + (bottom + BOTTOM),
                "role",
                "img",
                "aria-label",
                title);
        for (double tick : scale.ticks()) {
            String at = number(scale.position(tick, LEFT, right));
            html.empty("line", "class", "grid", "x1", at, "x2", at, "y1", "0", "y2", "" + bottom);
            html.element(
                    "text",
                    Figures.decimals(100 * tick, 0) + "\u00a0%",
                    "x",
                    at,
                    "y",
                    "" + (bottom + 18),
                    "text-anchor",
                    tick == 1 ? "end" : "middle");
        }
        double y = 0;
        for (Group group : groups) {
            html.element("text", group.heading(width), "class", "heading", "x", "0", "y", number(y + HEAD - 8));
            y += HEAD;
            for (Row row : group.rows()) {
                html.element("text", row.name(), "x", "0", "y", number(y + ROW / 2.0 + 4));
                if (row.baseline().isPresent()) {
                    String at = number(scale.position(row.baseline().getAsDouble(), LEFT, right));
                    html.empty(
                            "line",
                            "class",
                            "baseline",
                            "x1",
                            at,
                            "x2",
                            at,
                            "y1",
                            number(y + 2),
                            "y2",
                            number(y + ROW - 2));
                }
                if (row.before().isPresent()) {
                    range(html, scale, right, row.before().get(), y + 10, "before");
                }
                range(html, scale, right, row.after(), y + (row.before().isPresent() ? 20 : 15), "after");
                y += ROW;
            }
        }
        legend(html, bottom + BOTTOM - 6);
        html.close();
    }

    private void range(Html html, Scale scale, int right, Estimate estimate, double y, String kind) {
        html.empty(
                "line",
                "class",
                "range " + kind,
                "x1",
                number(scale.position(estimate.low(), LEFT, right)),
                "x2",
                number(scale.position(estimate.high(), LEFT, right)),
                "y1",
                number(y),
                "y2",
                number(y));
        mark(html, scale.position(estimate.value(), LEFT, right), y, kind);
    }

    private static void mark(Html html, double x, double y, String kind) {
        LineChart.marker(html, kind.equals("before") ? 0 : 3, x, y, "point " + kind);
    }

    private void legend(Html html, double y) {
        boolean two = groups.stream().flatMap(group -> group.rows().stream()).anyMatch(row -> row.before()
                .isPresent());
        double x = LEFT;
        if (two) {
            mark(html, x, y - 4, "before");
            html.element("text", "before", "x", number(x + 10), "y", number(y));
            x += 70;
        }
        mark(html, x, y - 4, "after");
        html.element("text", two ? "after" : "measured", "x", number(x + 10), "y", number(y));
        x += two ? 58 : 84;
        if (groups.stream().flatMap(group -> group.rows().stream()).anyMatch(row -> row.baseline()
                .isPresent())) {
            html.empty(
                    "line",
                    "class",
                    "baseline",
                    "x1",
                    number(x),
                    "x2",
                    number(x),
                    "y1",
                    number(y - 12),
                    "y2",
                    number(y + 2));
            html.element("text", "without a model", "x", number(x + 8), "y", number(y));
        }
    }
}
