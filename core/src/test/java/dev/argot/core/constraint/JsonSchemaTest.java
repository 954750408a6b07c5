package dev.argot.core.constraint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts drawn through the mask are valid JSON and fit the schema, judged by a validator that knows nothing of automata. */
class JsonSchemaTest {
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private static JsonNode json(String text) {
        try {
            return JSON.readTree(text.replace('\'', '"'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Automaton automaton(String schema) {
        return new Automaton(JsonSchema.pattern(json(schema)));
    }

    private static boolean fits(Automaton automaton, String text) {
        int state = 0;
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            state = automaton.next(state, b & 0xff);
            if (state == Automaton.DEAD) {
                return false;
            }
        }
        return automaton.accepts(state);
    }

    // ---- random schemas

    private static ObjectNode schema(SplittableRandom random, int depth) {
        ObjectNode schema = JSON.createObjectNode();
        switch (random.nextInt(depth > 2 ? 6 : 9)) {
            case 0 -> schema.put("type", "boolean");
            case 1 -> {
                schema.put("type", "integer");
                if (random.nextBoolean()) {
                    long low = random.nextLong(-2000, 2000);
                    schema.put("minimum", low).put("maximum", low + random.nextLong(3000));
                }
            }
            case 2 -> {
                schema.put("type", "number");
                if (random.nextBoolean()) {
                    schema.put(random.nextBoolean() ? "minimum" : "exclusiveMinimum", random.nextLong(-50, 50));
                }
            }
            case 3 -> {
                schema.put("type", "string");
                int kind = random.nextInt(4);
                if (kind == 0) {
                    schema.put("minLength", random.nextInt(3)).put("maxLength", 3 + random.nextInt(5));
                } else if (kind == 1) {
                    schema.put("pattern", new String[] {"^[A-Z]{2}\\d{3}$", "^a\"+\\\\b?\\n$", "x"}[random.nextInt(3)]);
                } else if (kind == 2) {
                    schema.put("format", new String[] {"date", "uuid", "time", "ipv4"}[random.nextInt(4)]);
                }
            }
            case 4 -> schema.putArray("enum").add("a\"b").add(17).addNull().add("é😀");
            case 5 -> schema.put("type", "null");
            case 6 -> {
                schema.put("type", "array").set("items", schema(random, depth + 1));
                if (random.nextBoolean()) {
                    int least = random.nextInt(3);
                    schema.put("minItems", least).put("maxItems", least + random.nextInt(3));
                }
            }
            case 7 -> {
                ArrayNode options = schema.putArray("anyOf");
                for (int i = 0; i <= random.nextInt(3); i++) {
                    options.add(schema(random, depth + 1));
                }
            }
            default -> {
                schema.put("type", "object").put("additionalProperties", false);
                ObjectNode properties = schema.putObject("properties");
                ArrayNode required = schema.putArray("required");
                for (int i = random.nextInt(5); i >= 0; i--) {
                    properties.set("p" + i, schema(random, depth + 1));
                    if (random.nextBoolean()) {
                        required.add("p" + i);
                    }
                }
            }
        }
        return schema;
    }

    /** The slow second opinion. */
    private static boolean valid(JsonNode schema, JsonNode value) {
        if (schema.has("anyOf")) {
            for (JsonNode option : schema.get("anyOf")) {
                if (valid(option, value)) {
                    return true;
                }
            }
            return false;
        }
        if (schema.has("enum")) {
            for (JsonNode one : schema.get("enum")) {
                if (one.equals(value)) {
                    return true;
                }
            }
            return false;
        }
        return switch (schema.get("type").asText()) {
            case "boolean" -> value.isBoolean();
            case "null" -> value.isNull();
            case "integer", "number" ->
                (schema.get("type").asText().equals("integer") ? value.isIntegralNumber() : value.isNumber())
                        && (!schema.has("minimum")
                                || value.decimalValue()
                                                .compareTo(schema.get("minimum").decimalValue())
                                        >= 0)
                        && (!schema.has("exclusiveMinimum")
                                || value.decimalValue()
                                                .compareTo(schema.get("exclusiveMinimum")
                                                        .decimalValue())
                                        > 0)
                        && (!schema.has("maximum")
                                || value.decimalValue()
                                                .compareTo(schema.get("maximum").decimalValue())
                                        <= 0);
            case "string" -> {
                if (!value.isTextual()) {
                    yield false;
                }
                String text = value.asText();
                int length = text.codePointCount(0, text.length());
                boolean expression = !schema.has("pattern")
                        || java.util.regex.Pattern.compile(schema.get("pattern").asText())
                                .matcher(text)
                                .find();
                yield expression
                        && length >= schema.path("minLength").asInt(0)
                        && length <= schema.path("maxLength").asInt(Integer.MAX_VALUE)
                        && (!schema.path("format").asText().equals("date")
                                || java.time.LocalDate.parse(text).getYear() >= 0);
            }
            case "array" -> {
                boolean all = value.isArray()
                        && value.size() >= schema.path("minItems").asInt(0)
                        && value.size() <= schema.path("maxItems").asInt(Integer.MAX_VALUE);
                for (JsonNode item : value) {
                    all &= valid(schema.get("items"), item);
                }
                yield all;
            }
            default -> {
                boolean all = value.isObject();
                for (JsonNode name : schema.get("required")) {
                    all &= value.has(name.asText());
                }
                for (var entry : value.properties()) {
                    JsonNode declared = schema.get("properties").get(entry.getKey());
                    all &= declared != null && valid(declared, entry.getValue());
                }
                yield all;
            }
        };
    }

    private static final List<byte[]> VOCABULARY = vocabulary();

    private static List<byte[]> vocabulary() {
        var tokens = new ArrayList<byte[]>();
        for (int i = 0; i < 256; i++) {
            tokens.add(new byte[] {(byte) i});
        }
        for (String text : List.of(
                "\": ", "{\"", "\"}", "], ", "null", "true", "p0", "p1\":", "12", "0.5", "-1", "\\n", "日本", "\", \"",
                "]}", "abc")) {
            tokens.add(text.getBytes(StandardCharsets.UTF_8));
        }
        return tokens;
    }

    @RepeatedTest(400)
    void allowed_randomSchemaRandomTokens_giveValidJson(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        ObjectNode schema = schema(random, 0);
        var masks = new TokenMasks(
                new Automaton(JsonSchema.pattern(schema)),
                new TokenMasks.Vocabulary(VOCABULARY.size(), VOCABULARY::get));
        for (int sample = 0; sample < 5; sample++) {
            var bytes = new java.io.ByteArrayOutputStream();
            int state = 0;
            for (int step = 0; step < 5000; step++) {
                int[] ids = masks.allowed(state).stream().toArray();
                if (ids.length == 0 || (masks.mayEnd(state) && random.nextInt(3) == 0)) {
                    break;
                }
                // short texts come to an end: closing characters are drawn more often
                int id = random.nextInt(4) > 0 ? ids[random.nextInt(ids.length)] : closing(ids, random);
                bytes.writeBytes(VOCABULARY.get(id));
                state = masks.next(state, VOCABULARY.get(id));
            }
            if (masks.mayEnd(state)) {
                String text = bytes.toString(StandardCharsets.UTF_8);
                JsonNode value;
                try (JsonParser parser = JSON.createParser(text)) {
                    value = JSON.readTree(text);
                } catch (IOException e) {
                    throw new AssertionError("seed " + seed + " schema " + schema + " text " + text, e);
                }
                assertThat(valid(schema, value))
                        .as("seed %d schema %s text %s", seed, schema, text)
                        .isTrue();
            } else {
                assertThat(masks.allowed(state).isEmpty())
                        .as("seed %d stuck", seed)
                        .isFalse();
            }
        }
    }

    private static int closing(int[] ids, SplittableRandom random) {
        for (int id : ids) {
            if (id == '"' || id == ']' || id == '}') {
                return id;
            }
        }
        return ids[random.nextInt(ids.length)];
    }

    // ---- single cases

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'string'}},'required':['a']} | {'a': 1} | true",
                "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'string'}},'required':['a']} | {'a':1,'b':'x'} | true",
                "{'type':'object','properties':{'a':{'type':'integer'},'b':{'type':'string'}},'required':['a']} | {'b': 'x'} | false",
                "{'type':'integer','minimum':-3,'maximum':12} | -3 | true",
                "{'type':'integer','minimum':-3,'maximum':12} | -4 | false",
                "{'type':'integer','minimum':-3,'maximum':12} | 12 | true",
                "{'type':'integer','minimum':-3,'maximum':12} | 13 | false",
                "{'type':'integer','minimum':-3,'maximum':12} | -0 | false",
                "{'type':['string','null']} | null | true",
                "{'oneOf':[{'type':'string'},{'type':'integer'}]} | 5 | true",
                "{'allOf':[{'type':'object','properties':{'a':{'const':1}}},{'properties':{'b':{'const':2}},'required':['b']}]} | {'a': 1, 'b': 2} | true",
                "{'$ref':'#/$defs/n','$defs':{'n':{'type':'object','properties':{'next':{'$ref':'#/$defs/n'}}}}} | {'next': {'next': {}}} | true",
                "{'type':'array','prefixItems':[{'const':1},{'const':2}],'items':false,'minItems':1} | [1, 2] | true",
                "{'type':'array','prefixItems':[{'const':1},{'const':2}],'items':false,'minItems':1} | [] | false",
                "{} | {'x': [1, {'y': null}]} | true",
                "{'type':'string','format':'time'} | '23:59:59.5-14:00' | true",
                "{'type':'string','format':'time'} | '24:00:00Z' | false",
                "{'type':'string','format':'email'} | 'jo.doe@mail.example.org' | true",
                "{'type':'string','format':'email'} | 'jo@example' | false",
                "{'type':'string','enum':['a',1]} | 1 | false",
                "{'type':'string','enum':['a',1]} | 'a' | true",
                "{'type':'string','enum':['a','b'],'title':'T','description':'which','default':'a'} | 'b' | true",
                "{'const':'a','$comment':'only this'} | 'b' | false",
                "{'$ref':'#/$defs/s','maxLength':1,'$defs':{'s':{'type':'string'}}} | 'ab' | false",
                "{'$ref':'#/$defs/s','maxLength':1,'$defs':{'s':{'type':'string'}}} | 'a' | true",
                "{'$ref':'#/$defs/a%20b','$defs':{'a b':{'const':7}}} | 7 | true",
                "{'type':'object','properties':{'a':{'const':1},'b':{'const':2}},'anyOf':[{'required':['a']},{'required':['b']}]} | {} | false",
                "{'type':'object','properties':{'a':{'const':1},'b':{'const':2}},'anyOf':[{'required':['a']},{'required':['b']}]} | {'b':2} | true",
                "{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':1} | 0.25 | true",
                "{'type':'number','exclusiveMinimum':0,'exclusiveMaximum':1} | 0.0 | false",
                "{'type':'number','minimum':0.1,'maximum':0.35} | 0.351 | false",
                "{'type':'number','minimum':0.1,'maximum':0.35} | 0.35 | true",
                "{'type':'number','minimum':-1.5} | -1.5 | true",
                "{'type':'number','minimum':-1.5} | -1.51 | false",
                "{'type':'number','minimum':-1.5} | 12345.25 | true",
                "{'exclusiveMinimum':3} | 2 | false",
                "{'type':'array','items':{'type':'null'},'minItems':9000} | [] | false",
            })
    void pattern_schema_holdsText(String schema, String text, boolean holds) {
        assertThat(fits(automaton(schema), text.replace('\'', '"'))).isEqualTo(holds);
    }

    @Test
    void pattern_manyOptionalProperties_staysSmall() {
        ObjectNode schema = JSON.createObjectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        for (int i = 0; i < 60; i++) {
            properties.putObject("property" + i).put("type", "boolean");
        }
        var automaton = new Automaton(JsonSchema.pattern(schema));
        assertThat(fits(automaton, "{\"property3\": true, \"property59\": false}"))
                .isTrue();
        assertThat(fits(automaton, "{\"property59\": true, \"property3\": false}"))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'string','not':{}}",
                "{'type':'text'}",
                "{'type':'array','uniqueItems':true}",
                "{'$ref':'#/nowhere'}",
                "{'oneOf':[{'type':'object'},{'type':'object'}]}",
                "{'type':'integer','minimum':5,'maximum':4}",
                "{'type':'string','minLength':3,'maxLength':2}",
                "{'type':'string','pattern':'(?=a)'}",
                "{'type':'string','format':'iri'}",
                "{'enum':[]}",
                "17",
                "{'type':'object','required':['a']}",
                "{'type':'number','multipleOf':3}",
                "{'type':'any'}",
                "{'type':'string','enum':[1,2]}",
                "{'type':'object','properties':[]}",
                "{'type':'object','required':'a'}",
                "{'type':'integer','maximum':1e999999}",
                "{'$ref':'#anchor'}",
                "{'$ref':'other.json'}",
                "{'allOf':[{'additionalProperties':false,'properties':{'a':{}}},{'properties':{'b':{}}}]}",
                "{'allOf':[{'items':{'type':'string'}},{'prefixItems':[{'type':'null'}]}]}",
                "{'oneOf':[{'const':1},{'const':1.0}]}",
                "{'oneOf':[{'const':1},{'type':'integer'}]}"
            })
    void pattern_whatCannotBeKept_isRefused(String schema) {
        assertThatThrownBy(() -> JsonSchema.pattern(json(schema)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("JSON schema, #");
    }

    @Test
    void pattern_definitionsThatContainEachOther_areRefusedSoon() {
        ObjectNode schema = JSON.createObjectNode().put("$ref", "#/$defs/d0");
        ObjectNode definitions = schema.putObject("$defs");
        for (int i = 0; i < 9; i++) {
            ObjectNode properties =
                    definitions.putObject("d" + i).put("type", "object").putObject("properties");
            for (int j = 0; j < 9; j++) {
                properties.putObject("p" + j).put("$ref", "#/$defs/d" + j);
            }
        }
        assertThatThrownBy(() -> JsonSchema.pattern(schema))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("more than 20000 schemas");
    }

    @Test
    void pattern_manyProperties_isLinear() {
        ObjectNode schema = JSON.createObjectNode().put("type", "object");
        ObjectNode properties = schema.putObject("properties");
        for (int i = 0; i < 5000; i++) {
            properties.putObject("property" + i).put("type", "null");
        }
        assertThat(fits(new Automaton(JsonSchema.pattern(schema)), "{\"property17\":null, \"property4999\": null}"))
                .isTrue();
    }
}
