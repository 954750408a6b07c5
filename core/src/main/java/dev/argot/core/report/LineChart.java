package dev.argot.core.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A chart of lines over a shared axis, as SVG. Lines differ in dashes and markers, and bear their names, so that it can be read without
 * colour.
 *
 * @param title what is shown, for those who can't see it
 * @param x what the horizontal axis shows
 * @param y what the vertical axis shows; may be empty
 * @param series the lines
 */
record LineChart(String title, String x, String y, List<Series> series) {
    private static final int TOP = 14;
    private static final int BOTTOM = 44;
    private static final int LEFT = 56;
    private static final int CHARACTER = 7;
    private static final int LABEL_GAP = 15;
    /** Points of a line; more are thinned out to the lowest and highest of each stretch. */
    private static final int POINTS = 400;

    /** How a line is drawn. */
    enum Style {
        /** Thin, pale and solid, without name: what another line smooths. */
        PALE,
        /** Solid. */
        SOLID,
        /** Dashed, with markers. */
        MARKED
    }

    /**
     * A line.
     *
     * @param name its name
     * @param style how it is drawn
     * @param points x and y, by rising x
     */
    record Series(String name, Style style, List<Point> points) {}

    /**
     * A point.
     *
     * @param x horizontal value
     * @param y vertical value; not drawn where it is not finite
     */
    record Point(double x, double y) {}

    /**
     * Draws it.
     *
     * @param html where to
     * @param kind class of the SVG element
     * @param width width in the units of its text
     * @param height height in the units of its text
     */
    void draw(Html html, String kind, int width, int height) {
        List<Point> all = series.stream()
                .flatMap(line -> line.points().stream())
                .filter(point -> Double.isFinite(point.y()))
                .toList();
        Scale horizontal = Scale.of(
                all.stream().mapToDouble(Point::x).min().orElse(0),
                all.stream().mapToDouble(Point::x).max().orElse(1),
                width > 500 ? 7 : 4,
                false);
        Scale vertical = Scale.of(
                all.stream().mapToDouble(Point::y).min().orElse(0),
                all.stream().mapToDouble(Point::y).max().orElse(1),
                5,
                true);
        int labels = series.stream()
                .filter(line -> line.style() != Style.PALE)
                .mapToInt(line -> CHARACTER * shown(line.name()).length())
                .max()
                .orElse(0);
        int right = width - (series.size() == 1 ? 12 : labels + 20);
        int bottom = height - BOTTOM;
        html.open(
                "svg",
                "xmlns",
                "http://www.w3.org/2000/svg",
                "class",
                "chart " + kind,
                "viewBox",
                "0 0 " + width + " " + height,
                "role",
                "img",
                "aria-label",
                title);
        for (double tick : vertical.ticks()) {
            String at = number(vertical.position(tick, bottom, TOP));
            html.empty("line", "class", "grid", "x1", "" + LEFT, "x2", "" + right, "y1", at, "y2", at);
            html.element("text", Figures.axis(tick), "x", "" + (LEFT - 8), "y", at, "dy", "4", "text-anchor", "end");
        }
        html.empty("line", "class", "axis", "x1", "" + LEFT, "x2", "" + right, "y1", "" + bottom, "y2", "" + bottom);
        for (double tick : horizontal.ticks()) {
            String at = number(horizontal.position(tick, LEFT, right));
            html.empty("line", "class", "axis", "x1", at, "x2", at, "y1", "" + bottom, "y2", "" + (bottom + 5));
            html.element("text", Figures.axis(tick), "x", at, "y", "" + (bottom + 19), "text-anchor", "middle");
        }
        html.element(
                "text",
                x,
                "class",
                "title",
                "x",
                number((LEFT + right) / 2.0),
                "y",
                "" + (height - 6),
                "text-anchor",
                "middle");
        if (!y.isEmpty()) {
            html.element(
                    "text",
                    y,
                    "class",
                    "title",
                    "transform",
                    "translate(14 " + number((TOP + bottom) / 2.0) + ") rotate(-90)",
                    "text-anchor",
                    "middle");
        }
        var ends = new ArrayList<End>();
        int number = 0;
        for (Series line : series) {
            List<Point> drawn = thinned(line.points()).stream()
                    .map(point -> new Point(
                            horizontal.position(point.x(), LEFT, right), vertical.position(point.y(), bottom, TOP)))
                    .toList();
            String color = " s" + number % 5;
            html.empty(
                    "path",
                    "class",
                    "line " + line.style().name().toLowerCase(Locale.ROOT) + color + (number > 1 ? " dots" : ""),
                    "d",
                    path(drawn));
            if (line.style() == Style.MARKED) {
                for (Point point : drawn) {
                    if (Double.isFinite(point.y())) {
                        marker(html, number, point.x(), point.y(), "mark" + color);
                    }
                }
            }
            int last = number;
            drawn.stream()
                    .filter(point -> Double.isFinite(point.y()))
                    .reduce((first, second) -> second)
                    .filter(ignored -> line.style() != Style.PALE && series.size() > 1)
                    .ifPresent(point -> ends.add(new End(shown(line.name()), last, point.y())));
            if (line.style() != Style.PALE) {
                number++;
            }
        }
        ends.sort(Comparator.comparingDouble(End::y));
        double below = TOP - LABEL_GAP;
        for (int i = 0; i < ends.size(); i++) {
            // not above the one before, and with room for those after
            double least = below + LABEL_GAP;
            double most = bottom - LABEL_GAP * (ends.size() - 1.0 - i);
            double at = Math.max(least, Math.min(ends.get(i).y(), most));
            html.element(
                    "text",
                    ends.get(i).name(),
                    "class",
                    "label s" + ends.get(i).series() % 5,
                    "x",
                    "" + (right + 10),
                    "y",
                    number(at),
                    "dy",
                    "4");
            below = at;
        }
        html.close();
    }

    /** The end of a line, where its name stands. */
    private record End(String name, int series, double y) {}

    private static String shown(String name) {
        return name.length() <= 16 ? name : name.substring(0, 15) + "…";
    }

    /** Circle, square, triangle, diamond in turn. */
    static void marker(Html html, int number, double x, double y, String kind) {
        switch (number % 4) {
            case 0 -> html.empty("circle", "class", kind, "cx", number(x), "cy", number(y), "r", "4");
            case 1 ->
                html.empty(
                        "rect", "class", kind, "x", number(x - 3.5), "y", number(y - 3.5), "width", "7", "height", "7");
            case 2 -> html.empty("path", "class", kind, "d", "M" + number(x) + " " + number(y - 5) + "l4.5 8h-9z");
            default ->
                html.empty("path", "class", kind, "d", "M" + number(x) + " " + number(y - 5) + "l5 5l-5 5l-5-5z");
        }
    }

    private static String path(List<Point> points) {
        var path = new StringBuilder();
        boolean pen = false;
        for (Point point : points) {
            if (Double.isFinite(point.y())) {
                path.append(pen ? 'L' : 'M')
                        .append(number(point.x()))
                        .append(' ')
                        .append(number(point.y()));
            }
            pen = Double.isFinite(point.y());
        }
        return path.toString();
    }

    private static List<Point> thinned(List<Point> points) {
        if (points.size() <= POINTS) {
            return points;
        }
        var kept = new ArrayList<Point>();
        int stretches = POINTS / 2;
        for (int i = 0; i < stretches; i++) {
            List<Point> stretch = points.subList(
                    (int) ((long) i * points.size() / stretches), (int) ((long) (i + 1) * points.size() / stretches));
            Point low =
                    stretch.stream().min(Comparator.comparingDouble(Point::y)).orElseThrow();
            Point high =
                    stretch.stream().max(Comparator.comparingDouble(Point::y)).orElseThrow();
            kept.add(low.x() < high.x() ? low : high);
            if (!low.equals(high)) {
                kept.add(low.x() < high.x() ? high : low);
            }
        }
        return kept;
    }

    static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value).replaceFirst("\\.0$", "");
    }
}
