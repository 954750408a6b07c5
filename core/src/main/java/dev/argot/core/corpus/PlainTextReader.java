package dev.argot.core.corpus;

import dev.argot.api.Document;
import dev.argot.api.FileFormatException;
import dev.argot.spi.CorpusReaderProvider;
import dev.argot.spi.Settings;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/** Plain text: each file is a document. */
public final class PlainTextReader implements CorpusReaderProvider {
    /** Its name. */
    static final String NAME = "text";

    private static final int MOST = 1 << 30;

    /** For the service loader. */
    public PlainTextReader() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean reads(String fileName) {
        return false; // what nobody wants comes here in any case
    }

    @Override
    public Iterator<Document> read(Request request) {
        new Settings("reader '" + NAME + "'", request.settings()).requireAllKnown();
        String text = whole(request.file(), request.bytes());
        return text.isBlank()
                ? Collections.emptyIterator()
                : List.of(new Document(request.name(), text, request.source(), request.licence()))
                        .iterator();
    }

    private static String whole(Path file, InputStream in) {
        byte[] bytes = new byte[1 << 16];
        int filled = 0;
        while (true) {
            int read = TextLines.read(in, file, filled, bytes, filled, bytes.length - filled);
            if (read < 0) {
                break;
            }
            filled += read;
            if (filled == MOST) {
                throw new FileFormatException(
                        file,
                        "expected a document of less than " + MOST
                                + " bytes, found a larger one; read it as paragraphs");
            }
            if (filled == bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.min(MOST, bytes.length * 2));
            }
        }
        int start = TextLines.isMark(bytes, 0, filled) ? 3 : 0;
        TextLines.requireUtf8(file, bytes, start, filled, 0);
        return new String(bytes, start, filled - start, StandardCharsets.UTF_8);
    }
}
