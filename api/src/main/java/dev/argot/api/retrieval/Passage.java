package dev.argot.api.retrieval;

/**
 * A piece of a document that was found for a query.
 *
 * @param document id of the document
 * @param source id of the document's source
 * @param start where it starts in the document, in chars
 * @param end where it ends in the document, in chars, exclusive
 * @param text the piece; untrusted
 * @param score how well it fits the query, greater is better; comparable within one search alone
 */
public record Passage(String document, String source, int start, int end, String text, double score) {
    /** What the passage is cited by: document and place, such as {@code "opinion-12:340-910"}. */
    public String id() {
        return document + ":" + start + "-" + end;
    }
}
