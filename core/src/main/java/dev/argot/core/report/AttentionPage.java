package dev.argot.core.report;

import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionMap.Head;
import dev.argot.api.AttentionMap.Kind;
import dev.argot.api.AttentionMap.Token;
import dev.argot.core.report.Page.Section;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Attention as a page one can click through: a grid of all heads, and one of them at large, as lines between tokens or as a heat map. A
 * weight is a number from 0 to 4095 in two digits of base 64; where no token sees a later one, the lower triangle alone is written. Not
 * thread-safe; used once.
 */
final class AttentionPage {
    /** The most tokens on a page; further ones are left out. */
    static final int TOKENS = 256;
    /** The most digits of weights on a page, about 12 MB; more heads are left out. */
    static final long DIGITS = 12_000_000;

    private static final char[] BASE64 =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".toCharArray();
    private static final int FULL = 4095;

    private final List<AttentionMap> maps;
    private final List<String> leftOut = new ArrayList<>();

    private AttentionPage(List<AttentionMap> maps) {
        this.maps = maps;
    }

    /**
     * The page.
     *
     * @param maps one map, or those before and after
     */
    static String page(List<AttentionMap> maps) {
        return new AttentionPage(maps).page();
    }

    private String page() {
        if (maps.stream().allMatch(map -> map.heads().isEmpty())) {
            throw new IllegalArgumentException("the map has no heads");
        }
        String data = data(heads());
        String title = maps.stream().map(AttentionMap::model).distinct().collect(Collectors.joining(" beside "));
        return Page.page(
                "Attention of " + title,
                html -> {
                    html.element("p", maps.size() > 1 ? "Attention before and after" : "Attention", "class", "kicker")
                            .line();
                    html.element("h1", title).line();
                    html.element("p", facts(), "class", "facts").line();
                },
                List.of(
                        new Section("heads", "Heads", this::grid),
                        new Section("head", "One head", AttentionPage::head),
                        new Section("tokens", "Tokens", this::tokens)),
                "Written by Argot. This page loads nothing.",
                new Page.Extras("attention.css", "attention.js", data));
    }

    private String facts() {
        AttentionMap first = maps.get(0);
        long layers = first.heads().stream().mapToInt(Head::layer).distinct().count();
        String facts = Figures.count(first.sources().size()) + " tokens"
                + (first.targets().isEmpty()
                        ? ""
                        : " read, " + Figures.count(first.targets().size()) + " written")
                + " · " + Figures.count(first.heads().size()) + " heads in " + Figures.count(layers)
                + (layers == 1 ? " layer" : " layers");
        if (maps.size() > 1) {
            facts = "Before: " + first.model() + ". After: " + maps.get(1).model() + ". " + facts;
        }
        return facts;
    }

    // ---- what is left out

    /** The heads on the page, of each map. */
    private List<List<Head>> heads() {
        int longest = maps.stream()
                .mapToInt(map -> Math.max(map.sources().size(), map.targets().size()))
                .max()
                .orElse(0);
        if (longest > TOKENS) {
            leftOut.add("Of " + Figures.count(longest) + " tokens the first " + TOKENS
                    + " are shown; rows keep their weights to these.");
        }
        List<Integer> layers = maps.stream()
                .flatMap(map -> map.heads().stream())
                .map(Head::layer)
                .distinct()
                .sorted()
                .toList();
        for (int count = layers.size(); count > 0; count--) {
            Set<Integer> some = spread(layers, count);
            Predicate<Head> kept = head -> some.contains(head.layer());
            if (digits(kept) <= DIGITS) {
                if (count < layers.size()) {
                    leftOut.add("Of " + layers.size() + " layers " + count + " are shown (" + numbers(some)
                            + "), so that the page stays small. Ask for the layers you want to see.");
                }
                return kept(kept);
            }
        }
        int layer = layers.get(0);
        int head = 1;
        while (digits(below(layer, head + 1)) <= DIGITS) {
            head++;
        }
        leftOut.add("Only layer " + layer + " is shown, and of it the first " + head
                + " heads, so that the page stays small. Ask for the layers and heads you want to see.");
        return kept(below(layer, head));
    }

    private static Predicate<Head> below(int layer, int heads) {
        return head -> head.layer() == layer && head.head() < heads;
    }

    /** So many of the numbers, evenly spread, the last among them. */
    private static Set<Integer> spread(List<Integer> numbers, int count) {
        var some = new TreeSet<Integer>();
        for (int i = 1; i <= count; i++) {
            some.add(numbers.get((int) ((long) i * numbers.size() / count) - 1));
        }
        return some;
    }

    private static String numbers(Set<Integer> numbers) {
        return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    private List<List<Head>> kept(Predicate<Head> which) {
        return maps.stream()
                .map(map -> map.heads().stream().filter(which).toList())
                .toList();
    }

    private long digits(Predicate<Head> which) {
        long digits = 0;
        for (AttentionMap map : maps) {
            for (Head head : map.heads()) {
                if (which.test(head)) {
                    long rows = queries(map, head.kind()).size();
                    long columns = keys(map, head.kind()).size();
                    digits += isTriangular(head) ? rows * (rows + 1) : 2 * rows * columns;
                }
            }
        }
        return digits;
    }

    private static List<Token> queries(AttentionMap map, Kind kind) {
        return shown(
                switch (kind) {
                    case SELF -> map.sources();
                    case DECODER, CROSS -> map.targets();
                });
    }

    private static List<Token> keys(AttentionMap map, Kind kind) {
        return shown(
                switch (kind) {
                    case SELF, CROSS -> map.sources();
                    case DECODER -> map.targets();
                });
    }

    private static List<Token> shown(List<Token> tokens) {
        return tokens.subList(0, Math.min(TOKENS, tokens.size()));
    }

    /** Whether no token sees a later one. */
    private static boolean isTriangular(Head head) {
        if (head.kind() == Kind.CROSS) {
            return false;
        }
        float[][] weights = head.weights();
        for (int i = 0; i < weights.length; i++) {
            for (int j = i + 1; j < weights[i].length; j++) {
                if (weights[i][j] != 0) {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- data

    private String data(List<List<Head>> heads) {
        var json = new StringBuilder("{\"maps\":[");
        for (int i = 0; i < maps.size(); i++) {
            AttentionMap map = maps.get(i);
            json.append(i == 0 ? "" : ",").append("{\"model\":");
            quote(json, map.model());
            texts(json.append(",\"sources\":"), shown(map.sources()));
            texts(json.append(",\"targets\":"), shown(map.targets()));
            json.append(",\"heads\":[");
            String separator = "";
            for (Head head : heads.get(i)) {
                json.append(separator);
                head(json, map, head);
                separator = ",\n";
            }
            json.append("]}");
        }
        return json.append("]}").toString();
    }

    private static void texts(StringBuilder json, List<Token> tokens) {
        json.append('[');
        for (int i = 0; i < tokens.size(); i++) {
            json.append(i == 0 ? "" : ",");
            quote(json, tokens.get(i).text());
        }
        json.append(']');
    }

    private static void head(StringBuilder json, AttentionMap map, Head head) {
        boolean triangular = isTriangular(head);
        json.append("{\"kind\":\"")
                .append(head.kind().name().toLowerCase(Locale.ROOT))
                .append("\",\"layer\":")
                .append(head.layer())
                .append(",\"head\":")
                .append(head.head())
                .append(",\"triangular\":")
                .append(triangular)
                .append(",\"weights\":\"");
        int rows = queries(map, head.kind()).size();
        int columns = keys(map, head.kind()).size();
        for (int i = 0; i < rows; i++) {
            int end = triangular ? Math.min(i + 1, columns) : columns;
            for (int j = 0; j < end; j++) {
                int value = Math.round(FULL * Math.clamp(head.weights()[i][j], 0f, 1f));
                json.append(BASE64[value >> 6]).append(BASE64[value & 63]);
            }
        }
        json.append("\"}");
    }

    /** A string that is harmless inside an element {@code script}: whatever HTML or JavaScript could take for its own is an escape. */
    private static void quote(StringBuilder json, String text) {
        json.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != '\'';
            if (plain || c >= 0xa0 && c < 0x2000 || c >= 0x3000 && c < 0xd800) {
                json.append(c);
            } else {
                json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
            }
        }
        json.append('"');
    }

    // ---- what stands on the page

    private void grid(Html html) {
        for (String note : leftOut) {
            html.element("p", note, "class", "hint").line();
        }
        html.open("noscript")
                .element("p", "The pictures are drawn by a script that is part of this file; allow scripts to see them.")
                .close()
                .line();
        html.open("div", "class", "needs-script", "hidden", "hidden").line();
        html.open("div", "id", "controls", "class", "bar-of-controls").line();
        html.open("span", "class", "legend")
                .element("span", "0 %", "id", "least")
                .element("canvas", "", "id", "ramp", "class", "ramp", "aria-hidden", "true")
                .element("span", "100 %", "id", "most")
                .close()
                .line();
        html.close().line();
        html.element("ul", "", "id", "changes", "class", "chips").line();
        html.element(
                        "div",
                        "",
                        "id",
                        "grid",
                        "class",
                        "grid-of-heads",
                        "role",
                        "region",
                        "aria-label",
                        "All heads; arrow keys move from head to head")
                .line();
        html.close().line();
    }

    private static void head(Html html) {
        html.open("div", "class", "needs-script", "hidden", "hidden").line();
        html.open("div", "class", "head-line")
                .element("h3", "", "id", "which", "aria-live", "polite")
                .element("button", "‹ previous head", "id", "previous", "type", "button", "class", "step")
                .element("button", "next head ›", "id", "next", "type", "button", "class", "step")
                .close()
                .line();
        html.element("p", "", "id", "habit", "class", "hint").line();
        html.element("div", "", "id", "views", "class", "bar-of-controls").line();
        html.element("p", "", "id", "readout", "class", "readout", "aria-live", "polite")
                .line();
        html.element("div", "", "id", "panels", "class", "panels").line();
        html.open("details", "id", "numbers")
                .element("summary", "The strongest weights as a table")
                .element("div", "", "class", "scroll", "tabindex", "0")
                .close()
                .line();
        html.close().line();
    }

    private void tokens(Html html) {
        var seen = new LinkedHashSet<List<Token>>();
        for (AttentionMap map : maps) {
            if (seen.add(map.sources())) {
                tokens(html, map.targets().isEmpty() ? "" : "Read", map.sources());
            }
        }
        for (AttentionMap map : maps) {
            if (!map.targets().isEmpty() && seen.add(map.targets())) {
                tokens(html, "Written", map.targets());
            }
        }
    }

    private static void tokens(Html html, String title, List<Token> tokens) {
        if (!title.isEmpty()) {
            html.element("h3", title).line();
        }
        html.open("ol", "class", "words").line();
        for (Token token : shown(tokens)) {
            html.element("li", token.text(), "title", "id " + token.id());
        }
        html.close().line();
    }
}
