package dev.argot.spi;

import dev.argot.api.Document;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;

/**
 * Reads documents out of files of one format.
 *
 * <p>A reader reads as it is asked to: it holds one document at a time, not the file. It names documents that bring no id of their own
 * after the file and their place in it, so that the same files give the same ids.
 */
public interface CorpusReaderProvider {
    /** Short, stable, lower-case name of the format, such as {@code "jsonl"}. */
    String name();

    /**
     * Whether files of this name are read by this reader where the user does not say which one to take. Text files are nobody's: what no
     * reader wants is read as plain text.
     *
     * @param fileName the file's name in lower case, without a {@code .gz} at its end
     */
    boolean reads(String fileName);

    /**
     * Begins to read a file. The iterator throws {@link dev.argot.api.FileFormatException} for what it can't read, with the place in the
     * message, and {@link java.io.UncheckedIOException} where the bytes can't be had.
     *
     * @param request what is read
     * @throws IllegalArgumentException if a setting is not what was expected
     */
    Iterator<Document> read(Request request);

    /**
     * What is read.
     *
     * @param file the file, for messages
     * @param name what documents are named after: the file's path within the corpus, with slashes
     * @param bytes what is in the file, decompressed; the caller closes it
     * @param settings how it is laid out, by name
     * @param source for documents that do not say theirs
     * @param licence for documents that do not say theirs; may be empty
     */
    record Request(
            Path file, String name, InputStream bytes, Map<String, String> settings, String source, String licence) {
        /** Copies the settings. */
        public Request {
            settings = Map.copyOf(settings);
        }
    }
}
