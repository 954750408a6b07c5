package dev.argot.core.corpus;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import dev.argot.api.Document;
import dev.argot.api.FileFormatException;
import dev.argot.spi.CorpusReaderProvider;
import dev.argot.spi.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * JSON lines: each line is a JSON object. Its settings {@code text}, {@code id}, {@code source} and {@code licence} are the keys of
 * these; by default they are called so. Objects without an id are named by file and line; those of blank text are passed over.
 */
public final class JsonLinesReader implements CorpusReaderProvider {
    /** Its name. */
    static final String NAME = "jsonl";

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    /** For the service loader. */
    public JsonLinesReader() {}

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public boolean reads(String fileName) {
        return fileName.endsWith(".jsonl") || fileName.endsWith(".ndjson");
    }

    @Override
    public Iterator<Document> read(Request request) {
        return new Objects(request);
    }

    private static final class Objects implements Iterator<Document> {
        private final Request request;
        private final TextLines lines;
        private final String textKey;
        private final String idKey;
        private final String sourceKey;
        private final String licenceKey;
        private @Nullable Document ahead;

        Objects(Request request) {
            this.request = request;
            lines = new TextLines(request.file(), request.bytes());
            var settings = new Settings("reader '" + NAME + "'", request.settings());
            textKey = settings.text("text", "text");
            idKey = settings.text("id", "id");
            sourceKey = settings.text("source", "source");
            licenceKey = settings.text("licence", "licence");
            settings.requireAllKnown();
        }

        @Override
        public boolean hasNext() {
            while (ahead == null && lines.advance()) {
                if (!lines.isBlank()) {
                    ahead = read();
                }
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

        /** The document of this line; null where its text is blank. */
        private @Nullable Document read() {
            String text = null;
            String id = null;
            String source = request.source();
            String licence = request.licence();
            for (int i = lines.start(); i < Math.min(lines.end(), lines.start() + 4); i++) {
                if (lines.bytes()[i] == 0) { // the parser would take it for UTF-16 or UTF-32
                    throw malformed("expected a JSON object in UTF-8, found a zero byte", null);
                }
            }
            try (JsonParser parser = FACTORY.createParser(lines.bytes(), lines.start(), lines.end() - lines.start())) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw malformed("expected a JSON object, found " + what(parser.currentToken()), null);
                }
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String key = parser.currentName();
                    JsonToken value = parser.nextToken();
                    if (key.equals(textKey)) {
                        if (value != JsonToken.VALUE_STRING) {
                            throw malformed("key '" + key + "': expected a string, found " + what(value), null);
                        }
                        text = parser.getText();
                    } else if (key.equals(idKey)) {
                        id = scalar(parser, key, "");
                    } else if (key.equals(sourceKey)) {
                        source = scalar(parser, key, source);
                    } else if (key.equals(licenceKey)) {
                        licence = scalar(parser, key, licence);
                    } else {
                        parser.skipChildren();
                    }
                }
                if (parser.nextToken() != null) {
                    throw malformed("expected one JSON object, found more behind it", null);
                }
            } catch (JsonEOFException e) {
                throw malformed("expected a JSON object, found the end of the line within it", e);
            } catch (StreamReadException e) {
                throw malformed(
                        "expected a JSON object, found at column "
                                + (e.getLocation() == null ? 1 : e.getLocation().getColumnNr()) + ": "
                                + e.getOriginalMessage(),
                        e);
            } catch (JsonProcessingException e) {
                throw malformed("expected a JSON object, found: " + e.getOriginalMessage(), e);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            if (text == null) {
                throw malformed("expected the key '" + textKey + "', found none of that name", null);
            }
            requirePairs(text);
            if (text.isBlank()) {
                return null;
            }
            String name = id == null || id.isBlank() ? request.name() + ":" + lines.number() : id.strip();
            return new Document(name, text, source, licence);
        }

        private String scalar(JsonParser parser, String key, String byDefault) throws IOException {
            JsonToken value = parser.currentToken();
            if (value == JsonToken.VALUE_NULL) {
                return byDefault;
            }
            if (!value.isScalarValue()) {
                throw malformed("key '" + key + "': expected a string or a number, found " + what(value), null);
            }
            return parser.getText();
        }

        /** An escape may stand for half of a pair of surrogates, which is no character. */
        private void requirePairs(String text) {
            for (int i = 0; i < text.length(); i++) {
                if (Character.isSurrogate(text.charAt(i))) {
                    if (!Character.isHighSurrogate(text.charAt(i))
                            || i + 1 == text.length()
                            || !Character.isLowSurrogate(text.charAt(i + 1))) {
                        throw malformed(
                                String.format(
                                        "key '%s': expected characters, found half of a surrogate pair, \\u%04x",
                                        textKey, (int) text.charAt(i)),
                                null);
                    }
                    i++;
                }
            }
        }

        private FileFormatException malformed(String problem, @Nullable Throwable cause) {
            return new FileFormatException(
                    request.file(),
                    "line " + lines.number() + " (byte offset " + lines.offset() + "): " + problem,
                    cause);
        }

        private static String what(@Nullable JsonToken token) {
            return switch (token) {
                case null -> "nothing";
                case START_OBJECT -> "an object";
                case START_ARRAY -> "a list";
                case VALUE_STRING -> "a string";
                case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
                case VALUE_TRUE, VALUE_FALSE -> "true or false";
                case VALUE_NULL -> "null";
                default -> token.toString();
            };
        }
    }
}
