package dev.argot.core.corpus;

import dev.argot.api.corpus.CurationRules;
import dev.argot.spi.CurationContext;
import dev.argot.spi.CurationDocument;
import dev.argot.spi.CurationStep;
import dev.argot.spi.CurationStepProvider;
import dev.argot.spi.Settings;
import dev.argot.spi.TextIndex;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Takes lines out that are not part of the text: notices about cookies, scripts and terms of use (the phrases of C4: Raffel et al. 2020,
 * section 2.2, and a few more), bars of links, page numbers. Only short lines go, since running text may well speak of cookies.
 *
 * <ul>
 *   <li>{@code max-words}: the longest line that is looked at; default 20
 *   <li>{@code phrases}: phrases that mark a notice, separated by commas, in place of the built-in ones
 *   <li>{@code line.NAME}: a regular expression of {@link Pattern} for lines that a domain's documents repeat, such as the headers of
 *       pages; it has to match the whole line, blanks around it aside, and is counted by its name
 * </ul>
 */
public final class Boilerplate implements CurationStepProvider {
    private static final List<String> PHRASES = List.of(
            "javascript",
            "terms of use",
            "privacy policy",
            "cookie policy",
            "uses cookies",
            "use of cookies",
            "use cookies",
            "accept all cookies",
            "cookie settings",
            "all rights reserved",
            "skip to content",
            "skip to main content",
            "back to top",
            "subscribe to our newsletter",
            "sign up for our newsletter",
            "share on facebook",
            "share on twitter",
            "follow us on",
            "click here to");
    private static final int LONGEST_LINE = 1000; // characters, lest one endless word keep an expression busy
    private static final String NOTICES = "notices";
    private static final String LINKS = "link bars";
    private static final String PAGE_NUMBERS = "page numbers";

    /** For the service loader. */
    public Boilerplate() {}

    @Override
    public String name() {
        return CurationRules.BOILERPLATE;
    }

    @Override
    public CurationStep open(Settings settings, CurationContext context) {
        var phrases = new TermTrie();
        int maxWords = settings.integer("max-words", 20, 0);
        settings.list("phrases", PHRASES).forEach(phrases::add);
        var lines = new LinkedHashMap<String, Pattern>();
        settings.startingWith("line.").forEach((name, expression) -> {
            try {
                lines.put(name, Pattern.compile(expression));
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "curation step '" + name() + "': setting 'line." + name
                                + "': expected a regular expression, found: " + e.getDescription() + " in '"
                                + expression
                                + "'",
                        e);
            }
        });
        return new Step(phrases, maxWords, lines);
    }

    private record Step(TermTrie phrases, int maxWords, Map<String, Pattern> lines) implements CurationStep {
        @Override
        public Verdict judge(CurationDocument document) {
            String text = document.text();
            TextIndex index = document.index();
            Map<String, Long> counts = new LinkedHashMap<>();
            StringBuilder rest = null;
            int copied = 0;
            int word = 0;
            for (int line = 0; line < index.lines(); line++) {
                int first = word;
                int end = index.lineEnd(line);
                while (word < index.words() && index.start(word) < end) {
                    word++;
                }
                int length = end - index.lineStart(line);
                String found = word - first <= maxWords && length > 0 && length <= LONGEST_LINE
                        ? boilerplate(text, index, line, first, word)
                        : null;
                if (found != null) {
                    counts.merge(found, 1L, Long::sum);
                    rest = rest == null ? new StringBuilder(text.length()) : rest;
                    rest.append(text, copied, index.lineStart(line));
                    copied = line + 1 < index.lines() ? index.lineStart(line + 1) : text.length();
                }
            }
            return rest == null
                    ? Verdict.KEEP
                    : new Verdict.Change(
                            rest.append(text, copied, text.length()).toString(), counts);
        }

        private @Nullable String boilerplate(String text, TextIndex index, int line, int first, int end) {
            for (int i = first; i < end; i++) {
                int length = phrases.longestAt(index, i);
                if (length > 0 && i + length <= end) {
                    return NOTICES;
                }
            }
            if (!lines.isEmpty()) {
                String stripped = text.substring(index.lineStart(line), index.lineEnd(line))
                        .strip();
                for (Map.Entry<String, Pattern> entry : lines.entrySet()) {
                    if (entry.getValue().matcher(stripped).matches()) {
                        return entry.getKey();
                    }
                }
            }
            if (isPageNumber(text, index, line, first, end)) {
                return PAGE_NUMBERS;
            }
            return isLinkBar(text, index, line, first, end) ? LINKS : null;
        }

        /** <i>Page 3</i>, <i>Page 3 of 10</i>, <i>- 3 -</i>. */
        private static boolean isPageNumber(String text, TextIndex index, int line, int first, int end) {
            int words = end - first;
            if (words == 1) {
                return !index.hasLetter(first)
                        && text.charAt(index.lineStart(line)) == '-'
                        && text.charAt(index.lineEnd(line) - 1) == '-';
            }
            return (words == 2 || (words == 4 && isWord(text, index, first + 2, "of") && !index.hasLetter(first + 3)))
                    && isWord(text, index, first, "page")
                    && !index.hasLetter(first + 1);
        }

        private static boolean isWord(String text, TextIndex index, int word, String expected) {
            return index.end(word) - index.start(word) == expected.length()
                    && text.regionMatches(true, index.start(word), expected, 0, expected.length());
        }

        /** At least two bars between words, no digits and no end of a sentence. */
        private static boolean isLinkBar(String text, TextIndex index, int line, int first, int end) {
            if (end - first < 3) {
                return false;
            }
            int bars = 0;
            for (int i = index.start(first); i < index.end(end - 1); i++) {
                char c = text.charAt(i);
                if (c == '|' || c == '\u00bb' || c == '\u203a') {
                    bars++;
                } else if (c >= '0' && c <= '9') {
                    return false;
                }
            }
            char last = text.charAt(index.lineEnd(line) - 1);
            return bars >= 2 && last != '.' && last != '?' && last != '!';
        }
    }
}
