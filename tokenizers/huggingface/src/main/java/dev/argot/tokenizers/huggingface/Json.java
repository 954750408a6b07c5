package dev.argot.tokenizers.huggingface;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.FileFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A value of a JSON file that knows where it stands, for messages.
 *
 * @param file the file
 * @param key path of the value within it
 * @param node the value
 */
record Json(Path file, String key, JsonNode node) {
    /** Deeper nesting is refused. */
    private static final int MAX_DEPTH = 64;

    /** Reads JSON strictly: no key twice, no deep nesting. */
    static ObjectMapper mapper() {
        return new ObjectMapper(JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(MAX_DEPTH)
                        .maxStringLength(64 << 20)
                        .build())
                .build());
    }

    /** The error that something else was expected here. */
    FileFormatException error(String expected) {
        return error(expected, null);
    }

    /** The error that something else was expected here, with its cause. */
    FileFormatException error(String expected, @Nullable Throwable cause) {
        String found = node.isMissingNode() ? "nothing" : node.toString();
        if (found.length() > 120) {
            found = found.substring(0, 120) + "…";
        }
        return new FileFormatException(file, "key '" + key + "': expected " + expected + ", found " + found, cause);
    }

    /** The value under a name; one that is missing knows so. */
    Json get(String name) {
        return new Json(file, key.isEmpty() ? name : key + "." + name, node.path(name));
    }

    boolean isAbsent() {
        return node.isMissingNode() || node.isNull();
    }

    boolean isText() {
        return node.isTextual();
    }

    /** The elements of an array, at most {@code most}. */
    List<Json> elements(int most) {
        if (!node.isArray()) {
            throw error("an array");
        }
        if (node.size() > most) {
            throw new FileFormatException(
                    file, "key '" + key + "': expected at most " + most + " elements, found " + node.size());
        }
        List<Json> elements = new ArrayList<>(node.size());
        for (int i = 0; i < node.size(); i++) {
            elements.add(new Json(file, key + "[" + i + "]", node.get(i)));
        }
        return elements;
    }

    String text() {
        if (!node.isTextual()) {
            throw error("a string");
        }
        return node.textValue();
    }

    String text(String orElse) {
        return isAbsent() ? orElse : text();
    }

    boolean bool() {
        if (!node.isBoolean()) {
            throw error("true or false");
        }
        return node.booleanValue();
    }

    boolean bool(boolean orElse) {
        return isAbsent() ? orElse : bool();
    }

    /** A non-negative int. */
    int integer() {
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
            throw error("a whole number from 0 to 2147483647");
        }
        return node.intValue();
    }

    int integer(int orElse) {
        return isAbsent() ? orElse : integer();
    }

    /** The object's {@code type}. */
    String type() {
        if (!node.isObject()) {
            throw error("an object");
        }
        return get("type").text();
    }
}
