package dev.argot.core.report;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes HTML that is well-formed XML too: every text and attribute value is escaped, every element closed. Characters XML does not know
 * become U+FFFD. Not thread-safe.
 */
final class Html {
    private final StringBuilder out = new StringBuilder();
    private final Deque<String> open = new ArrayDeque<>();

    /**
     * Opens an element.
     *
     * @param tag its name
     * @param attributes names and values in turn
     */
    Html open(String tag, String... attributes) {
        start(tag, attributes).append('>');
        open.push(tag);
        return this;
    }

    /** Closes the element opened last. */
    Html close() {
        out.append("</").append(open.pop()).append('>');
        return this;
    }

    /**
     * An element with a text.
     *
     * @param tag its name
     * @param text untrusted text
     * @param attributes names and values in turn
     */
    Html element(String tag, String text, String... attributes) {
        return open(tag, attributes).text(text).close();
    }

    /**
     * An element without content, such as {@code meta} or a shape.
     *
     * @param tag its name
     * @param attributes names and values in turn
     */
    Html empty(String tag, String... attributes) {
        start(tag, attributes).append("/>");
        return this;
    }

    /**
     * Text.
     *
     * @param text untrusted
     */
    Html text(String text) {
        escape(text);
        return this;
    }

    /**
     * Text as it is, for a style sheet of our own.
     *
     * @param text holds none of the characters that need escaping
     */
    Html raw(String text) {
        if (text.indexOf('<') >= 0 || text.indexOf('&') >= 0) {
            throw new IllegalArgumentException("this text needs escaping");
        }
        out.append(text);
        return this;
    }

    /**
     * A script of our own, between comments that make it character data in XML.
     *
     * @param text the script
     */
    Html script(String text) {
        String code = text.substring(text.indexOf('\n'), text.lastIndexOf('\n'));
        if (code.contains("]]>") || code.contains("</") || code.contains("<!--")) {
            throw new IllegalArgumentException("this script would end its element");
        }
        out.append(text);
        return this;
    }

    /** A line break in the source. */
    Html line() {
        out.append('\n');
        return this;
    }

    @Override
    public String toString() {
        if (!open.isEmpty()) {
            throw new IllegalStateException("still open: " + open);
        }
        return out.toString();
    }

    private StringBuilder start(String tag, String... attributes) {
        out.append('<').append(tag);
        for (int i = 0; i < attributes.length; i += 2) {
            out.append(' ').append(attributes[i]).append("=\"");
            escape(attributes[i + 1]);
            out.append('"');
        }
        return out;
    }

    private void escape(String text) {
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                default -> out.appendCodePoint(isXml(c) ? c : 0xfffd);
            }
        });
    }

    /** Whether XML 1.0 knows a character; without the return, which a parser would turn into a line feed, and C1 controls. */
    private static boolean isXml(int c) {
        return c == '\t'
                || c == '\n'
                || (c >= 0x20 && c < 0x7f)
                || (c >= 0xa0 && c <= 0xd7ff)
                || (c >= 0xe000 && c <= 0xfffd)
                || c >= 0x10000;
    }
}
