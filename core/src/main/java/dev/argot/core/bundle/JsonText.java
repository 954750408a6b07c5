package dev.argot.core.bundle;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Writes plain Java values as JSON (RFC 8259). Stateless. */
public final class JsonText {
    private JsonText() {}

    /**
     * An object as indented text with a line feed at the end. NaN and infinities, which JSON lacks, become null.
     *
     * @param values texts, numbers, truth values, null, {@link Optional}s, enums (their name in lower case), and maps and iterables of
     *     these
     */
    public static String write(Map<String, ?> values) {
        var text = new StringWriter();
        var indenter = new DefaultIndenter("  ", "\n");
        var printer = new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            json.setPrettyPrinter(printer);
            write(json, values);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be written as JSON: " + e.getMessage(), e);
        }
        return text.append('\n').toString();
    }

    private static void write(JsonGenerator json, @Nullable Object value) throws IOException {
        switch (value) {
            case null -> json.writeNull();
            case Optional<?> optional -> write(json, optional.isPresent() ? optional.get() : null);
            case Boolean flag -> json.writeBoolean(flag);
            case Float number when !Float.isFinite(number) -> json.writeNull();
            case Float number -> json.writeNumber(number);
            case Double number when !Double.isFinite(number) -> json.writeNull();
            case Double number -> json.writeNumber(number);
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Enum<?> constant -> json.writeString(constant.name().toLowerCase(java.util.Locale.ROOT));
            case Map<?, ?> map -> {
                json.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    json.writeFieldName(String.valueOf(entry.getKey()));
                    write(json, entry.getValue());
                }
                json.writeEndObject();
            }
            case Iterable<?> list
            when !(list instanceof java.nio.file.Path) -> {
                json.writeStartArray();
                for (Object element : list) {
                    write(json, element);
                }
                json.writeEndArray();
            }
            default -> json.writeString(value.toString());
        }
    }
}
