package dev.argot.spi;

import dev.argot.api.Document;
import org.jspecify.annotations.Nullable;

/** A document on its way through a curation, with an index of its words and lines that the steps share. Used by one thread at a time. */
public final class CurationDocument {
    private final Document document;
    private @Nullable TextIndex index;

    /**
     * Takes a document.
     *
     * @param document the document
     */
    public CurationDocument(Document document) {
        this.document = document;
    }

    /** The document as it is now, changes of earlier steps included. */
    public Document document() {
        return document;
    }

    /** Its text. */
    public String text() {
        return document.text();
    }

    /** Its words and lines; found on the first call. */
    public TextIndex index() {
        TextIndex found = index;
        if (found == null) {
            found = TextIndex.of(document.text());
            index = found;
        }
        return found;
    }
}
