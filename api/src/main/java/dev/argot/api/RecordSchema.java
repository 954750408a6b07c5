package dev.argot.api;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Writes the JSON schema of a Java record. Not thread-safe. */
final class RecordSchema {
    /** The records around a component, the innermost first. */
    private final Deque<Class<?>> around = new ArrayDeque<>();

    private RecordSchema() {}

    /**
     * The schema of a record.
     *
     * @param type the record's class
     * @throws IllegalArgumentException if it has components that JSON does not know
     */
    static String of(Class<? extends Record> type) {
        return new RecordSchema().record(type, type.getSimpleName());
    }

    private String record(Class<?> type, String path) {
        if (type.getTypeParameters().length > 0) {
            throw error(path, type, "a record without type parameters");
        }
        if (around.contains(type)) {
            throw error(path, type, "a record that does not contain itself");
        }
        around.push(type);
        RecordComponent[] components = type.getRecordComponents();
        String properties = Arrays.stream(components)
                .map(c -> quoted(c.getName()) + ":" + value(inner(c), path + "." + c.getName()))
                .collect(Collectors.joining(","));
        String required = Arrays.stream(components)
                .filter(c -> !isOptional(c.getGenericType()))
                .map(c -> quoted(c.getName()))
                .collect(Collectors.joining(","));
        around.pop();
        return "{\"type\":\"object\",\"properties\":{" + properties + "},\"required\":[" + required
                + "],\"additionalProperties\":false}";
    }

    /** What a component holds; of an optional one, what it holds if it holds something. */
    private static Type inner(RecordComponent component) {
        Type type = component.getGenericType();
        return isOptional(type) ? ((ParameterizedType) type).getActualTypeArguments()[0] : type;
    }

    private static boolean isOptional(Type type) {
        return type instanceof ParameterizedType generic && generic.getRawType() == Optional.class;
    }

    private String value(Type type, String path) {
        if (type instanceof ParameterizedType generic) {
            Type[] arguments = generic.getActualTypeArguments();
            if (generic.getRawType() == List.class) {
                return "{\"type\":\"array\",\"items\":" + value(arguments[0], path + "[]") + "}";
            }
            if (generic.getRawType() == Map.class && arguments[0] == String.class) {
                return "{\"type\":\"object\",\"additionalProperties\":" + value(arguments[1], path + "{}") + "}";
            }
        }
        if (!(type instanceof Class<?> plain)) {
            throw error(path, type, "a type that JSON knows");
        }
        if (plain == String.class) {
            return "{\"type\":\"string\"}";
        }
        if (plain == int.class || plain == Integer.class) {
            return integer(Integer.MIN_VALUE, Integer.MAX_VALUE);
        }
        if (plain == long.class || plain == Long.class) {
            return integer(Long.MIN_VALUE, Long.MAX_VALUE);
        }
        if (plain == double.class || plain == Double.class || plain == BigDecimal.class) {
            return "{\"type\":\"number\"}";
        }
        if (plain == boolean.class || plain == Boolean.class) {
            return "{\"type\":\"boolean\"}";
        }
        if (plain == LocalDate.class) {
            return "{\"type\":\"string\",\"format\":\"date\"}";
        }
        if (plain.isEnum() && plain.getEnumConstants().length > 0) {
            return Arrays.stream(plain.getEnumConstants())
                    .map(constant -> quoted(((Enum<?>) constant).name()))
                    .collect(Collectors.joining(",", "{\"enum\":[", "]}"));
        }
        if (plain.isRecord()) {
            return record(plain, path);
        }
        throw error(path, type, "a type that JSON knows");
    }

    private static String integer(long least, long most) {
        return "{\"type\":\"integer\",\"minimum\":" + least + ",\"maximum\":" + most + "}";
    }

    /** Names of Java have nothing that JSON escapes. */
    private static String quoted(String name) {
        return '"' + name + '"';
    }

    private static IllegalArgumentException error(String path, Type type, String expected) {
        return new IllegalArgumentException(path + ": expected " + expected + ", found " + type.getTypeName()
                + ". A record to be filled in has components of String, int, long, double, boolean, BigDecimal, LocalDate, enums,"
                + " other records, and List<…>, Map<String, …> and, outermost, Optional<…> of these.");
    }
}
