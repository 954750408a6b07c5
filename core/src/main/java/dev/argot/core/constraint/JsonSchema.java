package dev.argot.core.constraint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.argot.core.constraint.Pattern.Range;
import dev.argot.core.constraint.Pattern.Symbols;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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

    /** How deep schemas are nested, references followed. */
    private static final int MAX_DEPTH = 100;

    /** How many schemas are read, those referred to as often as they come. */
    private static final int MAX_SCHEMAS = 20_000;

    /** Digits a bound of a number has at most, on either side of the point. */
    private static final int MAX_DIGITS = 40;

    /** Digits a bounded number has behind the point, at most. */
    private static final int MAX_SCALE = 9;

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

    private static final String ONE_OF = "'oneOf' is supported where types or constants differ; use 'anyOf'";
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
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
            "time", "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)",
            "date-time",
                    "\\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\\d|2[0-8])T(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:Z|[+-](?:0\\d|1[0-4]):[0-5]\\d)",
            "uuid", "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            "email",
                    "[A-Za-z0-9]{1,15}(?:[._+-][A-Za-z0-9]{1,15}){0,3}@[A-Za-z0-9]{1,20}(?:[.-][A-Za-z0-9]{1,20}){0,3}\\.[A-Za-z]{2,10}",
            "ipv4", "(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)");

    private final JsonNode root;
    private final Map<String, Integer> nested = new HashMap<>();
    private int depth;
    private int schemas;

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
        if (depth == MAX_DEPTH) {
            throw error(path, "nested deeper than " + MAX_DEPTH);
        }
        if (++schemas > MAX_SCHEMAS) {
            throw error(path, "more than " + MAX_SCHEMAS + " schemas, those referred to counted each time");
        }
        depth++;
        Pattern pattern = unnullable(schema, path);
        depth--;
        return schema.path("nullable").asBoolean()
                ? new Pattern.Choice(List.of(pattern, Pattern.text("null")))
                : pattern;
    }

    private Pattern unnullable(JsonNode schema, String path) {
        if (schema.has("$ref") || schema.has("allOf")) {
            return together(JSON.objectNode(), schema, path);
        }
        if (schema.has("anyOf")) {
            return alternatives(schema, "anyOf", path);
        }
        if (schema.has("oneOf")) {
            exclusive(schema.get("oneOf"), path + "/oneOf");
            return alternatives(schema, "oneOf", path);
        }
        if (schema.has("const") || schema.has("enum")) {
            return constants(schema, path);
        }
        JsonNode type = schema.path("type");
        if (type.isArray()) {
            var options = new ArrayList<Pattern>();
            type.forEach(one -> options.add(typed(one.asText(), schema, path)));
            return new Pattern.Choice(options);
        }
        return type.isMissingNode() ? inferred(schema, path) : typed(type.asText(), schema, path);
    }

    // ---- constants

    private static Pattern constants(JsonNode schema, String path) {
        schema.fieldNames().forEachRemaining(other -> {
            if (!Set.of("const", "enum", "type", "nullable").contains(other) && !ANNOTATIONS.contains(other)) {
                throw error(path, "'" + other + "' beside 'const' or 'enum' is not supported");
            }
        });
        var options = new ArrayList<Pattern>();
        for (JsonNode one : values(schema, path)) {
            options.add(Pattern.text(one.toString()));
        }
        if (options.isEmpty()) {
            throw error(path, "no value is left of 'const' or 'enum'");
        }
        return new Pattern.Choice(options);
    }

    /** The values of {@code const} or {@code enum} that are of the type; of both, those in both. */
    private static List<JsonNode> values(JsonNode schema, String path) {
        JsonNode listed = schema.path("enum");
        if (schema.has("enum") && !listed.isArray()) {
            throw error(path, "'enum' must be a list, found " + listed);
        }
        var values = new ArrayList<JsonNode>();
        if (schema.has("const")) {
            JsonNode only = schema.get("const");
            boolean there = !schema.has("enum");
            for (JsonNode one : listed) {
                there |= alike(one, only);
            }
            if (there) {
                values.add(only);
            }
        } else {
            listed.forEach(values::add);
        }
        JsonNode type = schema.path("type");
        if (!type.isMissingNode()) {
            values.removeIf(value -> {
                for (JsonNode one : type.isArray() ? type : JSON.arrayNode().add(type)) {
                    if (isOf(one.asText(), value, path)) {
                        return false;
                    }
                }
                return true;
            });
        }
        return values;
    }

    /** Whether two values are equal as JSON schema has it: 1 and 1.0 are. */
    private static boolean alike(JsonNode a, JsonNode b) {
        return a.equals(
                (x, y) -> x.isNumber() && y.isNumber()
                        ? x.decimalValue().compareTo(y.decimalValue())
                        : x.equals(y) ? 0 : 1,
                b);
    }

    private static boolean isOf(String type, JsonNode value, String path) {
        return switch (type) {
            case "null" -> value.isNull();
            case "boolean" -> value.isBoolean();
            case "integer" -> value.isNumber() && isWhole(value.decimalValue());
            case "number" -> value.isNumber();
            case "string" -> value.isTextual();
            case "array" -> value.isArray();
            case "object" -> value.isObject();
            default -> throw error(path, "unknown type '" + type + "'");
        };
    }

    private static boolean isWhole(BigDecimal number) {
        return number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
    }

    // ---- schemas together

    /** One of several, each with what stands beside them. */
    private Pattern alternatives(JsonNode schema, String key, String path) {
        JsonNode list = list(schema.get(key), path + "/" + key);
        ObjectNode beside = own(schema);
        beside.remove(key);
        var options = new ArrayList<Pattern>();
        for (int i = 0; i < list.size(); i++) {
            String at = path + "/" + key + "/" + i;
            options.add(beside.isEmpty() ? value(list.get(i), at) : together(beside, list.get(i), at));
        }
        return new Pattern.Choice(options);
    }

    private static JsonNode list(JsonNode list, String path) {
        if (!list.isArray() || list.isEmpty()) {
            throw error(path, "expected a list of schemas");
        }
        return list;
    }

    /** What two schemas both hold valid. */
    private Pattern together(ObjectNode beside, JsonNode schema, String path) {
        var targets = new LinkedHashSet<String>();
        if (schema.isBoolean() && !schema.asBoolean()) {
            return new Pattern.Choice(List.of());
        }
        ObjectNode all = merged(beside, flat(schema, path, targets), path);
        boolean deep = false;
        for (String target : targets) {
            deep |= nested.merge(target, 1, Integer::sum) > MAX_RECURSION;
        }
        try {
            return deep
                    ? new Pattern.Choice(List.of()) // what is nested deeper does not come
                    : value(all, targets.size() == 1 ? targets.iterator().next() : path);
        } finally {
            targets.forEach(target -> nested.merge(target, -1, Integer::sum));
        }
    }

    /** A schema without annotations. */
    private static ObjectNode own(JsonNode schema) {
        ObjectNode own = JSON.objectNode();
        schema.properties().forEach(entry -> {
            if (!ANNOTATIONS.contains(entry.getKey())) {
                own.set(entry.getKey(), entry.getValue());
            }
        });
        return own;
    }

    /**
     * A schema with what it refers to, and what must hold at once, as one.
     *
     * @param targets takes what was referred to
     */
    private ObjectNode flat(JsonNode schema, String path, Set<String> targets) {
        if (schema.isBoolean() && schema.asBoolean()) {
            return JSON.objectNode();
        }
        if (!schema.isObject()) {
            throw error(path, "expected an object, found " + schema);
        }
        ObjectNode all = own(schema);
        JsonNode reference = all.remove("$ref");
        JsonNode parts = all.remove("allOf");
        if (reference != null) {
            String target = reference.asText();
            JsonNode resolved = resolved(target, path);
            if (!targets.add(target)) {
                throw error(path, "'$ref' leads to '" + target + "' twice");
            }
            all = merged(all, flat(resolved, target, targets), path);
        }
        if (parts != null) {
            for (JsonNode part : list(parts, path + "/allOf")) {
                all = merged(all, flat(part, path + "/allOf", targets), path);
            }
        }
        return all;
    }

    private ObjectNode merged(ObjectNode a, ObjectNode b, String path) {
        if (a.isEmpty() || b.isEmpty()) {
            return a.isEmpty() ? b : a;
        }
        closed(a, b, path);
        closed(b, a, path);
        boolean lists = (a.has("items") || a.has("prefixItems")) && (b.has("items") || b.has("prefixItems"));
        if (lists
                && !(a.path("items").equals(b.path("items"))
                        && a.path("prefixItems").equals(b.path("prefixItems")))) {
            throw error(path, "items are described in two ways");
        }
        ObjectNode all = a.deepCopy();
        b.properties().forEach(entry -> {
            JsonNode present = all.get(entry.getKey());
            all.set(
                    entry.getKey(),
                    present == null ? entry.getValue() : merged(entry.getKey(), present, entry.getValue(), path));
        });
        if (a.path("nullable").asBoolean() != b.path("nullable").asBoolean()) {
            all.remove("nullable");
        }
        return all;
    }

    /** What one schema lets no further property be must not be described by another. */
    private static void closed(ObjectNode a, ObjectNode b, String path) {
        JsonNode more = a.path("additionalProperties");
        if (!more.isMissingNode() && !(more.isBoolean() && more.asBoolean())) {
            b.path("properties").fieldNames().forEachRemaining(name -> {
                if (!a.path("properties").has(name)) {
                    throw error(path, "the property '" + name + "' is an additional one of another schema");
                }
            });
        }
    }

    private static JsonNode merged(String key, JsonNode a, JsonNode b, String path) {
        if (a.equals(b)) {
            return a;
        }
        switch (key) {
            case "properties" -> {
                ObjectNode all = object(a, key, path).deepCopy();
                object(b, key, path).properties().forEach(property -> {
                    JsonNode present = all.get(property.getKey());
                    if (present == null) {
                        all.set(property.getKey(), property.getValue());
                    } else if (!present.equals(property.getValue())) {
                        ObjectNode both = JSON.objectNode();
                        both.putArray("allOf").add(present).add(property.getValue());
                        all.set(property.getKey(), both);
                    }
                });
                return all;
            }
            case "required" -> {
                ArrayNode all = JSON.arrayNode();
                a.forEach(all::add);
                b.forEach(all::add);
                return all;
            }
            case "minimum", "exclusiveMinimum", "minLength", "minItems" -> {
                if (a.isNumber() && b.isNumber()) {
                    return a.decimalValue().compareTo(b.decimalValue()) > 0 ? a : b;
                }
            }
            case "maximum", "exclusiveMaximum", "maxLength", "maxItems" -> {
                if (a.isNumber() && b.isNumber()) {
                    return a.decimalValue().compareTo(b.decimalValue()) < 0 ? a : b;
                }
            }
            case "type" -> {
                if (Set.of(a.asText(), b.asText()).equals(Set.of("integer", "number"))) {
                    return TextNode.valueOf("integer");
                }
            }
            case "nullable" -> {
                return JSON.booleanNode(a.asBoolean() && b.asBoolean());
            }
            default -> {}
        }
        throw error(path, "'" + key + "' is asked for in two ways: " + a + " and " + b);
    }

    private static ObjectNode object(JsonNode node, String key, String path) {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw error(path, "'" + key + "' must be an object, found " + node);
    }

    /** Whether at most one alternative holds can be told from types and constants alone. */
    private void exclusive(JsonNode list, String path) {
        var types = new HashSet<String>();
        var constants = new ArrayList<JsonNode>();
        for (JsonNode option : list(list, path)) {
            JsonNode one = option.isObject() ? flat(option, path, new LinkedHashSet<>()) : option;
            if (one.path("nullable").asBoolean()) {
                throw error(path, "'nullable' inside 'oneOf' is not supported; use the type 'null'");
            }
            if (one.has("const") || one.has("enum")) {
                for (JsonNode value : values(one, path)) {
                    if (constants.stream().anyMatch(other -> alike(other, value))) {
                        throw error(path, ONE_OF);
                    }
                    constants.add(value);
                }
            } else if (one.path("type").isTextual() || one.path("type").isArray()) {
                for (JsonNode type : one.get("type").isArray()
                        ? one.get("type")
                        : JSON.arrayNode().add(one.get("type"))) {
                    if (!types.add(type.asText().equals("integer") ? "number" : type.asText())) {
                        throw error(path, ONE_OF);
                    }
                }
            } else {
                throw error(path, ONE_OF);
            }
        }
        for (String type : types) {
            if (constants.stream().anyMatch(value -> isOf(type, value, path))) {
                throw error(path, ONE_OF);
            }
        }
    }

    private JsonNode resolved(String target, String path) {
        if (!target.equals("#") && !target.startsWith("#/")) {
            throw error(path, "expected a '$ref' inside the schema ('#/…'), found '" + target + "'");
        }
        JsonNode node;
        try {
            node = root.at(URLDecoder.decode(target.substring(1).replace("+", "%2B"), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw error(path, "'$ref' is no JSON pointer: '" + target + "'");
        }
        if (node.isMissingNode()) {
            throw error(path, "'$ref' leads nowhere: '" + target + "'");
        }
        return node;
    }

    private Pattern inferred(JsonNode schema, String path) {
        if (schema.has("properties") || schema.has("required") || schema.has("additionalProperties")) {
            return object(schema, path);
        }
        if (schema.has("items") || schema.has("prefixItems") || schema.has("minItems") || schema.has("maxItems")) {
            return array(schema, path);
        }
        if (schema.has("minLength") || schema.has("maxLength") || schema.has("pattern") || schema.has("format")) {
            return string(schema, path);
        }
        return bounded(schema) ? number(schema, path) : any(ANY_DEPTH);
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
            default -> throw error(path, "unknown type '" + type + "'");
        };
    }

    // ---- strings

    private static Pattern string(JsonNode schema, String path) {
        int least = count(schema, "minLength", 0, path);
        int most = count(schema, "maxLength", -1, path);
        if (most >= 0 && most < least) {
            throw error(path, "no string has at least " + least + " and at most " + most + " characters");
        }
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
            case Pattern.Members members ->
                new Pattern.Members(
                        members.members().stream()
                                .map(m -> new Pattern.Member(escaped(m.of()), m.needed()))
                                .toList(),
                        escaped(members.separator()));
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
        return bounded(schema) ? scaled(schema, 0, path) : INTEGER;
    }

    /** Numbers with at most nine digits behind the point. */
    private static Pattern number(JsonNode schema, String path) {
        if (!bounded(schema)) {
            return NUMBER;
        }
        var options = new ArrayList<Pattern>();
        for (int scale = 0; scale <= MAX_SCALE; scale++) {
            if (!none(lower(schema, scale, path), upper(schema, scale, path))) {
                options.add(scaled(schema, scale, path));
            }
        }
        if (options.isEmpty()) {
            throw error(path, "no number of " + MAX_SCALE + " digits behind the point lies between the bounds");
        }
        return new Pattern.Choice(options);
    }

    private static boolean bounded(JsonNode schema) {
        return schema.has("minimum")
                || schema.has("maximum")
                || schema.has("exclusiveMinimum")
                || schema.has("exclusiveMaximum");
    }

    /** The least number, in units of the last of so many digits behind the point. */
    private static @Nullable BigInteger lower(JsonNode schema, int scale, String path) {
        BigInteger low = null;
        if (schema.has("minimum")) {
            low = decimal(schema, "minimum", scale, path)
                    .setScale(0, RoundingMode.CEILING)
                    .toBigInteger();
        }
        if (schema.has("exclusiveMinimum")) {
            BigInteger above = decimal(schema, "exclusiveMinimum", scale, path)
                    .setScale(0, RoundingMode.FLOOR)
                    .toBigInteger()
                    .add(BigInteger.ONE);
            low = low == null ? above : low.max(above);
        }
        return low;
    }

    private static @Nullable BigInteger upper(JsonNode schema, int scale, String path) {
        BigInteger high = null;
        if (schema.has("maximum")) {
            high = decimal(schema, "maximum", scale, path)
                    .setScale(0, RoundingMode.FLOOR)
                    .toBigInteger();
        }
        if (schema.has("exclusiveMaximum")) {
            BigInteger below = decimal(schema, "exclusiveMaximum", scale, path)
                    .setScale(0, RoundingMode.CEILING)
                    .toBigInteger()
                    .subtract(BigInteger.ONE);
            high = high == null ? below : high.min(below);
        }
        return high;
    }

    private static BigDecimal decimal(JsonNode schema, String key, int scale, String path) {
        if (!schema.get(key).isNumber()) {
            throw error(path, "'" + key + "' must be a number, found " + schema.get(key));
        }
        BigDecimal bound = schema.get(key).decimalValue();
        if (bound.precision() - (long) bound.scale() > MAX_DIGITS || bound.scale() > MAX_DIGITS) {
            throw error(path, "'" + key + "' has more than " + MAX_DIGITS + " digits before or behind the point");
        }
        return bound.scaleByPowerOfTen(scale);
    }

    private static boolean none(@Nullable BigInteger low, @Nullable BigInteger high) {
        return low != null && high != null && low.compareTo(high) > 0;
    }

    /** The numbers between the bounds that have just so many digits behind the point. */
    private static Pattern scaled(JsonNode schema, int scale, String path) {
        BigInteger low = lower(schema, scale, path);
        BigInteger high = upper(schema, scale, path);
        if (none(low, high)) {
            throw error(path, "no number lies between the bounds");
        }
        var options = new ArrayList<Pattern>();
        if (high == null || high.signum() >= 0) {
            options.add(naturals(low == null ? BigInteger.ZERO : low.max(BigInteger.ZERO), high, scale));
        }
        if (low == null || low.signum() < 0) {
            BigInteger least = high == null ? BigInteger.ONE : high.negate().max(BigInteger.ONE);
            options.add(Pattern.sequence(Pattern.text("-"), naturals(least, low == null ? null : low.negate(), scale)));
        }
        return new Pattern.Choice(options);
    }

    /**
     * Decimal numbers without leading zeros from {@code low} to {@code high}, or without end.
     *
     * @param scale how many of the digits stand behind the point
     */
    private static Pattern naturals(BigInteger low, @Nullable BigInteger high, int scale) {
        var options = new ArrayList<Pattern>();
        String least = "0".repeat(Math.max(0, scale + 1 - low.toString().length())) + low;
        if (high == null) {
            options.add(sameLength(least, "9".repeat(least.length()), scale));
            options.add(Pattern.sequence(
                    Pattern.symbols(List.of(new Range('1', '9'))),
                    new Pattern.Repeat(DIGIT, least.length() - scale, -1),
                    digits(scale, scale)));
            return new Pattern.Choice(options);
        }
        String most = "0".repeat(Math.max(0, scale + 1 - high.toString().length())) + high;
        for (int length = least.length(); length <= most.length(); length++) {
            String from = length == least.length() ? least : "1" + "0".repeat(length - 1);
            String to = length == most.length() ? most : "9".repeat(length);
            options.add(sameLength(from, to, scale));
        }
        return new Pattern.Choice(options);
    }

    /** So many digits, of which {@code scale} or all stand behind the point. */
    private static Pattern digits(int count, int scale) {
        Pattern behind = new Pattern.Repeat(DIGIT, Math.min(count, scale), Math.min(count, scale));
        return scale == 0 || count < scale
                ? new Pattern.Repeat(DIGIT, count, count)
                : Pattern.sequence(new Pattern.Repeat(DIGIT, count - scale, count - scale), Pattern.text("."), behind);
    }

    /** Digits between two numbers of the same length, the last {@code scale} behind the point. */
    private static Pattern sameLength(String from, String to, int scale) {
        if (from.isEmpty()) {
            return Pattern.EMPTY;
        }
        if (from.length() == scale) {
            return Pattern.sequence(Pattern.text("."), sameLength(from, to, -1));
        }
        if (from.equals("0".repeat(from.length())) && to.equals("9".repeat(to.length()))) {
            return digits(from.length(), Math.max(scale, 0)); // else the description doubles with each digit
        }
        char first = from.charAt(0);
        char last = to.charAt(0);
        String fromRest = from.substring(1);
        String toRest = to.substring(1);
        if (first == last) {
            return Pattern.sequence(Pattern.text("" + first), sameLength(fromRest, toRest, scale));
        }
        int rest = fromRest.length();
        var options = new ArrayList<Pattern>();
        options.add(Pattern.sequence(Pattern.text("" + first), sameLength(fromRest, "9".repeat(rest), scale)));
        if (last - first > 1) {
            options.add(Pattern.sequence(
                    Pattern.symbols(List.of(new Range((char) (first + 1), (char) (last - 1)))),
                    digits(rest, Math.max(scale, 0))));
        }
        options.add(Pattern.sequence(Pattern.text("" + last), sameLength("0".repeat(rest), toRest, scale)));
        return new Pattern.Choice(options);
    }

    // ---- arrays and objects

    private Pattern array(JsonNode schema, String path) {
        int least = count(schema, "minItems", 0, path);
        int most = count(schema, "maxItems", -1, path);
        if (schema.has("prefixItems")) {
            list(schema.get("prefixItems"), path + "/prefixItems");
        }
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
        int single = most < 0 ? fixed.size() : Math.min(fixed.size(), most); // items with a schema of their own
        int leastMore = Math.max(0, least - single);
        int mostMore = most < 0 ? -1 : most - single;
        if (single == 0) {
            if (mostMore == 0) {
                return Pattern.text("[]");
            }
            Pattern items = Pattern.sequence(
                    item,
                    new Pattern.Repeat(
                            Pattern.sequence(COMMA, item),
                            Math.max(0, leastMore - 1),
                            mostMore < 0 ? -1 : mostMore - 1));
            return Pattern.sequence(Pattern.text("["), least == 0 ? Pattern.optional(items) : items, Pattern.text("]"));
        }
        // item after item; where the list may be over, the rest is optional
        Pattern tail = new Pattern.Repeat(Pattern.sequence(COMMA, item), leastMore, mostMore);
        for (int i = single - 1; i >= 0; i--) {
            Pattern from = i == 0 ? Pattern.sequence(fixed.get(i), tail) : Pattern.sequence(COMMA, fixed.get(i), tail);
            tail = i < least ? from : Pattern.optional(from);
        }
        return Pattern.sequence(Pattern.text("["), tail, Pattern.text("]"));
    }

    private Pattern object(JsonNode schema, String path) {
        JsonNode declared = schema.path("properties");
        var required = new LinkedHashSet<String>();
        if (schema.has("required") && !schema.get("required").isArray()) {
            throw error(path, "'required' must be a list, found " + schema.get("required"));
        }
        schema.path("required").forEach(name -> required.add(name.asText()));
        if (schema.has("properties")) {
            object(declared, "properties", path);
        }
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
        List<Pattern.Member> all = members.entrySet().stream()
                .map(member -> new Pattern.Member(member.getValue(), required.contains(member.getKey())))
                .toList();
        return Pattern.sequence(Pattern.text("{"), new Pattern.Members(all, COMMA), Pattern.text("}"));
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
