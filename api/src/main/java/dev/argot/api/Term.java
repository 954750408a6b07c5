package dev.argot.api;

import java.util.Locale;
import java.util.Optional;

/**
 * An entry of a domain's vocabulary.
 *
 * @param text one or several words, as they are written in running text
 * @param category what it is, such as {@code "latin"}, {@code "drug"} or {@link #EVERYDAY}; lower-case
 * @param definition what it means in this domain; empty where the data has none
 * @param source the {@link DataSource#id} it comes from
 */
public record Term(String text, String category, Optional<String> definition, String source) {
    /** The category of ordinary words that mean something else in the domain, such as <i>consideration</i> in law. */
    public static final String EVERYDAY = "everyday";

    /** Checks that nothing is empty, and that nothing has blanks around it. */
    public Term {
        Texts.requireTrimmed("text of a term", text);
        Texts.requireTrimmed("category of the term '" + text + "'", category);
        Texts.requireTrimmed("source of the term '" + text + "'", source);
        if (definition.isPresent()) {
            Texts.requireTrimmed("definition of the term '" + text + "'", definition.get());
        }
        if (!category.equals(category.toLowerCase(Locale.ROOT))) {
            throw new IllegalArgumentException(
                    "category of the term '" + text + "' must be lower-case, found '" + category + "'");
        }
    }
}
