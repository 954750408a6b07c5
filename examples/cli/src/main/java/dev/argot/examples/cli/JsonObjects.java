package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.argot.api.ArgotException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads a file of JSON objects, one a line or one after the other, whose values are texts. */
final class JsonObjects {
    private static final String OPTIONS = "options";

    private JsonObjects() {}

    /**
     * An object.
     *
     * @param texts values by key; numbers and booleans as they are spelled
     * @param options the list under {@code options}; empty without one
     */
    record Fields(Map<String, String> texts, List<String> options) {}

    /**
     * Reads a file.
     *
     * @param file its path, or {@code -} for standard input
     * @throws ArgotException if it is malformed, or has no object; the message names the place
     */
    static List<Fields> read(String file) throws IOException {
        String name = file.equals("-") ? "standard input" : file;
        var objects = new ArrayList<Fields>();
        try (JsonParser parser = new JsonFactory().createParser(Texts.read(file))) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token != JsonToken.START_OBJECT) {
                    throw new ArgotException(
                            place(name, parser) + "expected a JSON object, found " + parser.getText() + ".");
                }
                objects.add(object(name, parser));
            }
        } catch (JsonProcessingException e) {
            throw new ArgotException(
                    name + ", line " + e.getLocation().getLineNr() + ": expected JSON, found " + e.getOriginalMessage(),
                    e);
        }
        if (objects.isEmpty()) {
            throw new ArgotException(name + ": expected at least one JSON object, found none.");
        }
        return objects;
    }

    private static Fields object(String name, JsonParser parser) throws IOException {
        Map<String, String> texts = new LinkedHashMap<>();
        List<String> options = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String key = parser.currentName();
            JsonToken token = parser.nextToken();
            if (key.equals(OPTIONS) && token == JsonToken.START_ARRAY) {
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    options.add(text(name, key, parser));
                }
            } else {
                texts.put(key, text(name, key, parser));
            }
        }
        return new Fields(texts, options);
    }

    private static String text(String name, String key, JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (!token.isScalarValue() || token == JsonToken.VALUE_NULL) {
            throw new ArgotException(place(name, parser) + key + ": expected a text, found " + parser.getText() + ".");
        }
        return parser.getText();
    }

    private static String place(String name, JsonParser parser) {
        return name + ", line " + parser.currentTokenLocation().getLineNr() + ": ";
    }
}
