package dev.argot.core.corpus;

import dev.argot.api.Document;
import dev.argot.spi.CorpusReaderProvider;
import dev.argot.spi.Settings;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Plain text: paragraphs, which blank lines separate, are documents. */
public final class ParagraphsReader implements CorpusReaderProvider {
    /** Its name. */
    static final String NAME = "paragraphs";

    /** For the service loader. */
    public ParagraphsReader() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean reads(String fileName) {
        return false;
    }

    @Override
    public Iterator<Document> read(Request request) {
        new Settings("reader '" + NAME + "'", request.settings()).requireAllKnown();
        return new Paragraphs(request);
    }

    private static final class Paragraphs implements Iterator<Document> {
        private final Request request;
        private final TextLines lines;
        private @Nullable Document ahead;

        Paragraphs(Request request) {
            this.request = request;
            lines = new TextLines(request.file(), request.bytes());
        }

        @Override
        public boolean hasNext() {
            if (ahead == null) {
                ahead = read();
            }
            return ahead != null;
        }

        @Override
        public Document next() {
            Document next = hasNext() ? ahead : null;
            if (next == null) {
                throw new NoSuchElementException();
            }
            ahead = null;
            return next;
        }

        private @Nullable Document read() {
            var text = new StringBuilder();
            long first = 0;
            while (lines.advance()) {
                String line = lines.isBlank() ? "" : lines.text();
                if (!line.isBlank()) {
                    if (first == 0) {
                        first = lines.number();
                    } else {
                        text.append('\n');
                    }
                    text.append(line);
                } else if (first > 0) {
                    break;
                }
            }
            return first == 0
                    ? null
                    : new Document(request.name() + ":" + first, text.toString(), request.source(), request.licence());
        }
    }
}
