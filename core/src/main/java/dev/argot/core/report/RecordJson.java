package dev.argot.core.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Comparison.HiddenTokensChange;
import dev.argot.api.evaluation.Comparison.TextChange;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.Perplexity;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Records as JSON objects and back, the names of their components as keys. What is empty is left out; enums are in lower case; an instant
 * is ISO 8601; a duration {@code d} is a number of seconds under the key {@code dSeconds}; a number that is not finite is null; the
 * numbers of a matrix have six decimals. Some
 * figures that follow from others are written too, for programs that don't want to compute them, and skipped when read. Stateless, hence
 * thread-safe.
 */
final class RecordJson {
    /** One of the last decimal of a matrix. */
    private static final double MATRIX = 1e6;

    private RecordJson() {}

    // ---- writing

    /**
     * Writes the fields of a record; the object is open.
     *
     * @param json where to
     * @param value the record
     */
    static void writeFields(JsonGenerator json, Record value) throws IOException {
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            writeField(json, component.getName(), get(component, value));
        }
        for (Map.Entry<String, Object> derived : derived(value).entrySet()) {
            writeField(json, derived.getKey(), derived.getValue());
        }
    }

    private static Map<String, Object> derived(Record value) {
        var fields = new LinkedHashMap<String, Object>();
        if (value instanceof Perplexity perplexity) {
            fields.put("bitsPerByte", perplexity.bitsPerByte());
            fields.put("perplexity", perplexity.perplexity());
        } else if (value instanceof HiddenTokens hidden) {
            fields.put("loss", hidden.loss());
        } else if (value instanceof HiddenTokensChange change) {
            fields.put("lossChange", change.lossChange());
        } else if (value instanceof TextChange change) {
            fields.put("bitsPerByteChange", change.bitsPerByteChange());
        } else if (value instanceof Comparison comparison) {
            fields.put("domainGain", comparison.domainGain());
            fields.put("generalChange", comparison.generalChange());
        }
        return fields;
    }

    private static void writeField(JsonGenerator json, String name, Object value) throws IOException {
        Object present =
                switch (value) {
                    case Optional<?> optional -> optional.orElse(null);
                    case OptionalDouble optional -> optional.isPresent() ? optional.getAsDouble() : null;
                    case OptionalLong optional -> optional.isPresent() ? optional.getAsLong() : null;
                    default -> value;
                };
        if (present == null) {
            return;
        }
        if (present instanceof Duration duration) {
            json.writeFieldName(name + "Seconds");
            json.writeNumber(BigDecimal.valueOf(duration.getSeconds())
                    .add(BigDecimal.valueOf(duration.getNano(), 9))
                    .stripTrailingZeros()
                    .toPlainString());
        } else {
            json.writeFieldName(name);
            writeValue(json, present);
        }
    }

    private static void writeValue(JsonGenerator json, Object value) throws IOException {
        switch (value) {
            case Record nested -> {
                json.writeStartObject();
                writeFields(json, nested);
                json.writeEndObject();
            }
            case List<?> list -> {
                json.writeStartArray();
                for (Object element : list) {
                    writeValue(json, element);
                }
                json.writeEndArray();
            }
            case Map<?, ?> map -> {
                json.writeStartObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    json.writeFieldName(key(entry.getKey()));
                    writeValue(json, entry.getValue());
                }
                json.writeEndObject();
            }
            case String text -> json.writeString(text);
            case Enum<?> constant -> json.writeString(key(constant));
            case Boolean flag -> json.writeBoolean(flag);
            case Integer number -> json.writeNumber(number);
            case Long number -> json.writeNumber(number);
            case Double number -> {
                if (Double.isFinite(number)) {
                    json.writeNumber(number);
                } else {
                    json.writeNull();
                }
            }
            case Instant instant -> json.writeString(instant.toString());
            case float[][] matrix -> {
                json.writeStartArray();
                for (float[] row : matrix) {
                    json.writeStartArray();
                    for (float number : row) {
                        json.writeNumber(Math.round(number * MATRIX) / MATRIX);
                    }
                    json.writeEndArray();
                }
                json.writeEndArray();
            }
            default -> throw new IllegalArgumentException("no JSON for " + value.getClass());
        }
    }

    private static String key(Object value) {
        return value instanceof Enum<?> constant ? constant.name().toLowerCase(Locale.ROOT) : value.toString();
    }

    private static Object get(RecordComponent component, Record value) {
        try {
            return component.getAccessor().invoke(value);
        } catch (ReflectiveOperationException e) {
            throw new ArgotException("cannot read " + component + " of a report: " + e, e);
        }
    }

    // ---- reading

    /**
     * Reads a file's JSON object.
     *
     * @param file the file, for messages
     * @param text what it holds
     * @throws FileFormatException if it is not one JSON object
     */
    static Map<String, @Nullable Object> parse(Path file, String text) {
        try (JsonParser parser = new JsonFactory().createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new FileFormatException(file, "expected a JSON object, found " + parser.currentToken());
            }
            Map<String, @Nullable Object> object = object(parser);
            if (parser.nextToken() != null) {
                throw new FileFormatException(file, "expected one JSON object, found more behind it");
            }
            return object;
        } catch (JsonProcessingException e) {
            throw new FileFormatException(
                    file,
                    "expected JSON, found " + e.getOriginalMessage() + " in line "
                            + e.getLocation().getLineNr(),
                    e);
        } catch (IOException e) {
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
    }

    private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
        var object = new LinkedHashMap<String, @Nullable Object>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = parser.currentName();
            parser.nextToken();
            object.put(name, value(parser));
        }
        return object;
    }

    private static @Nullable Object value(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> object(parser);
            case START_ARRAY -> {
                var list = new ArrayList<@Nullable Object>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(parser));
                }
                yield list;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> parser.getDecimalValue();
            case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
                throw new IllegalStateException("not a value: " + parser.currentToken());
        };
    }

    /**
     * A record from the fields of an object; keys that are no component are skipped.
     *
     * @param <R> the kind of record
     * @param type the kind of record
     * @param fields the object
     * @param file the file, for messages
     * @throws FileFormatException if a key is missing or its value is of another kind; the message names it
     */
    static <R extends Record> R read(Class<R> type, Map<?, ?> fields, Path file) {
        return new Reader(file).record(type, fields, "");
    }

    /**
     * Makes records of what was parsed.
     *
     * @param file the file, for messages
     */
    private record Reader(Path file) {
        <R extends Record> R record(Class<R> type, Map<?, ?> fields, String place) {
            RecordComponent[] components = type.getRecordComponents();
            Object[] arguments = new Object[components.length];
            for (int i = 0; i < components.length; i++) {
                String name = components[i].getName();
                String key = components[i].getType() == Duration.class ? name + "Seconds" : name;
                String at = place.isEmpty() ? key : place + "." + key;
                arguments[i] = fields.containsKey(key)
                        ? value(components[i].getGenericType(), fields.get(key), at)
                        : missing(components[i].getType(), at);
            }
            try {
                return type.getConstructor(Arrays.stream(components)
                                .map(RecordComponent::getType)
                                .toArray(Class<?>[]::new))
                        .newInstance(arguments);
            } catch (InvocationTargetException e) {
                throw new FileFormatException(
                        file, (place.isEmpty() ? "the report" : place) + ": " + e.getCause(), e.getCause());
            } catch (ReflectiveOperationException e) {
                throw new ArgotException("cannot make a " + type.getSimpleName() + ": " + e, e);
            }
        }

        private Object missing(Class<?> type, String place) {
            if (type == Optional.class) {
                return Optional.empty();
            } else if (type == OptionalDouble.class) {
                return OptionalDouble.empty();
            } else if (type == OptionalLong.class) {
                return OptionalLong.empty();
            }
            throw new FileFormatException(file, "expected the key " + place + ", found none");
        }

        private Object value(Type type, @Nullable Object value, String place) {
            if (type instanceof ParameterizedType generic) {
                Type[] arguments = generic.getActualTypeArguments();
                if (generic.getRawType() == Optional.class) {
                    return Optional.of(value(arguments[0], value, place));
                } else if (generic.getRawType() == List.class) {
                    var list = new ArrayList<Object>();
                    for (Object element : expect(List.class, value, place)) {
                        list.add(value(arguments[0], element, place + "." + list.size()));
                    }
                    return list;
                }
                var map = new LinkedHashMap<Object, Object>();
                for (Map.Entry<?, ?> entry : entries(value, place)) {
                    String at = place + "." + entry.getKey();
                    map.put(value(arguments[0], entry.getKey(), at), value(arguments[1], entry.getValue(), at));
                }
                return map;
            }
            Class<?> wanted = (Class<?>) type;
            if (wanted == double.class || wanted == OptionalDouble.class) {
                double number =
                        value == null ? Double.NaN : number(value, place).doubleValue();
                return wanted == double.class ? (Object) number : OptionalDouble.of(number);
            } else if (wanted == int.class) {
                return exactInt(value, place);
            } else if (wanted == long.class || wanted == Long.class) {
                return exactLong(value, place);
            } else if (wanted == OptionalLong.class) {
                return OptionalLong.of(exactLong(value, place));
            } else if (wanted == boolean.class) {
                return expect(Boolean.class, value, place);
            } else if (wanted == Duration.class) {
                BigDecimal seconds = number(value, place);
                return Duration.ofSeconds(
                        seconds.longValue(),
                        seconds.remainder(BigDecimal.ONE).movePointRight(9).longValue());
            } else if (wanted == Instant.class) {
                try {
                    return Instant.parse(expect(String.class, value, place));
                } catch (DateTimeException e) {
                    throw new FileFormatException(file, place + ": expected an instant, found '" + value + "'", e);
                }
            } else if (wanted.isEnum()) {
                return constant(wanted, expect(String.class, value, place), place);
            } else if (wanted.isRecord()) {
                return record(wanted.asSubclass(Record.class), expect(Map.class, value, place), place);
            }
            return expect(String.class, value, place);
        }

        private Object constant(Class<?> type, String name, String place) {
            return Arrays.stream(type.getEnumConstants())
                    .filter(constant -> key(constant).equals(name))
                    .findFirst()
                    .orElseThrow(() -> new FileFormatException(
                            file,
                            place + ": expected one of "
                                    + Arrays.stream(type.getEnumConstants())
                                            .map(RecordJson::key)
                                            .toList()
                                    + ", found '" + name + "'"));
        }

        private Iterable<? extends Map.Entry<?, ?>> entries(@Nullable Object value, String place) {
            Map<?, ?> map = expect(Map.class, value, place);
            return map.entrySet();
        }

        private int exactInt(@Nullable Object value, String place) {
            long number = exactLong(value, place);
            if (number != (int) number) {
                throw new FileFormatException(file, place + ": expected a 32-bit integer, found " + number);
            }
            return (int) number;
        }

        private long exactLong(@Nullable Object value, String place) {
            try {
                return number(value, place).longValueExact();
            } catch (ArithmeticException e) {
                throw new FileFormatException(file, place + ": expected an integer, found " + value, e);
            }
        }

        private BigDecimal number(@Nullable Object value, String place) {
            return expect(BigDecimal.class, value, place);
        }

        private <T> T expect(Class<T> type, @Nullable Object value, String place) {
            if (!type.isInstance(value)) {
                String wanted = type == BigDecimal.class
                        ? "a number"
                        : type == Map.class ? "an object" : type == List.class ? "a list" : "a " + type.getSimpleName();
                throw new FileFormatException(file, place + ": expected " + wanted + ", found " + value);
            }
            return type.cast(value);
        }
    }
}
