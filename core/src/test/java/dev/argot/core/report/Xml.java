package dev.argot.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the part of XML that pages use, and fails at anything else: elements that are closed in order, attributes in double quotes, the
 * five predefined entities, characters of XML 1.0.
 */
final class Xml {
    private static final String NAME = "[A-Za-z][A-Za-z0-9-]*";
    private static final String VALUE = "\"[^<\"]*\"";
    private static final Pattern TAG = Pattern.compile("<(/?)(" + NAME + ")((?: " + NAME + "=" + VALUE + ")*)(/?)>");
    private static final Pattern ATTRIBUTE = Pattern.compile(" (" + NAME + ")=(" + VALUE + ")");
    private static final Pattern CHARACTERS =
            Pattern.compile("[\\t\\n\\x20-\\x{d7ff}\\x{e000}-\\x{fffd}\\x{10000}-\\x{10ffff}]*");

    private Xml() {}

    /**
     * An element.
     *
     * @param tag its name
     * @param attributes its attributes
     * @param content its text, that of the elements in it included; complete when it is closed
     */
    record Element(String tag, Map<String, String> attributes, StringBuilder content) {
        String attribute(String name) {
            return attributes.getOrDefault(name, "");
        }

        String text() {
            return content.toString();
        }
    }

    /** The elements of a page, in order. */
    static List<Element> parse(String page) {
        assertThat(CHARACTERS.matcher(page).matches()).as("characters of XML").isTrue();
        String begin = "<!DOCTYPE html>\n";
        assertThat(page).startsWith(begin);
        List<Element> all = new ArrayList<>();
        Deque<Element> open = new ArrayDeque<>();
        Matcher tag = TAG.matcher(page);
        int at = begin.length();
        while (at < page.length()) {
            int next = page.indexOf('<', at);
            String text = unescape(page.substring(at, next < 0 ? page.length() : next));
            if (open.isEmpty()) {
                assertThat(text).isBlank();
            }
            open.forEach(element -> element.content().append(text));
            if (next < 0) {
                break;
            }
            assertThat(tag.find(next) && tag.start() == next)
                    .as("a tag at %s", page.substring(next, Math.min(next + 80, page.length())))
                    .isTrue();
            if (tag.group(1).isEmpty()) {
                var element = new Element(tag.group(2), attributes(tag.group(3)), new StringBuilder());
                assertThat(all.isEmpty() || !open.isEmpty()).as("one root").isTrue();
                all.add(element);
                if (tag.group(4).isEmpty()) {
                    open.push(element);
                }
            } else {
                assertThat(tag.group(3) + tag.group(4)).isEmpty();
                assertThat(open.pop().tag()).isEqualTo(tag.group(2));
            }
            at = tag.end();
        }
        assertThat(open).isEmpty();
        return all;
    }

    private static Map<String, String> attributes(String text) {
        var attributes = new LinkedHashMap<String, String>();
        Matcher attribute = ATTRIBUTE.matcher(text);
        while (attribute.find()) {
            String value = attribute.group(2);
            assertThat(attributes.put(attribute.group(1), unescape(value.substring(1, value.length() - 1))))
                    .as("twice: %s", attribute.group(1))
                    .isNull();
        }
        return attributes;
    }

    private static String unescape(String text) {
        assertThat(text.replaceAll("&(amp|lt|gt|quot|#39);", "")).doesNotContain("&");
        return text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&");
    }
}
