package dev.argot.core.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.argot.core.constraint.Pattern.Range;
import dev.argot.core.constraint.Pattern.Symbols;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * JSON texts that a JSON schema (draft 2020-12, and 7 as far as it is alike) holds valid, as a regular set. The set is a part of all valid
 * texts: properties come in the order they are declared in, those not declared do not come, a blank at most stands behind {@code :} and
 * {@code ,}, and what refers to itself is nested five deep at most. Every text of the set is valid. What cannot be kept is refused.
 */
final class JsonSchema {
    /** How often a definition may contain itself. */
    private static final int MAX_RECURSION = 5;

    /** How deep a value is nested of which nothing is said. */
    private static final int ANY_DEPTH = 3;

    private static final Set<String> ANNOTATIONS = Set.of(
            "$schema",
            "$id",
            "$comment",
            "$defs",
            "definitions",
            "title",
            "description",
            "default",
            "examples",
            "deprecated",
            "readOnly",
            "writeOnly");
    private static final Set<String> KNOWN = Set.of(
            "type",
            "enum",
            "const",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "minLength",
            "maxLength",
            "pattern",
            "format",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "anyOf",
            "oneOf",
            "allOf",
            "$ref",
            "nullable");

    private static final Symbols DIGIT = Pattern.symbols(List.of(new Range('0', '9')));
    private static final Pattern COMMA = Pattern.sequence(Pattern.text(","), Pattern.optional(Pattern.text(" ")));
    private static final Pattern COLON = Pattern.sequence(Pattern.text(":"), Pattern.optional(Pattern.text(" ")));
    private static final Pattern INTEGER = Pattern.sequence(Pattern.optional(Pattern.text("-")), natural());
    private static final Pattern NUMBER = Pattern.sequence(
            INTEGER,
            Pattern.optional(Pattern.sequence(Pattern.text("."), new Pattern.Repeat(DIGIT, 1, -1))),
            Pattern.optional(Pattern.sequence(
                    Pattern.symbols(List.of(new Range('E', 'E'), new Range('e', 'e'))),
                    Pattern.optional(Pattern.symbols(List.of(new Range('+', '+'), new Range('-', '-')))),
                    new Pattern.Repeat(DIGIT, 1, 2))));

    /** The formats that are kept, as expressions. */
    private static final Map<String, String> FORMATS = Map.of(
            "date", "\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])",
            "time", "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)",
            "date-time",
                    "\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)",
            "uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "email", "[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+){0,5}@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+){0,5}\\.[A-Za-z]{2,10}",
            "ipv4", "(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)");

    private final JsonNode root;
    private final Map<String, Integer> nested = new HashMap<>();

    private JsonSchema(JsonNode root) {
        this.root = root;
    }

    /**
     * The texts of a schema.
     *
     * @param schema the schema
     * @throws IllegalArgumentException if it is malformed or asks for what cannot be kept; the message names the place
     */
    static Pattern pattern(JsonNode schema) {
        return new JsonSchema(schema).value(schema, "#");
    }

    private Pattern value(JsonNode schema, String path) {
        if (schema.isBoolean()) {
            return schema.asBoolean() ? any(ANY_DEPTH) : new Pattern.Choice(List.of());
        }
        if (!schema.isObject()) {
            throw error(path, "expected an object, found " + schema);
        }
        schema.fieldNames().forEachRemaining(key -> {
            if (!KNOWN.contains(key) && !ANNOTATIONS.contains(key)) {
                throw error(path, "'" + key + "' is not supported. Supported: " + new TreeSet<>(KNOWN));
            }
        });
        Pattern pattern = unnullable(schema, path);
        return schema.path("nullable").asBoolean()
                ? new Pattern.Choice(List.of(pattern, Pattern.text("null")))
                : pattern;
    }

    private Pattern unnullable(JsonNode schema, String path) {
        if (schema.has("$ref")) {
            return reference(schema.get("$ref").asText(), path);
        }
        if (schema.has("const")) {
            return Pattern.text(schema.get("const").toString());
        }
        if (schema.has("enum")) {
            var options = new ArrayList<Pattern>();
            schema.get("enum").forEach(one -> options.add(Pattern.text(one.toString())));
            if (options.isEmpty()) {
                throw error(path, "'enum' is empty");
            }
            return new Pattern.Choice(options);
        }
        if (schema.has("anyOf")) {
            alone(schema, "anyOf", path);
            return alternatives(schema.get("anyOf"), path + "/anyOf");
        }
        if (schema.has("oneOf")) {
            alone(schema, "oneOf", path);
            exclusive(schema.get("oneOf"), path + "/oneOf");
            return alternatives(schema.get("oneOf"), path + "/oneOf");
        }
        if (schema.has("allOf")) {
            return value(merged(schema, path), path);
        }
        JsonNode type = schema.path("type");
        if (type.isArray()) {
            var options = new ArrayList<Pattern>();
            type.forEach(one -> options.add(typed(one.asText(), schema, path)));
            return new Pattern.Choice(options);
        }
        return typed(type.isMissingNode() ? inferred(schema) : type.asText(), schema, path);
    }

    /** Beside alternatives nothing else may be asked for: both would have to hold. */
    private static void alone(JsonNode schema, String key, String path) {
        schema.fieldNames().forEachRemaining(other -> {
            if (!other.equals(key)
                    && !ANNOTATIONS.contains(other)
                    && !other.equals("nullable")
                    && !(other.equals("type") && schema.get("type").isTextual())) {
                throw error(path, "'" + other + "' beside '" + key + "' is not supported");
            }
        });
    }

    private Pattern alternatives(JsonNode list, String path) {
        if (!list.isArray() || list.isEmpty()) {
            throw error(path, "expected a list of schemas");
        }
        var options = new ArrayList<Pattern>();
        for (int i = 0; i < list.size(); i++) {
            options.add(value(list.get(i), path + "/" + i));
        }
        return new Pattern.Choice(options);
    }

    /** Whether at most one alternative holds can be told from types and constants alone. */
    private static void exclusive(JsonNode list, String path) {
        var seen = new LinkedHashSet<String>();
        for (JsonNode one : list) {
            Set<String> kinds = new LinkedHashSet<>();
            if (one.has("const")) {
                kinds.add("const " + one.get("const"));
            } else if (one.has("enum")) {
                one.get("enum").forEach(v -> kinds.add("const " + v));
            } else if (one.path("type").isTextual()) {
                kinds.add(
                        one.get("type").asText().equals("integer")
                                ? "number"
                                : one.get("type").asText());
            } else {
                throw error(path, "'oneOf' is supported where types or constants differ; use 'anyOf'");
            }
            for (String kind : kinds) {
                if (!seen.add(kind)) {
                    throw error(path, "'oneOf' is supported where types or constants differ; use 'anyOf'");
                }
            }
        }
        if (seen.stream().anyMatch(k -> k.startsWith("const "))
                && seen.stream().anyMatch(k -> !k.startsWith("const "))) {
            throw error(path, "'oneOf' is supported where types or constants differ; use 'anyOf'");
        }
    }

    /** Objects that must all hold, as one. */
    private JsonNode merged(JsonNode schema, String path) {
        ObjectNode all = schema.deepCopy();
        JsonNode parts = all.remove("allOf");
        for (JsonNode listed : parts) {
            JsonNode part = listed.has("$ref") ? resolved(listed.get("$ref").asText(), path) : listed;
            part.properties().forEach(entry -> {
                String key = entry.getKey();
                JsonNode present = all.get(key);
                if (present == null || ANNOTATIONS.contains(key)) {
                    all.set(key, entry.getValue().deepCopy());
                } else if (key.equals("properties")) {
                    entry.getValue().properties().forEach(p -> {
                        if (present.has(p.getKey()) && !present.get(p.getKey()).equals(p.getValue())) {
                            throw error(path, "'allOf' describes the property '" + p.getKey() + "' twice");
                        }
                        ((ObjectNode) present).set(p.getKey(), p.getValue());
                    });
                } else if (key.equals("required")) {
                    entry.getValue().forEach(((ArrayNode) present)::add);
                } else if (!present.equals(entry.getValue())) {
                    throw error(path, "'allOf' asks for '" + key + "' in two ways");
                }
            });
        }
        return all;
    }

    private Pattern reference(String target, String path) {
        int depth = nested.merge(target, 1, Integer::sum);
        try {
            return depth > MAX_RECURSION
                    ? new Pattern.Choice(List.of()) // what is nested deeper does not come
                    : value(resolved(target, path), target);
        } finally {
            nested.merge(target, -1, Integer::sum);
        }
    }

    private JsonNode resolved(String target, String path) {
        if (!target.startsWith("#")) {
            throw error(path, "expected a '$ref' inside the schema, found '" + target + "'");
        }
        JsonNode node = root.at(target.substring(1));
        if (node.isMissingNode()) {
            throw error(path, "'$ref' leads nowhere: '" + target + "'");
        }
        return node;
    }

    private static String inferred(JsonNode schema) {
        if (schema.has("properties") || schema.has("required") || schema.has("additionalProperties")) {
            return "object";
        }
        if (schema.has("items") || schema.has("prefixItems") || schema.has("minItems") || schema.has("maxItems")) {
            return "array";
        }
        if (schema.has("minLength") || schema.has("maxLength") || schema.has("pattern") || schema.has("format")) {
            return "string";
        }
        return schema.has("minimum") || schema.has("maximum") ? "number" : "any";
    }

    private Pattern typed(String type, JsonNode schema, String path) {
        return switch (type) {
            case "null" -> Pattern.text("null");
            case "boolean" -> new Pattern.Choice(List.of(Pattern.text("true"), Pattern.text("false")));
            case "integer" -> integer(schema, path);
            case "number" -> number(schema, path);
            case "string" -> string(schema, path);
            case "array" -> array(schema, path);
            case "object" -> object(schema, path);
            case "any" -> any(ANY_DEPTH);
            default -> throw error(path, "unknown type '" + type + "'");
        };
    }

    // ---- strings

    private static Pattern string(JsonNode schema, String path) {
        int least = count(schema, "minLength", 0, path);
        int most = count(schema, "maxLength", -1, path);
        boolean counted = schema.has("minLength") || schema.has("maxLength");
        String expression = null;
        if (schema.has("format")) {
            String format = schema.get("format").asText();
            expression = FORMATS.get(format);
            if (expression == null) {
                throw error(
                        path,
                        "the format '" + format + "' is not supported. Supported: " + new TreeSet<>(FORMATS.keySet()));
            }
        }
        if (schema.has("pattern")) {
            if (expression != null) {
                throw error(path, "'pattern' beside 'format' is not supported");
            }
            expression = schema.get("pattern").asText();
        }
        if (expression == null) {
            return quoted(new Pattern.Repeat(character(), least, most));
        }
        if (counted) {
            throw error(path, "lengths beside 'pattern' or 'format' are not supported; put them into the pattern");
        }
        Pattern inner;
        try {
            inner = escaped(RegexParser.parse(expression));
        } catch (IllegalArgumentException e) {
            throw error(path, "'pattern': " + e.getMessage());
        }
        boolean format = schema.has("format");
        var parts = new ArrayList<Pattern>();
        if (!format && !expression.startsWith("^")) {
            parts.add(Pattern.any(character()));
        }
        parts.add(inner);
        if (!format && !expression.endsWith("$")) {
            parts.add(Pattern.any(character()));
        }
        return quoted(new Pattern.Sequence(parts));
    }

    private static Pattern quoted(Pattern inner) {
        return Pattern.sequence(Pattern.text("\""), inner, Pattern.text("\""));
    }

    /** A character of a string as JSON writes it. */
    private static Pattern character() {
        return escaped(Pattern.except(Pattern.symbols(List.of())));
    }

    /** Texts as they are written inside a JSON string. */
    private static Pattern escaped(Pattern pattern) {
        return switch (pattern) {
            case Symbols symbols -> escaped(symbols);
            case Pattern.Sequence sequence ->
                new Pattern.Sequence(
                        sequence.parts().stream().map(JsonSchema::escaped).toList());
            case Pattern.Choice choice ->
                new Pattern.Choice(
                        choice.options().stream().map(JsonSchema::escaped).toList());
            case Pattern.Repeat repeat -> new Pattern.Repeat(escaped(repeat.of()), repeat.least(), repeat.most());
        };
    }

    private static Pattern escaped(Symbols symbols) {
        var plain = new ArrayList<Range>();
        var options = new ArrayList<Pattern>();
        for (Range range : symbols.ranges()) {
            int first = range.first();
            for (int special : new int[] {'"', '\\'}) {
                if (special >= first && special <= range.last()) {
                    add(plain, first, special - 1);
                    options.add(Pattern.text("\\" + (char) special));
                    first = special + 1;
                }
            }
            add(plain, first, range.last());
            for (int control = range.first(); control <= Math.min(range.last(), 0x1f); control++) {
                options.add(Pattern.text(
                        switch (control) {
                            case '\n' -> "\\n";
                            case '\r' -> "\\r";
                            case '\t' -> "\\t";
                            case '\b' -> "\\b";
                            case '\f' -> "\\f";
                            default -> String.format(Locale.ROOT, "\\u%04x", control);
                        }));
            }
        }
        options.add(new Symbols(plain));
        return Pattern.choice(options);
    }

    /** Without control characters, which JSON does not write as they are. */
    private static void add(List<Range> ranges, int first, int last) {
        int from = Math.max(first, 0x20);
        if (from <= last) {
            ranges.add(new Range(from, last));
        }
    }

    // ---- numbers

    private static Pattern natural() {
        return new Pattern.Choice(List.of(
                Pattern.text("0"),
                Pattern.sequence(Pattern.symbols(List.of(new Range('1', '9'))), Pattern.any(DIGIT))));
    }

    private static Pattern integer(JsonNode schema, String path) {
        if (!bounded(schema)) {
            return INTEGER;
        }
        BigInteger low = lower(schema, path);
        BigInteger high = upper(schema, path);
        return integers(low, high, Pattern.EMPTY, path);
    }

    /** Numbers with at most nine digits behind the point; of a bound with a fraction the next whole number inside is taken. */
    private static Pattern number(JsonNode schema, String path) {
        if (!bounded(schema)) {
            return NUMBER;
        }
        BigInteger low = lower(schema, path);
        BigInteger high = upper(schema, path);
        Pattern fraction = Pattern.sequence(Pattern.text("."), new Pattern.Repeat(DIGIT, 1, 9));
        var options = new ArrayList<Pattern>();
        options.add(integers(low, high, Pattern.EMPTY, path));
        BigInteger one = BigInteger.ONE;
        if (high == null || high.signum() > 0) { // k.f with k from max(low, 0) to high - 1
            BigInteger from = low == null ? BigInteger.ZERO : low.max(BigInteger.ZERO);
            BigInteger to = high == null ? null : high.subtract(one);
            if (to == null || from.compareTo(to) <= 0) {
                options.add(Pattern.sequence(naturals(from, to), fraction));
            }
        }
        if (low == null || low.signum() < 0) { // -k.f with k from max(-high, 0) to -low - 1
            BigInteger from = high == null ? BigInteger.ZERO : high.negate().max(BigInteger.ZERO);
            BigInteger to = low == null ? null : low.negate().subtract(one);
            if (to == null || from.compareTo(to) <= 0) {
                options.add(Pattern.sequence(Pattern.text("-"), naturals(from, to), fraction));
            }
        }
        return new Pattern.Choice(options);
    }

    private static boolean bounded(JsonNode schema) {
        return schema.has("minimum")
                || schema.has("maximum")
                || schema.has("exclusiveMinimum")
                || schema.has("exclusiveMaximum");
    }

    private static @Nullable BigInteger lower(JsonNode schema, String path) {
        BigInteger low = null;
        if (schema.has("minimum")) {
            low = decimal(schema, "minimum", path)
                    .setScale(0, RoundingMode.CEILING)
                    .toBigInteger();
        }
        if (schema.has("exclusiveMinimum")) {
            BigInteger above = decimal(schema, "exclusiveMinimum", path)
                    .setScale(0, RoundingMode.FLOOR)
                    .toBigInteger()
                    .add(BigInteger.ONE);
            low = low == null ? above : low.max(above);
        }
        return low;
    }

    private static @Nullable BigInteger upper(JsonNode schema, String path) {
        BigInteger high = null;
        if (schema.has("maximum")) {
            high = decimal(schema, "maximum", path)
                    .setScale(0, RoundingMode.FLOOR)
                    .toBigInteger();
        }
        if (schema.has("exclusiveMaximum")) {
            BigInteger below = decimal(schema, "exclusiveMaximum", path)
                    .setScale(0, RoundingMode.CEILING)
                    .toBigInteger()
                    .subtract(BigInteger.ONE);
            high = high == null ? below : high.min(below);
        }
        return high;
    }

    private static BigDecimal decimal(JsonNode schema, String key, String path) {
        if (!schema.get(key).isNumber()) {
            throw error(path, "'" + key + "' must be a number, found " + schema.get(key));
        }
        return schema.get(key).decimalValue();
    }

    private static Pattern integers(@Nullable BigInteger low, @Nullable BigInteger high, Pattern behind, String path) {
        if (low != null && high != null && low.compareTo(high) > 0) {
            throw error(path, "no number lies between the bounds");
        }
        var options = new ArrayList<Pattern>();
        if (high == null || high.signum() >= 0) {
            options.add(naturals(low == null ? BigInteger.ZERO : low.max(BigInteger.ZERO), high));
        }
        if (low == null || low.signum() < 0) {
            BigInteger least = high == null ? BigInteger.ONE : high.negate().max(BigInteger.ONE);
            options.add(Pattern.sequence(Pattern.text("-"), naturals(least, low == null ? null : low.negate())));
        }
        return Pattern.sequence(new Pattern.Choice(options), behind);
    }

    /** Decimal numbers without leading zeros from {@code low} to {@code high}, or without end. */
    private static Pattern naturals(BigInteger low, @Nullable BigInteger high) {
        var options = new ArrayList<Pattern>();
        String least = low.toString();
        if (high == null) {
            options.add(sameLength(least, "9".repeat(least.length())));
            options.add(Pattern.sequence(
                    Pattern.symbols(List.of(new Range('1', '9'))), new Pattern.Repeat(DIGIT, least.length(), -1)));
            return new Pattern.Choice(options);
        }
        String most = high.toString();
        for (int length = least.length(); length <= most.length(); length++) {
            String from = length == least.length() ? least : "1" + "0".repeat(length - 1);
            String to = length == most.length() ? most : "9".repeat(length);
            options.add(sameLength(from, to));
        }
        return new Pattern.Choice(options);
    }

    /** Digits between two numbers of the same length. */
    private static Pattern sameLength(String from, String to) {
        if (from.isEmpty()) {
            return Pattern.EMPTY;
        }
        char first = from.charAt(0);
        char last = to.charAt(0);
        String fromRest = from.substring(1);
        String toRest = to.substring(1);
        if (first == last) {
            return Pattern.sequence(Pattern.text("" + first), sameLength(fromRest, toRest));
        }
        var options = new ArrayList<Pattern>();
        options.add(Pattern.sequence(Pattern.text("" + first), sameLength(fromRest, "9".repeat(fromRest.length()))));
        if (last - first > 1) {
            options.add(Pattern.sequence(
                    Pattern.symbols(List.of(new Range(first + 1, last - 1))),
                    new Pattern.Repeat(DIGIT, fromRest.length(), fromRest.length())));
        }
        options.add(Pattern.sequence(Pattern.text("" + last), sameLength("0".repeat(toRest.length()), toRest)));
        return new Pattern.Choice(options);
    }

    // ---- arrays and objects

    private Pattern array(JsonNode schema, String path) {
        int least = count(schema, "minItems", 0, path);
        int most = count(schema, "maxItems", -1, path);
        var fixed = new ArrayList<Pattern>();
        for (int i = 0; i < schema.path("prefixItems").size(); i++) {
            fixed.add(value(schema.get("prefixItems").get(i), path + "/prefixItems/" + i));
        }
        boolean closed =
                schema.path("items").isBoolean() && !schema.get("items").asBoolean();
        Pattern item = closed
                ? new Pattern.Choice(List.of())
                : schema.has("items") ? value(schema.get("items"), path + "/items") : any(ANY_DEPTH - 1);
        if (most >= 0 && most < least) {
            throw error(path, "no list has at least " + least + " and at most " + most + " items");
        }
        // item after item; where the list may be over, the rest is optional
        int end = Math.max(fixed.size(), most < 0 ? least : most);
        end = most >= 0 ? Math.min(end, most) : end;
        Pattern rest = most < 0 ? Pattern.any(Pattern.sequence(COMMA, item)) : Pattern.EMPTY;
        if (end == 0) {
            return most == 0
                    ? Pattern.text("[]")
                    : Pattern.sequence(
                            Pattern.text("["), Pattern.optional(Pattern.sequence(item, rest)), Pattern.text("]"));
        }
        Pattern tail = rest;
        for (int i = end - 1; i >= 0; i--) {
            Pattern one = i < fixed.size() ? fixed.get(i) : item;
            Pattern from = i == 0 ? Pattern.sequence(one, tail) : Pattern.sequence(COMMA, one, tail);
            tail = i < least ? from : Pattern.optional(from);
        }
        return Pattern.sequence(Pattern.text("["), tail, Pattern.text("]"));
    }

    private Pattern object(JsonNode schema, String path) {
        JsonNode declared = schema.path("properties");
        var required = new LinkedHashSet<String>();
        schema.path("required").forEach(name -> required.add(name.asText()));
        var members = new LinkedHashMap<String, Pattern>();
        declared.properties()
                .forEach(entry -> members.put(
                        entry.getKey(),
                        Pattern.sequence(
                                Pattern.text(quote(entry.getKey())),
                                COLON,
                                value(entry.getValue(), path + "/properties/" + entry.getKey()))));
        for (String name : required) {
            if (!members.containsKey(name)) {
                throw error(path, "the required property '" + name + "' is not described in 'properties'");
            }
        }
        JsonNode more = schema.path("additionalProperties");
        if (members.isEmpty()
                && (more.isObject() || declared.isMissingNode())
                && !(more.isBoolean() && !more.asBoolean())) {
            Pattern of = more.isObject() ? value(more, path + "/additionalProperties") : any(ANY_DEPTH - 1);
            Pattern entry = Pattern.sequence(quoted(new Pattern.Repeat(character(), 1, 64)), COLON, of);
            return Pattern.sequence(
                    Pattern.text("{"),
                    Pattern.optional(Pattern.sequence(entry, Pattern.any(Pattern.sequence(COMMA, entry)))),
                    Pattern.text("}"));
        }
        List<String> names = List.copyOf(members.keySet());
        Pattern after = Pattern.EMPTY; // what follows a member
        Pattern start = Pattern.EMPTY; // what follows the bracket
        for (int i = names.size() - 1; i >= 0; i--) {
            Pattern member = members.getOrDefault(names.get(i), Pattern.EMPTY);
            boolean needed = required.contains(names.get(i));
            Pattern first = Pattern.sequence(member, after);
            Pattern later = Pattern.sequence(COMMA, member);
            start = needed ? first : new Pattern.Choice(List.of(first, start));
            after = Pattern.sequence(needed ? later : Pattern.optional(later), after);
        }
        return Pattern.sequence(Pattern.text("{"), start, Pattern.text("}"));
    }

    private static String quote(String name) {
        return TextNode.valueOf(name).toString();
    }

    /** Any JSON value, so deep. */
    private static Pattern any(int depth) {
        var options = new ArrayList<Pattern>(List.of(
                Pattern.text("null"),
                Pattern.text("true"),
                Pattern.text("false"),
                NUMBER,
                quoted(Pattern.any(character()))));
        if (depth > 0) {
            Pattern inner = any(depth - 1);
            Pattern entry = Pattern.sequence(quoted(Pattern.any(character())), COLON, inner);
            options.add(listed("[", inner, "]"));
            options.add(listed("{", entry, "}"));
        }
        return new Pattern.Choice(options);
    }

    private static Pattern listed(String open, Pattern item, String close) {
        return Pattern.sequence(
                Pattern.text(open),
                Pattern.optional(Pattern.sequence(item, Pattern.any(Pattern.sequence(COMMA, item)))),
                Pattern.text(close));
    }

    private static int count(JsonNode schema, String key, int absent, String path) {
        JsonNode value = schema.path(key);
        if (value.isMissingNode()) {
            return absent;
        }
        if (!value.canConvertToInt() || value.asInt() < 0 || value.asInt() > 10_000) {
            throw error(path, "'" + key + "' must be 0 to 10000, found " + value);
        }
        return value.asInt();
    }

    private static IllegalArgumentException error(String path, String problem) {
        return new IllegalArgumentException("JSON schema, " + path + ": " + problem);
    }
}
