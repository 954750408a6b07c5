package dev.argot.conformance;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.util.SplittableRandom;

/** JSON schemas of every keyword that constraints support, nested. */
final class RandomSchema {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
    private static final String[] NAMES = {"name", "e\"mail", "größe", "x/y", "日付", "~t", "a b"};
    private static final String[] PATTERNS = {
        "^[A-Z]{2}\\d{3}$",
        "^a\"+\\\\b?\\n$",
        "x",
        "^(?:yes|no)",
        "[αβ]$",
        "^\\p{Lu}\\p{L}{0,9}$",
        "^[^\"]{1,5}$",
        "^\\S+@\\S+$"
    };
    /**
     * Without e-mail addresses, of which the validator wants top-level domains that there are, and times, of which it refuses those that are on
     * another day in UTC.
     */
    private static final String[] FORMATS = {"date", "date-time", "uuid", "ipv4"};

    private static final String[] TYPES = {"string", "integer", "number", "boolean", "null", "array", "object"};

    private final SplittableRandom random;
    private final boolean definitions;

    private RandomSchema(SplittableRandom random, boolean definitions) {
        this.random = random;
        this.definitions = definitions;
    }

    static ObjectNode of(SplittableRandom random) {
        boolean definitions = random.nextInt(4) == 0;
        var writer = new RandomSchema(random, definitions);
        ObjectNode schema = writer.schema(0);
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema").put("description", "chance");
        if (definitions) {
            ObjectNode all = schema.putObject("$defs");
            all.set("one", writer.schema(2));
            ObjectNode tree = all.putObject("tree").put("type", "object");
            tree.putObject("properties").putObject("next").put("$ref", "#/$defs/tree");
            ((ObjectNode) tree.get("properties")).set("value", writer.schema(3));
            tree.putArray("required").add("value");
        }
        return schema;
    }

    private ObjectNode schema(int depth) {
        ObjectNode schema = JSON.objectNode();
        switch (random.nextInt(depth > 2 ? 7 : 14)) {
            case 0 -> schema.put("type", "boolean");
            case 1 -> number(schema.put("type", "integer"), 0);
            case 2 -> number(schema.put("type", "number"), random.nextInt(4));
            case 3, 4 -> string(schema);
            case 5 -> constants(schema);
            case 6 -> {
                if (definitions) {
                    schema.put("$ref", random.nextBoolean() ? "#/$defs/one" : "#/$defs/tree");
                    if (random.nextInt(3) == 0) {
                        schema.put("title", "a reference");
                    }
                } else {
                    schema.put("type", "null");
                }
            }
            case 7, 8 -> array(schema, depth);
            case 9 -> {
                ArrayNode options = schema.putArray("anyOf");
                for (int i = random.nextInt(1, 4); i > 0; i--) {
                    options.add(schema(depth + 1));
                }
                if (random.nextInt(3) == 0) {
                    schema.put("type", TYPES[random.nextInt(TYPES.length)]);
                }
            }
            case 10 -> {
                ArrayNode options = schema.putArray("oneOf");
                options.add(string(JSON.objectNode()))
                        .add(number(JSON.objectNode().put("type", "number"), 1));
                options.add(random.nextBoolean() ? array(JSON.objectNode(), depth) : constants(JSON.objectNode()));
            }
            case 11 -> {
                ArrayNode parts = schema.putArray("allOf");
                parts.add(object(JSON.objectNode(), depth, false)).add(object(JSON.objectNode(), depth, false));
                if (random.nextBoolean()) {
                    object(schema, depth, false);
                }
            }
            case 12 -> {
                ArrayNode types = schema.putArray("type");
                types.add(TYPES[random.nextInt(3)]).add(TYPES[3 + random.nextInt(4)]);
                schema.put("minimum", random.nextInt(9)).put("minLength", 1).put("maxItems", 2);
            }
            default -> object(schema, depth, true);
        }
        return schema;
    }

    private ObjectNode number(ObjectNode schema, int scale) {
        int bounds = random.nextInt(5);
        BigDecimal low = BigDecimal.valueOf(random.nextLong(-3000, 3000), scale);
        BigDecimal high = low.add(BigDecimal.valueOf(random.nextLong(2, 5000), scale));
        if (bounds % 2 == 1) {
            schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", low);
        }
        if (bounds >= 2) {
            schema.put(random.nextBoolean() ? "maximum" : "exclusiveMaximum", high);
        }
        return schema;
    }

    private ObjectNode string(ObjectNode schema) {
        schema.put("type", "string");
        switch (random.nextInt(5)) {
            case 0 -> schema.put("minLength", random.nextInt(4));
            case 1 -> schema.put("minLength", random.nextInt(3)).put("maxLength", random.nextInt(3, 30));
            case 2 -> schema.put("pattern", PATTERNS[random.nextInt(PATTERNS.length)]);
            case 3 -> schema.put("format", FORMATS[random.nextInt(FORMATS.length)]);
            default -> schema.put("title", "any string");
        }
        return schema;
    }

    private ObjectNode constants(ObjectNode schema) {
        if (random.nextInt(3) == 0) {
            schema.putObject("const")
                    .put("a", 1.5)
                    .putArray("b")
                    .add("\u0001/é")
                    .addNull();
        } else {
            schema.putArray("enum")
                    .add("a\"b")
                    .add(17)
                    .add(new BigDecimal("-1.250"))
                    .addNull()
                    .add("é😀\u2028")
                    .add(true);
            if (random.nextInt(3) == 0) {
                schema.put("type", TYPES[random.nextInt(5)]);
            }
        }
        return schema;
    }

    private ObjectNode array(ObjectNode schema, int depth) {
        schema.put("type", "array");
        int fixed = random.nextInt(3) == 0 ? random.nextInt(1, 4) : 0;
        for (int i = 0; i < fixed; i++) {
            schema.withArray("prefixItems").add(schema(depth + 1));
        }
        int items = random.nextInt(4);
        boolean closed = items == 0 && fixed > 0;
        if (closed) {
            schema.put("items", false);
        } else if (items > 1) {
            schema.set("items", schema(depth + 1));
        }
        if (random.nextBoolean()) {
            int least = random.nextInt(closed ? fixed + 1 : 4);
            schema.put("minItems", least);
            if (random.nextBoolean()) {
                schema.put("maxItems", least + random.nextInt(3));
            }
        }
        return schema;
    }

    private ObjectNode object(ObjectNode schema, int depth, boolean mayBeClosed) {
        schema.put("type", "object");
        if (mayBeClosed && random.nextInt(4) == 0) {
            schema.set("additionalProperties", schema(depth + 1));
            return schema;
        }
        ObjectNode properties = schema.putObject("properties");
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            String name = NAMES[random.nextInt(NAMES.length)];
            properties.set(name, schema(depth + 1));
            if (random.nextBoolean()) {
                schema.withArray("required").add(name);
            }
        }
        if (mayBeClosed && random.nextBoolean()) {
            schema.put("additionalProperties", false);
        }
        return schema;
    }
}
