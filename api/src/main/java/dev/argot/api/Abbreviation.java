package dev.argot.api;

import java.util.List;

/**
 * A short form of a domain's language, and what it stands for.
 *
 * @param text the short form, such as {@code "U.S.C."}, {@code "qid"} or {@code "&"}
 * @param expansions what it can stand for, the most common first; at least one
 * @param matchCase whether only this spelling counts: {@code "SEC"} is a commission, {@code "sec"} a second
 * @param everyday whether it is an ordinary word as well, as the prescription code {@code "as"} (left ear) is; such a one is understood
 *     where only the domain's notation is written, and left alone in running text
 * @param source the {@link DataSource#id} it comes from
 */
public record Abbreviation(String text, List<String> expansions, boolean matchCase, boolean everyday, String source) {
    /** Checks that nothing is empty, and that it expands to something else. */
    public Abbreviation {
        Texts.requireTrimmed("text of an abbreviation", text);
        Texts.requireTrimmed("source of the abbreviation '" + text + "'", source);
        expansions = List.copyOf(expansions);
        if (expansions.isEmpty()) {
            throw new IllegalArgumentException("the abbreviation '" + text + "' has no expansion");
        }
        for (String expansion : expansions) {
            Texts.requireTrimmed("expansion of the abbreviation '" + text + "'", expansion);
            if (expansion.equals(text)) {
                throw new IllegalArgumentException("the abbreviation '" + text + "' expands to itself");
            }
        }
    }
}
