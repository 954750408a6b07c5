package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Constraint;
import dev.argot.api.Decoding;
import dev.argot.core.constraint.Constraints;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What a model writes under a constraint fits it, however wildly it is sampled. */
class ConstraintTest {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final String[] PARTS = {
        "[a-z]{1,4}",
        "\\d+",
        "(?:yes|no|maybe)",
        "é",
        "[^\\n]{0,6}",
        "(?:ab|c)*",
        "日本?",
        "\\w\\s\\w",
        "x{2,3}",
        "[A-F0-9]{2}"
    };

    private static Argot argot;
    private static CausalModel model;

    @BeforeAll
    static void load() {
        argot = Argot.open();
        model = argot.load(CausalModel.class, "stories260k");
    }

    @AfterAll
    static void close() {
        argot.close();
    }

    private static Completion complete(Constraint constraint, double temperature, long seed) {
        return model.complete(
                "Once upon a time",
                Decoding.builder()
                        .temperature(temperature)
                        .seed(seed)
                        .maxTokens(200)
                        .constraint(constraint)
                        .build());
    }

    private static boolean finished(Completion completion) {
        return completion.finishReason() == FinishReason.STOP_TOKEN
                || completion.finishReason() == FinishReason.CONSTRAINT;
    }

    @RepeatedTest(100)
    void complete_randomExpression_matches(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new SplittableRandom(seed);
        var regex = new StringBuilder();
        for (int i = 0; i <= random.nextInt(4); i++) {
            regex.append(PARTS[random.nextInt(PARTS.length)]);
        }
        for (double temperature : new double[] {0, 1, 5}) {
            Completion completion = complete(new Constraint.Regex(regex.toString()), temperature, seed);
            if (finished(completion)) {
                assertThat(Pattern.matches(regex.toString(), completion.text()))
                        .as("seed %d: /%s/ gave '%s'", seed, regex, completion.text())
                        .isTrue();
            }
        }
    }

    @RepeatedTest(50)
    void complete_schema_givesThatJson(RepetitionInfo repetition) throws IOException {
        long seed = repetition.getCurrentRepetition();
        String schema =
                """
                {"type": "object", "required": ["name", "age", "tags"], "properties": {
                    "name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 120},
                    "mood": {"enum": ["good", "bad"]}, "tags": {"type": "array", "items": {"type": "boolean"}, "maxItems": 3}}}""";
        Completion completion = complete(new Constraint.JsonSchema(schema), 2, seed);
        assertThat(completion.finishReason()).isEqualTo(FinishReason.CONSTRAINT);
        JsonNode value = JSON.readTree(completion.text());
        assertThat(value.get("name")
                        .asText()
                        .codePointCount(0, value.get("name").asText().length()))
                .isLessThanOrEqualTo(12);
        assertThat(value.get("age").asInt()).isBetween(0, 120);
        assertThat(value.get("tags").size()).isLessThanOrEqualTo(3);
        assertThat(!value.has("mood")
                        || List.of("good", "bad").contains(value.get("mood").asText()))
                .isTrue();
    }

    @Test
    void complete_choices_givesTheMostProbable() {
        List<String> choices = List.of(" there was a", " quantum", " zebra");
        Completion completion = complete(new Constraint.Choices(choices), 0, 0);
        assertThat(completion.text()).isEqualTo(" there was a");
        assertThat(completion.finishReason()).isEqualTo(FinishReason.CONSTRAINT);
        Decoding beams = Decoding.builder()
                .beams(3)
                .constraint(new Constraint.Choices(choices))
                .build();
        Completion best = model.complete("Once upon a time", beams);
        assertThat(choices).contains(best.text());
        best.alternatives().forEach(other -> assertThat(choices).contains(other.text()));
    }

    @Test
    void complete_malformedConstraint_isRefused() {
        assertThatThrownBy(() -> complete(new Constraint.Regex("(a"), 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> complete(new Constraint.JsonSchema("{\"type\":"), 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void masks_tokenizerWhoseTokensHaveNoBytes_isRefused() {
        var folder = new TokenizerData.Folder(
                Path.of(System.getProperty("argot.golden")).resolve("tokenizer-wordpiece-uncased"));
        var constraints = new Constraints(ServiceLoader.load(TokenizerProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.accepts(folder))
                .findFirst()
                .orElseThrow()
                .open(folder));
        assertThatThrownBy(() -> constraints.masks(new Constraint.Regex("a")))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("takes no constraints")
                .hasMessageContaining("WordPiece");
    }
}
