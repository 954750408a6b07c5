package dev.argot.spi;

import dev.argot.api.FileFormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A configuration file read into plain Java values ({@link String}, {@link Long}, {@link Double}, {@link Boolean}, {@link List},
 * {@link Map}, null), with accessors whose errors name file, key, what was expected and what was found. A key whose value is null counts
 * as absent. Immutable.
 */
public final class Config {
    private final Path file;
    private final String path;
    private final Map<String, @Nullable Object> values;

    /**
     * A configuration.
     *
     * @param file where it was read from, for messages
     * @param values its values; copied on the top level
     */
    public Config(Path file, Map<String, @Nullable Object> values) {
        this(file, "", values);
    }

    private Config(Path file, String path, Map<String, @Nullable Object> values) {
        this.file = file;
        this.path = path;
        this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }

    /** Where it was read from. */
    public Path file() {
        return file;
    }

    /** All values, in the file's order. */
    public Map<String, @Nullable Object> values() {
        return values;
    }

    /**
     * Whether the key is there and not null.
     *
     * @param key the key
     */
    public boolean has(String key) {
        return values.get(key) != null;
    }

    /**
     * An error about a key of this configuration, to be thrown by the caller.
     *
     * @param key the key
     * @param problem what was expected and what was found
     */
    public FileFormatException error(String key, String problem) {
        return new FileFormatException(file, "'" + path + key + "': " + problem);
    }

    private Object required(String key, String expected) {
        Object value = values.get(key);
        if (value == null) {
            throw error(key, "expected " + expected + ", but it is missing");
        }
        return value;
    }

    private FileFormatException unexpected(String key, String expected, Object found) {
        String shown = found.toString();
        return error(
                key,
                "expected " + expected + ", found " + (shown.length() > 80 ? shown.substring(0, 80) + "…" : shown));
    }

    /**
     * A text.
     *
     * @param key the key
     */
    public String string(String key) {
        Object value = required(key, "a text");
        if (value instanceof String s) {
            return s;
        }
        throw unexpected(key, "a text", value);
    }

    /**
     * A text with a default.
     *
     * @param key the key
     * @param absent the value when the key is absent
     */
    public String string(String key, String absent) {
        return has(key) ? string(key) : absent;
    }

    /**
     * A whole number of 1 or more, such as a size.
     *
     * @param key the key
     */
    public int size(String key) {
        int value = integer(key);
        if (value < 1) {
            throw unexpected(key, "a number of 1 or more", value);
        }
        return value;
    }

    /**
     * A whole number of 1 or more with a default.
     *
     * @param key the key
     * @param absent the value when the key is absent
     */
    public int size(String key, int absent) {
        return has(key) ? size(key) : absent;
    }

    /**
     * A whole number in the range of int.
     *
     * @param key the key
     */
    public int integer(String key) {
        Object value = required(key, "a whole number");
        if (value instanceof Long l && l == (int) (long) l) {
            return (int) (long) l;
        }
        throw unexpected(key, "a whole number", value);
    }

    /**
     * A whole number with a default.
     *
     * @param key the key
     * @param absent the value when the key is absent
     */
    public int integer(String key, int absent) {
        return has(key) ? integer(key) : absent;
    }

    /**
     * A finite number.
     *
     * @param key the key
     */
    public double number(String key) {
        Object value = required(key, "a number");
        if (value instanceof Long l) {
            return l;
        }
        if (value instanceof Double d && Double.isFinite(d)) {
            return d;
        }
        throw unexpected(key, "a finite number", value);
    }

    /**
     * A finite number with a default.
     *
     * @param key the key
     * @param absent the value when the key is absent
     */
    public double number(String key, double absent) {
        return has(key) ? number(key) : absent;
    }

    /**
     * True or false, with a default.
     *
     * @param key the key
     * @param absent the value when the key is absent
     */
    public boolean flag(String key, boolean absent) {
        Object value = values.get(key);
        if (value == null) {
            return absent;
        }
        if (value instanceof Boolean b) {
            return b;
        }
        throw unexpected(key, "true or false", value);
    }

    /**
     * A list of any values; empty when the key is absent.
     *
     * @param key the key
     */
    public List<@Nullable Object> list(String key) {
        Object value = values.get(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> l) {
            return Collections.unmodifiableList(new ArrayList<@Nullable Object>(l));
        }
        throw unexpected(key, "a list", value);
    }

    /**
     * A list of finite numbers.
     *
     * @param key the key
     */
    public double[] numbers(String key) {
        required(key, "a list of numbers");
        List<@Nullable Object> list = list(key);
        double[] result = new double[list.size()];
        for (int i = 0; i < result.length; i++) {
            if (list.get(i) instanceof Number n && Double.isFinite(n.doubleValue())) {
                result[i] = n.doubleValue();
            } else {
                throw unexpected(key, "a list of finite numbers", list);
            }
        }
        return result;
    }

    /**
     * A nested object; an empty one when the key is absent.
     *
     * @param key the key
     */
    public Config object(String key) {
        Object value = values.get(key);
        if (value == null) {
            return new Config(file, path + key + ".", Map.of());
        }
        if (value instanceof Map<?, ?> m) {
            var copy = new LinkedHashMap<String, @Nullable Object>();
            m.forEach((k, v) -> copy.put((String) k, v));
            return new Config(file, path + key + ".", copy);
        }
        throw unexpected(key, "an object", value);
    }

    @Override
    public String toString() {
        return file + " " + values.keySet();
    }
}
