package dev.argot.core.constraint;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.SplittableRandom;

/**
 * Whatever stands in an expression or a schema, it is refused with a message, or gives an automaton from each of whose states a text can be
 * ended; in bounded time and memory. The inputs beside this class are tried in every build; with the environment variable
 * {@code JAZZER_FUZZ=1} more are searched for.
 */
class ConstraintFuzzTest {
    private static final int STEPS = 200;
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    @FuzzTest(maxDuration = "60s")
    void parse_anyExpression_isRefusedOrHasTexts(FuzzedDataProvider data) {
        try {
            walk(new Automaton(RegexParser.parse(data.consumeRemainingAsString())));
        } catch (IllegalArgumentException e) {
            check(e);
        }
    }

    @FuzzTest(maxDuration = "60s")
    void pattern_anySchema_isRefusedOrHasTexts(FuzzedDataProvider data) {
        try {
            walk(new Automaton(JsonSchema.pattern(JSON.readTree(data.consumeRemainingAsString()))));
        } catch (IllegalArgumentException e) {
            check(e);
        } catch (JsonProcessingException e) {
            // not JSON
        }
    }

    private static void check(IllegalArgumentException e) {
        if (e.getMessage() == null || e.getClass() != IllegalArgumentException.class) {
            throw new AssertionError("not refused by ourselves, or without a message", e);
        }
    }

    private static void walk(Automaton automaton) {
        var random = new SplittableRandom(1);
        int state = 0;
        for (int step = 0; step < STEPS; step++) {
            int from = random.nextInt(256);
            int next = Automaton.DEAD;
            for (int i = 0; i < 256 && next == Automaton.DEAD; i++) {
                next = automaton.next(state, (from + i) % 256);
            }
            if (next == Automaton.DEAD) {
                if (!automaton.accepts(state)) {
                    throw new AssertionError("stuck in state " + state);
                }
                return;
            }
            state = next;
        }
    }
}
