package dev.argot.core.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.ArgotException;
import dev.argot.api.Constraint;
import dev.argot.core.constraint.Constraints;
import dev.argot.core.constraint.TokenMasks;
import dev.argot.core.decoding.PieceTokenizer;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.spi.ToolProvider;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordBindingTest {
    enum Mood {
        GOOD,
        Bad,
        UNKNOWN {
            @Override
            public String toString() {
                return "?";
            }
        }
    }

    record Place(String street, Optional<Integer> number) {}

    record All(
            String text,
            int count,
            long big,
            double ratio,
            boolean flag,
            Integer boxedCount,
            Long boxedBig,
            Double boxedRatio,
            Boolean boxedFlag,
            BigDecimal amount,
            LocalDate day,
            Mood mood,
            Place place,
            List<String> words,
            List<List<Place>> walks,
            Map<String, Double> prices,
            Map<String, List<Mood>> moods,
            Optional<String> note,
            Optional<Place> other,
            Optional<List<Long>> numbers) {}

    record Empty() {}

    // ---- schema

    @Test
    void schema_everyKind_isWhatTheComponentsSay() throws IOException {
        JsonNode schema = new ObjectMapper().readTree(RecordBinding.schema(All.class));
        assertThat(schema.get("type").asText()).isEqualTo("object");
        assertThat(schema.get("additionalProperties").asBoolean()).isFalse();
        assertThat(schema.get("properties").fieldNames())
                .toIterable()
                .startsWith("text", "count", "big")
                .endsWith("note", "other", "numbers");
        assertThat(schema.get("required")).hasSize(17);
        assertThat(schema.at("/properties/count"))
                .hasToString("{\"type\":\"integer\",\"minimum\":-2147483648,\"maximum\":2147483647}");
        assertThat(schema.at("/properties/mood/enum")).hasToString("[\"GOOD\",\"Bad\",\"UNKNOWN\"]");
        assertThat(schema.at("/properties/day")).hasToString("{\"type\":\"string\",\"format\":\"date\"}");
        assertThat(schema.at("/properties/walks/items/items/properties/street")).hasToString("{\"type\":\"string\"}");
        assertThat(schema.at("/properties/walks/items/items/required")).hasToString("[\"street\"]");
        assertThat(schema.at("/properties/prices"))
                .hasToString("{\"type\":\"object\",\"additionalProperties\":{\"type\":\"number\"}}");
        assertThat(schema.at("/properties/numbers/items/type").asText()).isEqualTo("integer");
    }

    record Generic<T>(T value) {}

    record Recursive(String name, List<Recursive> parts) {}

    record Arrays(String name, int[] numbers) {}

    record Raw(@SuppressWarnings("rawtypes") List raw) {}

    record Wild(List<? extends String> wild) {}

    record Keys(Map<Integer, String> keys) {}

    record Anything(Object thing) {}

    record Nested(Place place, List<Optional<String>> holes) {}

    record Twice(Optional<Optional<String>> note) {}

    record Inside(Place place, Arrays arrays) {}

    enum Nothing {}

    record OfNothing(Nothing nothing) {}

    record Uses(Generic<String> generic) {}

    @Test
    void schema_whatJsonDoesNotKnow_isRefusedByName() {
        Map<Class<? extends Record>, String> refused = new LinkedHashMap<>();
        refused.put(Generic.class, "Generic:");
        refused.put(Recursive.class, "Recursive.parts[]");
        refused.put(Arrays.class, "Arrays.numbers");
        refused.put(Raw.class, "Raw.raw");
        refused.put(Wild.class, "Wild.wild[]");
        refused.put(Keys.class, "Keys.keys");
        refused.put(Anything.class, "Anything.thing");
        refused.put(Nested.class, "Nested.holes[]");
        refused.put(Twice.class, "Twice.note");
        refused.put(Inside.class, "Inside.arrays.numbers");
        refused.put(OfNothing.class, "OfNothing.nothing");
        refused.put(Uses.class, "Uses.generic");
        refused.forEach((type, name) -> assertThatThrownBy(() -> RecordBinding.schema(type))
                .as(name)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(name));
    }

    // ---- reading

    @RepeatedTest(300)
    void read_randomRecords_areThoseWritten(RepetitionInfo repetition) {
        var random = new SplittableRandom(repetition.getCurrentRepetition());
        for (int i = 0; i < 20; i++) {
            All record = all(random);
            String json = json(record).toString();
            assertThat(RecordBinding.read(json, All.class))
                    .as("seed %d: %s", repetition.getCurrentRepetition(), json)
                    .isEqualTo(record);
        }
    }

    private static String text(SplittableRandom random) {
        return random.ints(random.nextInt(8), 0, 10)
                .mapToObj(i -> List.of("a", "\"", "\\", "\n", "é", "😀", "\u0001", "{", " ", "/")
                        .get(i))
                .reduce("", String::concat);
    }

    private static <T> List<T> list(SplittableRandom random, java.util.function.Supplier<T> one) {
        return IntStream.range(0, random.nextInt(4)).mapToObj(i -> one.get()).toList();
    }

    private static <T> Optional<T> optional(SplittableRandom random, java.util.function.Supplier<T> one) {
        return random.nextBoolean() ? Optional.of(one.get()) : Optional.empty();
    }

    private static <T> Map<String, T> map(SplittableRandom random, java.util.function.Supplier<T> one) {
        var map = new LinkedHashMap<String, T>();
        IntStream.range(0, random.nextInt(3)).forEach(i -> map.put(text(random) + i, one.get()));
        return map;
    }

    private static Place place(SplittableRandom random) {
        return new Place(text(random), optional(random, random::nextInt));
    }

    private static Mood mood(SplittableRandom random) {
        return Mood.values()[random.nextInt(3)];
    }

    private static double number(SplittableRandom random) {
        return switch (random.nextInt(3)) {
            case 0 -> random.nextInt(100);
            case 1 -> random.nextDouble(-1e-9, 1e-9);
            default -> random.nextDouble(-1e300, 1e300);
        };
    }

    private static All all(SplittableRandom random) {
        return new All(
                text(random),
                random.nextInt(),
                random.nextLong(),
                number(random),
                random.nextBoolean(),
                random.nextInt(10),
                random.nextLong(),
                number(random),
                random.nextBoolean(),
                BigDecimal.valueOf(random.nextLong(), random.nextInt(30)),
                LocalDate.ofEpochDay(random.nextInt(-700_000, 2_900_000)),
                mood(random),
                place(random),
                list(random, () -> text(random)),
                list(random, () -> list(random, () -> place(random))),
                map(random, () -> number(random)),
                map(random, () -> list(random, () -> mood(random))),
                optional(random, () -> text(random)),
                optional(random, () -> place(random)),
                optional(random, () -> list(random, random::nextLong)));
    }

    /** Written by Jackson from what the components hold. */
    private static JsonNode json(Object value) {
        JsonNodeFactory nodes = new JsonNodeFactory(true);
        return switch (value) {
            case String text -> nodes.textNode(text);
            case Integer number -> nodes.numberNode(number);
            case Long number -> nodes.numberNode(number);
            case Double number -> nodes.numberNode(number);
            case BigDecimal number -> nodes.numberNode(number);
            case Boolean flag -> nodes.booleanNode(flag);
            case LocalDate day -> nodes.textNode(day.toString());
            case Enum<?> constant -> nodes.textNode(constant.name());
            case List<?> list -> {
                ArrayNode array = nodes.arrayNode();
                list.forEach(one -> array.add(json(one)));
                yield array;
            }
            case Map<?, ?> map -> {
                ObjectNode object = nodes.objectNode();
                map.forEach((key, one) -> object.set((String) key, json(one)));
                yield object;
            }
            case Record record -> {
                ObjectNode object = nodes.objectNode();
                for (var component : record.getClass().getRecordComponents()) {
                    Object held;
                    try {
                        held = component.getAccessor().invoke(record);
                    } catch (ReflectiveOperationException e) {
                        throw new LinkageError("a record without accessors", e);
                    }
                    if (held instanceof Optional<?> optional) {
                        optional.ifPresent(one -> object.set(component.getName(), json(one)));
                    } else {
                        object.set(component.getName(), json(held));
                    }
                }
                yield object;
            }
            default -> throw new AssertionError(value);
        };
    }

    record Person(String name, int age, List<Place> homes) {
        Person {
            if (age < 0) {
                throw new IllegalArgumentException("nobody is " + age + " years old");
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"name\":\"Ann\",\"age\":3} | Person.homes: expected array, found nothing",
                "{\"name\":3,\"age\":3,\"homes\":[]} | Person.name: expected string, found 3",
                "{\"name\":null,\"age\":3,\"homes\":[]} | Person.name: expected string, found null",
                "{\"name\":\"Ann\",\"age\":\"3\",\"homes\":[]} | Person.age: expected number, found \"3\"",
                "{\"name\":\"Ann\",\"age\":3.5,\"homes\":[]} | Person.age: expected a whole number from -2147483648 to 2147483647, found 3.5",
                "{\"name\":\"Ann\",\"age\":3000000000,\"homes\":[]} | found 3000000000",
                "{\"name\":\"Ann\",\"age\":1e999999999,\"homes\":[]} | Person.age: expected a whole number",
                "{\"name\":\"Ann\",\"age\":3,\"homes\":[{\"street\":\"A\"},{\"street\":[]}]} | Person.homes[1].street: expected string, found []",
                "{\"name\":\"Ann\",\"age\":3,\"homes\":[],\"x\":1} | Person: expected no other properties than [name, age, homes], found [x]",
                "{\"name\":\"Ann\",\"age\":-3,\"homes\":[]} | Person: Person refused its components: nobody is -3 years old",
                "[] | Person: expected an object, found []",
                "{\"name\":\"Ann | The answer is not JSON",
                "{\"name\":\"Ann\",\"age\":3,\"homes\":[]} {} | The answer is not JSON"
            })
    void read_otherJson_isRefusedWithItsPath(String json, String message) {
        assertThatThrownBy(() -> RecordBinding.read(json, Person.class))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "3.0", "30e-1"})
    void read_wholeNumberHoweverWritten_isRead(String number) {
        String json = "{\"name\":\"Ann\",\"age\":" + number + ",\"homes\":[]}";
        assertThat(RecordBinding.read(json, Person.class)).isEqualTo(new Person("Ann", 3, List.of()));
    }

    @Test
    void read_nullOfOptional_isEmpty() {
        assertThat(RecordBinding.read("{\"street\":\"A\",\"number\":null}", Place.class))
                .isEqualTo(new Place("A", Optional.empty()));
        assertThat(RecordBinding.read("{}", Empty.class)).isEqualTo(new Empty());
    }

    // ---- records of other modules

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "exports shop;      | public record | true",
                "opens shop;        | record        | true",
                "exports shop;      | record        | false",
                "                   | public record | false"
            })
    void read_recordOfANamedModule_needsAccess(
            @Nullable String directive, String declaration, boolean isWithinReach, @TempDir Path folder)
            throws IOException, ReflectiveOperationException {
        // GIVEN
        Path module = folder.resolve("module-info.java");
        Path source = folder.resolve("Item.java");
        Files.writeString(module, "module shop { " + (directive == null ? "" : directive) + " }");
        Files.writeString(source, "package shop; " + declaration + " Item(String name, int count) {}");
        int compiled = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(System.out, System.err, "-d", folder.toString(), module.toString(), source.toString());
        assertThat(compiled).isZero();
        ModuleLayer boot = ModuleLayer.boot();
        var configuration = boot.configuration().resolve(ModuleFinder.of(folder), ModuleFinder.of(), Set.of("shop"));
        Class<? extends Record> type = boot.defineModulesWithOneLoader(configuration, null)
                .findLoader("shop")
                .loadClass("shop.Item")
                .asSubclass(Record.class);
        // WHEN, THEN
        if (isWithinReach) {
            assertThat(RecordBinding.read("{\"name\":\"pen\",\"count\":2}", type))
                    .hasToString("Item[name=pen, count=2]");
        } else {
            assertThatThrownBy(() -> RecordBinding.schema(type))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("shop.Item of the module shop cannot be made by Argot")
                    .hasMessageContaining("opens shop to ");
        }
    }

    // ---- what the constraint lets through

    record Written(
            int count,
            Long big,
            BigDecimal amount,
            LocalDate day,
            Mood mood,
            Place place,
            List<Place> places,
            Map<String, Boolean> flags,
            Optional<String> note) {}

    /** Walks through the masks of the schema at random: whatever ends there can be read. */
    @RepeatedTest(300)
    void read_whateverTheSchemaLetsThrough_isARecord(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        String json = drawn(new SplittableRandom(seed));
        Written record = RecordBinding.read(json, Written.class);
        assertThat(json)
                .as("seed %d", seed)
                .contains(record.day().toString())
                .contains("\"" + record.mood().name() + "\"");
        assertThat(Integer.parseInt(json.replaceFirst(".*?\"count\": ?(-?\\d+).*", "$1")))
                .as("seed %d: %s", seed, json)
                .isEqualTo(record.count());
    }

    private static final TokenMasks MASKS = masks();

    private static TokenMasks masks() {
        String[] pieces = IntStream.rangeClosed(31, 126)
                .mapToObj(c -> c == 31 ? "<end>" : String.valueOf((char) c))
                .toArray(String[]::new);
        return new Constraints(new PieceTokenizer(pieces)).masks(Constraint.JsonSchema.of(Written.class));
    }

    private static String drawn(SplittableRandom random) {
        var text = new StringBuilder();
        int state = TokenMasks.BEGINNING;
        while (!MASKS.allowed(state).isEmpty()) {
            int[] allowed = MASKS.allowed(state).stream().toArray();
            // what is open is closed more and more often
            int[] closing = java.util.Arrays.stream(allowed)
                    .filter(id -> "\"]}".indexOf(31 + id) >= 0)
                    .toArray();
            int[] from = closing.length > 0 && random.nextInt(200) < text.length() ? closing : allowed;
            int id = from[random.nextInt(from.length)];
            text.append((char) (31 + id));
            state = MASKS.next(state, id);
        }
        return text.toString();
    }
}
