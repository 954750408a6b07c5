package dev.argot.core.prompt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import dev.argot.api.ArgotException;
import dev.argot.api.Constraint;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Java records as JSON: their schema, and records read from JSON. The canonical constructor is called by reflection, so a record of a named
 * module has to be public in an exported package, or in a package that is open to this module. Stateless.
 */
final class RecordBinding {
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private RecordBinding() {}

    /**
     * The JSON schema of a record that can be read.
     *
     * @param type the record's class
     * @throws IllegalArgumentException if it has components that JSON does not know, or it or a record in it is not accessible; the message
     *     names them
     */
    static String schema(Class<? extends Record> type) {
        String schema = Constraint.JsonSchema.of(type).schema();
        checkAccessible(type);
        return schema;
    }

    /**
     * Reads a record.
     *
     * @param <T> the record
     * @param json an object with a property for each component that is not optional, and no others
     * @param type the record's class
     * @throws IllegalArgumentException as {@link #schema}
     * @throws ArgotException if the text is not JSON, or not that of the record; the message names the component
     */
    static <T extends Record> T read(String json, Class<T> type) {
        schema(type);
        JsonNode node;
        try {
            node = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new ArgotException(
                    "The answer is not JSON: " + e.getOriginalMessage() + ". Found: " + excerpt(json), e);
        }
        return type.cast(record(node, type, type.getSimpleName()));
    }

    // ---- access

    private static void checkAccessible(Type type) {
        if (type instanceof ParameterizedType generic) {
            Arrays.stream(generic.getActualTypeArguments()).forEach(RecordBinding::checkAccessible);
        } else if (type instanceof Class<?> record && record.isRecord()) {
            constructor(record);
            for (RecordComponent component : record.getRecordComponents()) {
                checkAccessible(component.getGenericType());
            }
        }
    }

    private static Constructor<?> constructor(Class<?> record) {
        Class<?>[] types = Arrays.stream(record.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        Constructor<?> constructor;
        try {
            constructor = record.getDeclaredConstructor(types);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException("a record without canonical constructor: " + record.getName(), e);
        }
        if (!constructor.trySetAccessible()) {
            Module from = RecordBinding.class.getModule();
            throw new IllegalArgumentException("The record " + record.getName() + " of the module "
                    + record.getModule().getName()
                    + " cannot be made by Argot. Make it public in an exported package, or add to the module: opens "
                    + record.getPackageName() + " to " + (from.isNamed() ? from.getName() : "ALL-UNNAMED") + ";");
        }
        return constructor;
    }

    // ---- reading

    private static Object record(JsonNode node, Class<?> type, String path) {
        if (!node.isObject()) {
            throw error(path, "an object", node);
        }
        RecordComponent[] components = type.getRecordComponents();
        var unknown = new TreeSet<String>();
        node.fieldNames().forEachRemaining(unknown::add);
        Object[] values = new Object[components.length];
        for (int i = 0; i < values.length; i++) {
            String name = components[i].getName();
            unknown.remove(name);
            values[i] = component(node.path(name), components[i].getGenericType(), path + "." + name);
        }
        if (!unknown.isEmpty()) {
            throw new ArgotException(path + ": expected no other properties than "
                    + Arrays.stream(components).map(RecordComponent::getName).toList() + ", found " + unknown + ".");
        }
        try {
            return constructor(type).newInstance(values);
        } catch (InvocationTargetException e) {
            throw new ArgotException(
                    path + ": " + type.getSimpleName() + " refused its components: "
                            + e.getTargetException().getMessage() + ". Found: " + excerpt(node.toString()),
                    e.getTargetException());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("an accessible constructor that cannot be called: " + type.getName(), e);
        }
    }

    private static Object component(JsonNode node, Type type, String path) {
        if (type instanceof ParameterizedType generic && generic.getRawType() == Optional.class) {
            return node.isMissingNode() || node.isNull()
                    ? Optional.empty()
                    : Optional.of(value(node, generic.getActualTypeArguments()[0], path));
        }
        return value(node, type, path);
    }

    private static Object value(JsonNode node, Type type, String path) {
        if (type instanceof ParameterizedType generic) {
            Type of = generic.getActualTypeArguments()[generic.getActualTypeArguments().length - 1];
            return generic.getRawType() == List.class ? list(node, of, path) : map(node, of, path);
        }
        Class<?> plain = (Class<?>) type;
        if (plain == String.class) {
            return expected(JsonNodeType.STRING, node, path).textValue();
        }
        if (plain == int.class || plain == Integer.class) {
            return integer(node, Integer.MIN_VALUE, Integer.MAX_VALUE, path).intValue();
        }
        if (plain == long.class || plain == Long.class) {
            return integer(node, Long.MIN_VALUE, Long.MAX_VALUE, path);
        }
        if (plain == double.class || plain == Double.class) {
            double number = expected(JsonNodeType.NUMBER, node, path).doubleValue();
            if (!Double.isFinite(number)) {
                throw error(path, "a number of the range of double", node);
            }
            return number;
        }
        if (plain == BigDecimal.class) {
            return expected(JsonNodeType.NUMBER, node, path).decimalValue();
        }
        if (plain == boolean.class || plain == Boolean.class) {
            return expected(JsonNodeType.BOOLEAN, node, path).booleanValue();
        }
        if (plain == LocalDate.class) {
            String text = expected(JsonNodeType.STRING, node, path).textValue();
            try {
                return LocalDate.parse(text);
            } catch (DateTimeException e) {
                throw new ArgotException(path + ": expected a date such as 2024-12-31, found " + node + ".", e);
            }
        }
        if (plain.isEnum()) {
            String name = expected(JsonNodeType.STRING, node, path).textValue();
            return Arrays.stream(plain.getEnumConstants())
                    .filter(constant -> ((Enum<?>) constant).name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> error(path, "one of " + Arrays.toString(plain.getEnumConstants()), node));
        }
        return record(node, plain, path);
    }

    private static List<Object> list(JsonNode node, Type of, String path) {
        expected(JsonNodeType.ARRAY, node, path);
        var list = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            list.add(value(node.get(i), of, path + "[" + i + "]"));
        }
        return List.copyOf(list);
    }

    private static Map<String, Object> map(JsonNode node, Type of, String path) {
        expected(JsonNodeType.OBJECT, node, path);
        var map = new LinkedHashMap<String, Object>();
        node.properties()
                .forEach(entry -> map.put(entry.getKey(), value(entry.getValue(), of, path + "." + entry.getKey())));
        return Collections.unmodifiableMap(map);
    }

    private static JsonNode expected(JsonNodeType type, JsonNode node, String path) {
        if (node.getNodeType() != type) {
            throw error(path, type.name().toLowerCase(Locale.ROOT), node);
        }
        return node;
    }

    private static Long integer(JsonNode node, long least, long most, String path) {
        try {
            long number =
                    expected(JsonNodeType.NUMBER, node, path).decimalValue().longValueExact();
            if (number >= least && number <= most) {
                return number;
            }
        } catch (ArithmeticException e) {
            throw new ArgotException(range(least, most, node, path), e);
        }
        throw new ArgotException(range(least, most, node, path));
    }

    private static String range(long least, long most, JsonNode node, String path) {
        return path + ": expected a whole number from " + least + " to " + most + ", found " + excerpt(node.toString())
                + ".";
    }

    private static ArgotException error(String path, String expected, JsonNode found) {
        return new ArgotException(path + ": expected " + expected + ", found "
                + (found.isMissingNode() ? "nothing" : excerpt(found.toString())) + ".");
    }

    private static String excerpt(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }
}
