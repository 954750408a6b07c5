package dev.argot.core.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The frame of a page: one file that loads nothing. Its content security policy allows its own style sheet and, where it has one, its own
 * script, by their hashes, and nothing else. Stateless, hence thread-safe.
 */
final class Page {
    private static final String STYLE = "report.css";

    private Page() {}

    /**
     * A part of a page.
     *
     * @param id its anchor
     * @param title its heading
     * @param content writes what is below the heading
     */
    record Section(String id, String title, Consumer<Html> content) {}

    /**
     * What makes a page interactive.
     *
     * @param style name of a style sheet that is added
     * @param script name of the script
     * @param data what the script reads: JSON without the characters that HTML has for itself
     */
    record Extras(String style, String script, String data) {}

    /**
     * A page without script.
     *
     * @param title what the window is called
     * @param header writes what comes first
     * @param sections the parts
     * @param footer the last line
     */
    static String page(String title, Consumer<Html> header, List<Section> sections, String footer) {
        return page(title, header, sections, footer, Optional.empty());
    }

    /**
     * A page with a script.
     *
     * @param title what the window is called
     * @param header writes what comes first
     * @param sections the parts
     * @param footer the last line
     * @param extras script and data
     */
    static String page(String title, Consumer<Html> header, List<Section> sections, String footer, Extras extras) {
        return page(title, header, sections, footer, Optional.of(extras));
    }

    private static String page(
            String title, Consumer<Html> header, List<Section> sections, String footer, Optional<Extras> extras) {
        String style = resource(STYLE) + extras.map(e -> resource(e.style())).orElse("");
        // the comments make it XML, too
        Optional<String> script = extras.map(e -> "//<![CDATA[\n" + resource(e.script()) + "//]]>");
        var html = new Html();
        html.open("html", "xmlns", "http://www.w3.org/1999/xhtml", "lang", "en").line();
        html.open("head").line();
        html.empty("meta", "charset", "utf-8").line();
        html.empty(
                        "meta",
                        "http-equiv",
                        "Content-Security-Policy",
                        "content",
                        "default-src 'none'; style-src 'sha256-" + sha256(style) + "'"
                                + script.map(text -> "; script-src 'sha256-" + sha256(text) + "'")
                                        .orElse("")
                                + "; base-uri 'none'; form-action 'none'")
                .line();
        html.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
                .line();
        html.empty("meta", "name", "referrer", "content", "no-referrer").line();
        html.element("title", title).line();
        html.open("style").raw(style).close().line();
        html.close().line();
        html.open("body").line();
        html.element("a", "Skip to the content", "class", "skip", "href", "#content")
                .line();
        html.open("header", "class", "top").line();
        header.accept(html);
        html.close().line();
        if (sections.size() > 1) {
            html.open("nav", "aria-label", "Sections").open("ul").line();
            for (Section section : sections) {
                html.open("li")
                        .element("a", section.title(), "href", "#" + section.id())
                        .close()
                        .line();
            }
            html.close().close().line();
        }
        html.open("main", "id", "content").line();
        for (Section section : sections) {
            html.open("section", "id", section.id(), "aria-labelledby", section.id() + "-title")
                    .line();
            html.element("h2", section.title(), "id", section.id() + "-title").line();
            section.content().accept(html);
            html.close().line();
        }
        html.close().line();
        html.element("footer", footer).line();
        extras.ifPresent(e -> html.open("script", "type", "application/json", "id", "data")
                .raw(e.data())
                .close()
                .line());
        script.ifPresent(text -> html.open("script").script(text).close().line());
        html.close().line();
        html.close();
        return "<!DOCTYPE html>\n" + html + "\n";
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing beside " + Page.class);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sha256(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
