package dev.argot.api;

/**
 * A text of a corpus, with where it comes from, so that what a model was taught can be traced.
 *
 * @param id unique in its corpus
 * @param text the text
 * @param source what it was taken from, such as a {@link DataSource#id} or a file
 * @param licence an SPDX expression; empty where unknown
 */
public record Document(String id, String text, String source, String licence) {
    /** Checks that it has an id and a text. */
    public Document {
        Texts.requireTrimmed("id of a document", id);
        if (text.isBlank()) {
            throw new IllegalArgumentException("the document '" + id + "' has no text");
        }
    }
}
