package dev.argot.models.format;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import dev.argot.api.FileFormatException;
import dev.argot.spi.Config;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes JSON (RFC 8259) as plain Java values: {@link String}, {@link Long}, {@link Double}, {@link Boolean}, {@link List},
 * {@link Map}, null. Strict: UTF-8 without byte order mark, no comments, nothing after the value, no key twice, bounded depth. As Python
 * writes them, NaN and infinities are read; {@link Config#number} refuses them where a number is needed. Thread-safe.
 */
public final class Json {
    private static final int MAX_DEPTH = 200;
    private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(Integer.MAX_VALUE) // bounded by the file
                    .build())
            .build();

    private Json() {}

    /**
     * Reads an object.
     *
     * @param file where the bytes come from, for messages
     * @param json UTF-8 text
     * @throws FileFormatException if it is not one well-formed JSON object
     */
    public static Map<String, @Nullable Object> object(Path file, byte[] json) {
        return object(file, "", json);
    }

    /**
     * Reads an object that is part of a file.
     *
     * @param file where the bytes come from, for messages
     * @param place what part of the file it is, such as {@code "header: "}
     * @param json UTF-8 text
     * @throws FileFormatException if it is not one well-formed JSON object
     */
    static Map<String, @Nullable Object> object(Path file, String place, byte[] json) {
        return parse(file, place, json, "object", JsonToken.START_OBJECT, Json::members);
    }

    /**
     * Reads a list.
     *
     * @param file where the bytes come from, for messages
     * @param json UTF-8 text
     * @throws FileFormatException if it is not one well-formed JSON list
     */
    static List<@Nullable Object> list(Path file, byte[] json) {
        return parse(file, "", json, "list", JsonToken.START_ARRAY, Json::elements);
    }

    /** Reads on from the first token of a value. */
    @FunctionalInterface
    private interface Reader<T> {
        T read(JsonParser parser) throws IOException;
    }

    private static <T> T parse(
            Path file, String place, byte[] json, String expected, JsonToken first, Reader<T> reader) {
        String wanted = place + "expected a JSON " + expected;
        if (json.length == 0) {
            throw new FileFormatException(file, wanted + ", but it is empty");
        }
        if (json.length >= 3 && json[0] == (byte) 0xEF && json[1] == (byte) 0xBB && json[2] == (byte) 0xBF) {
            throw new FileFormatException(file, wanted + ", found a byte order mark");
        }
        var strict = StandardCharsets.UTF_8.newDecoder(); // reports malformed input by default
        try (JsonParser parser = FACTORY.createParser(new InputStreamReader(new ByteArrayInputStream(json), strict))) {
            if (parser.nextToken() != first) {
                throw new FileFormatException(file, wanted + ", found " + parser.currentToken());
            }
            T result = reader.read(parser);
            JsonToken more = parser.nextToken();
            if (more != null) {
                throw new FileFormatException(file, place + "found " + more + " after the JSON " + expected);
            }
            return result;
        } catch (CharacterCodingException e) {
            throw new FileFormatException(file, place + "not UTF-8", e);
        } catch (StreamConstraintsException e) {
            throw new FileFormatException(file, place + "JSON nested too deeply or too large: " + shortMessage(e), e);
        } catch (IOException e) {
            throw new FileFormatException(file, place + "not valid JSON: " + shortMessage(e), e);
        }
    }

    private static String shortMessage(IOException e) {
        String message = String.valueOf(e.getMessage());
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    private static Map<String, @Nullable Object> members(JsonParser parser) throws IOException {
        var result = new LinkedHashMap<String, @Nullable Object>();
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
            parser.nextToken();
            result.put(key, value(parser));
        }
        return result;
    }

    private static List<@Nullable Object> elements(JsonParser parser) throws IOException {
        var list = new ArrayList<@Nullable Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            list.add(value(parser));
        }
        return list;
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> members(parser);
            case START_ARRAY -> elements(parser);
            case VALUE_STRING -> parser.getText();
            case VALUE_NUMBER_INT -> whole(parser.getBigIntegerValue());
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case END_OBJECT, END_ARRAY, FIELD_NAME, NOT_AVAILABLE, VALUE_EMBEDDED_OBJECT ->
                throw new IOException("unexpected " + parser.currentToken());
        };
    }

    private static Object whole(BigInteger value) {
        boolean fits = value.compareTo(MIN_LONG) >= 0 && value.compareTo(MAX_LONG) <= 0;
        return fits ? (Object) value.longValue() : (Object) value.doubleValue();
    }

    /**
     * Writes an object as indented ASCII, as Hugging Face's libraries do, with a line feed at the end.
     *
     * @param values values of the types that reading gives, further {@link Number}s, and lists and maps of these
     */
    public static byte[] write(Map<String, ?> values) {
        var text = new StringWriter();
        var printer = new DefaultPrettyPrinter()
                .withObjectIndenter(new com.fasterxml.jackson.core.util.DefaultIndenter("  ", "\n"))
                .withArrayIndenter(new com.fasterxml.jackson.core.util.DefaultIndenter("  ", "\n"));
        try (JsonGenerator generator = FACTORY.createGenerator(text)) {
            generator.setPrettyPrinter(printer);
            write(generator, values);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getMessage(), e);
        }
        return text.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Writes an object without white space, as UTF-8.
     *
     * @param values as for {@link #write(Map)}
     */
    static byte[] writeCompact(Map<String, ?> values) {
        var text = new StringWriter();
        try (JsonGenerator generator = FACTORY.createGenerator(text)) {
            write(generator, values);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getMessage(), e);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonGenerator generator, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> generator.writeNull();
            case String text -> generator.writeString(text);
            case Boolean flag -> generator.writeBoolean(flag);
            case Long number -> generator.writeNumber(number);
            case Integer number -> generator.writeNumber(number);
            case Double number -> generator.writeNumber(number);
            case Float number -> generator.writeNumber(number);
            case BigInteger number -> generator.writeNumber(number);
            case Map<?, ?> map -> {
                generator.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    generator.writeFieldName((String) entry.getKey());
                    write(generator, entry.getValue());
                }
                generator.writeEndObject();
            }
            case Iterable<?> list -> {
                generator.writeStartArray();
                for (Object element : list) {
                    write(generator, element);
                }
                generator.writeEndArray();
            }
            default -> throw new IOException("a value of " + value.getClass().getName());
        }
    }
}
