package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.adaptation.Schedule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every recorded table of learning rates. */
class ScheduleGoldenTest {
    /** A table with what holds for all of its file. */
    record Table(JsonNode expected, double relativeTolerance) {}

    static Stream<Named<Table>> tables() {
        try (Stream<Path> folders = Files.list(Path.of(System.getProperty("argot.golden")))) {
            return folders.filter(f -> f.getFileName().toString().startsWith("lr-")).sorted().toList().stream()
                    .flatMap(ScheduleGoldenTest::tables);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Named<Table>> tables(Path folder) {
        JsonNode expected;
        try {
            expected =
                    new ObjectMapper().readTree(folder.resolve("expected.json").toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        double tolerance = expected.get("relative_tolerance").asDouble();
        return StreamSupport.stream(expected.get("schedules").spliterator(), false)
                .map(s -> Named.of(s.get("schedule").asText() + " " + s.get("arguments"), new Table(s, tolerance)));
    }

    @ParameterizedTest
    @MethodSource("tables")
    void factor_everyStep_equalsTheTable(Table table) {
        JsonNode expected = table.expected();
        Schedule schedule = schedule(expected);
        double base = expected.get("base_lr").asDouble();
        long total = totalSteps(expected);
        for (int step = 0; step < expected.get("lr_at_step").size(); step++) {
            double rate = expected.get("lr_at_step").get(step).asDouble();
            assertThat(base * schedule.factor(step, total))
                    .as("step %d", step)
                    .isCloseTo(rate, Offset.offset(rate * table.relativeTolerance()));
        }
    }

    private static long totalSteps(JsonNode expected) {
        JsonNode arguments = expected.get("arguments");
        return arguments.has("num_stable_steps")
                ? expected.get("num_warmup_steps").asLong()
                        + arguments.get("num_stable_steps").asLong()
                        + arguments.get("num_decay_steps").asLong()
                : expected.path("num_training_steps").asLong();
    }

    private static Schedule schedule(JsonNode expected) {
        JsonNode arguments = expected.get("arguments");
        double base = expected.get("base_lr").asDouble();
        Schedule.Span warmup =
                Schedule.Span.steps(expected.path("num_warmup_steps").asLong());
        String name = expected.get("schedule").asText();
        return switch (name) {
            case "constant", "constant_with_warmup" -> new Schedule.Constant(warmup);
            case "linear" -> new Schedule.Linear(warmup);
            case "cosine", "cosine_with_min_lr" ->
                new Schedule.Cosine(
                        warmup,
                        arguments.path("num_cycles").asDouble(0.5),
                        arguments.has("min_lr")
                                ? arguments.get("min_lr").asDouble() / base
                                : arguments.path("min_lr_rate").asDouble());
            case "cosine_with_restarts" ->
                new Schedule.CosineWithRestarts(
                        warmup, arguments.path("num_cycles").asInt(1));
            case "polynomial" ->
                new Schedule.Polynomial(
                        warmup,
                        arguments.path("power").asDouble(1),
                        arguments.path("lr_end").asDouble() / base);
            case "inverse_sqrt" ->
                new Schedule.InverseSqrt(warmup, arguments.path("timescale").asLong());
            case "warmup_stable_decay" ->
                new Schedule.WarmupStableDecay(
                        warmup,
                        Schedule.Span.steps(arguments.get("num_decay_steps").asLong()),
                        shape(arguments.path("warmup_type").asText("linear")),
                        shape(arguments.path("decay_type").asText("cosine")),
                        arguments.path("min_lr_ratio").asDouble());
            default -> throw new IllegalArgumentException("no schedule is named " + name);
        };
    }

    private static Schedule.WarmupStableDecay.Shape shape(String name) {
        return name.equals("1-sqrt")
                ? Schedule.WarmupStableDecay.Shape.ONE_MINUS_SQRT
                : Schedule.WarmupStableDecay.Shape.valueOf(name.toUpperCase(Locale.ROOT));
    }
}
