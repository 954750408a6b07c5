package dev.argot.core.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table. On a phone the cells of a row stand below one another, each with its column's heading; a long table scrolls sideways where it
 * is wider than the page, by keyboard too. Not thread-safe.
 */
final class Table {
    /** The most rows of a table whose rows are stacked on a phone. */
    private static final int STACKED = 60;

    private final String caption;
    private final List<String> columns;
    private final List<List<Cell>> rows = new ArrayList<>();

    /**
     * A table.
     *
     * @param caption what it shows
     * @param columns headings; the first column holds the headings of the rows
     */
    Table(String caption, String... columns) {
        this.caption = caption;
        this.columns = List.of(columns);
    }

    /** What stands in a cell. */
    @FunctionalInterface
    interface Cell {
        /** Writes it; the cell is open. */
        void write(Html html);
    }

    /** Text. */
    static Cell text(String text) {
        return html -> html.text(text);
    }

    /** Text that may take several lines. */
    static Cell prose(String text) {
        return html -> html.element("div", text, "class", "prose");
    }

    /** A number and, smaller, what belongs to it. */
    static Cell ranged(String value, String range) {
        return html -> html.text(value + " ").element("span", "(" + range + ")", "class", "range");
    }

    /** A change, coloured and said to be better or worse only by its class: its sign says it too. */
    static Cell judged(String value, boolean better, boolean worse) {
        return html -> html.element("span", value, "class", better ? "good" : worse ? "bad" : "same");
    }

    /** Adds a row. */
    Table row(Cell... cells) {
        rows.add(List.of(cells));
        return this;
    }

    /** Adds a row of texts. */
    Table row(String... cells) {
        rows.add(Arrays.stream(cells).map(Table::text).toList());
        return this;
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** Writes it. */
    void write(Html html) {
        html.open("div", "class", "scroll", "role", "region", "tabindex", "0", "aria-label", caption);
        html.open("table", "class", rows.size() <= STACKED ? "stacked" : "long")
                .element("caption", caption)
                .line();
        html.open("thead").open("tr");
        for (String column : columns) {
            html.element("th", column, "scope", "col");
        }
        html.close().close().line();
        html.open("tbody").line();
        for (List<Cell> row : rows) {
            html.open("tr");
            for (int i = 0; i < row.size(); i++) {
                if (i == 0) {
                    html.open("th", "scope", "row");
                } else {
                    html.open("td", "data-label", columns.get(i));
                }
                row.get(i).write(html);
                html.close();
            }
            html.close().line();
        }
        html.close().close().close().line();
    }

    /** Writes keys and values as a table of two columns. */
    static void pairs(Html html, List<List<String>> pairs) {
        html.open("table", "class", "pairs").open("tbody").line();
        for (List<String> pair : pairs) {
            html.open("tr")
                    .element("th", pair.get(0), "scope", "row")
                    .element("td", pair.get(1))
                    .close()
                    .line();
        }
        html.close().close().line();
    }
}
