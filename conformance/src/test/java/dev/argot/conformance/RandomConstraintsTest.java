package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import dev.argot.api.CancellationToken;
import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Constraint;
import dev.argot.api.Decoding;
import dev.argot.api.Decoding.TokenRules;
import dev.argot.api.Precision;
import dev.argot.api.Tokenizer;
import dev.argot.core.decoding.SessionCache;
import dev.argot.core.decoding.TextGenerator;
import dev.argot.engine.reference.ReferenceEngineProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import dev.argot.testkit.RandomWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Thousands of random constraints, and models of random weights at a high temperature: whatever comes to its end fits, in the judgement of Java's regular
 * expressions and of a JSON schema validator; and there is always a token that may come next.
 */
@ParameterizedClass(name = "{0}, {1}, begins a text: {2}")
@MethodSource("cases")
class RandomConstraintsTest {
    private static final int EXPRESSIONS = 200;
    private static final int SCHEMAS = 200;
    private static final int MAX_TOKENS = 200;
    /** How much of what a model would choose, were all tokens allowed, closes a string, a list or an object. */
    private static final double CLOSING = 0.05;

    private static final double TEMPERATURE = 2;
    private static final int CONTEXT = 256;
    private static final ObjectMapper JSON = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
    private static final JsonSchemaFactory VALIDATORS = JsonSchemaFactory.getInstance(VersionFlag.V202012);
    private static final SchemaValidatorsConfig STRICT =
            SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

    private final Engine engine =
            new ReferenceEngineProvider().open(new EngineProvider.Request(Optional.empty(), OptionalInt.of(1)));
    private final CompiledModel model;
    private final TextGenerator generator;
    private final int[] prompt;
    private final TokenRules rules;

    /** Where the completion continues a prompt, and where it begins a text. */
    static Stream<Arguments> cases() {
        return Stream.of(
                        Map.entry("tokenizer-bpe-gpt2", "gpt2"),
                        Map.entry("tokenizer-bpe-llama3", "llama"),
                        Map.entry("tokenizer-spm-bpe-bytefallback", "mistral"),
                        Map.entry("tokenizer-unigram-t5", "qwen2"))
                .flatMap(entry ->
                        Stream.of(false, true).map(begins -> Arguments.of(entry.getKey(), entry.getValue(), begins)));
    }

    RandomConstraintsTest(String name, String family, boolean begins) {
        Tokenizer tokenizer = open(name);
        int end = tokenizer.specialTokens().all().get(0);
        Map<String, Object> sizes = Map.of(
                "vocab_size", (long) tokenizer.vocabularySize(),
                "max_position_embeddings", (long) CONTEXT,
                "n_positions", (long) CONTEXT);
        Architecture architecture = TinyModels.all(sizes)
                .filter(a -> a.modelType().equals(family))
                .findFirst()
                .orElseThrow();
        this.model = engine.compile(architecture.graph(), new RandomWeights(1), Precision.FLOAT32);
        this.prompt =
                begins ? new int[] {end} : tokenizer.encode("The answer is").ids();
        this.rules = closing(tokenizer);
        this.generator = new TextGenerator(
                model,
                tokenizer,
                CONTEXT,
                Set.of(end),
                OptionalInt.empty(),
                OptionalInt.empty(),
                InstantSource.system(),
                new SessionCache(0));
    }

    @AfterEach
    void close() {
        model.close();
        engine.close();
    }

    /** Random texts hardly come to an end by themselves: what closes strings, lists and objects is made likelier. */
    private static TokenRules closing(Tokenizer tokenizer) {
        List<Integer> ids = IntStream.range(0, tokenizer.vocabularySize())
                .filter(id -> tokenizer.decode(new int[] {id}, true).matches("[\"\\]}][\"\\]}:, ]*"))
                .boxed()
                .toList();
        double bias = TEMPERATURE * Math.log(CLOSING * tokenizer.vocabularySize() / ids.size());
        return new TokenRules(
                ids.stream().collect(Collectors.toMap(List::of, id -> bias)),
                Set.of(),
                Set.of(),
                Set.of(),
                OptionalInt.empty(),
                Set.of(),
                0,
                1);
    }

    private static Tokenizer open(String name) {
        Path folder = Path.of(System.getProperty("argot.golden")).resolve(name);
        var data = new TokenizerData.Folder(folder);
        return ServiceLoader.load(TokenizerProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.accepts(data))
                .findFirst()
                .orElseThrow()
                .open(data);
    }

    private Completion complete(Constraint constraint, long seed) {
        Decoding decoding = Decoding.builder()
                .temperature(TEMPERATURE)
                .tokenRules(rules)
                .seed(seed)
                .maxTokens(MAX_TOKENS)
                .constraint(constraint)
                .build();
        return generator
                .continueAll(List.of(prompt), decoding, CancellationToken.never())
                .get(0);
    }

    private static boolean finished(Completion completion) {
        return completion.finishReason() == FinishReason.STOP_TOKEN
                || completion.finishReason() == FinishReason.CONSTRAINT;
    }

    @Test
    void complete_randomExpressions_match() {
        int judged = 0;
        int unspeakable = 0;
        for (long seed = 1; seed <= EXPRESSIONS; seed++) {
            String regex = RandomExpression.of(new SplittableRandom(seed));
            Pattern expected = Pattern.compile(regex);
            Completion completion;
            try {
                completion = complete(new Constraint.Regex(regex), seed);
            } catch (IllegalArgumentException e) {
                assertThat(e).as("seed %d: /%s/", seed, regex).hasMessageContaining("can be spelt with the tokens");
                unspeakable++;
                continue;
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ": /" + regex + "/", e);
            }
            if (finished(completion)) {
                assertThat(expected.matcher(completion.text()).matches())
                        .as("seed %d: /%s/ gave '%s'", seed, regex, completion.text())
                        .isTrue();
                judged++;
            }
        }
        assertThat(judged + unspeakable)
                .as("judged or without a text in these tokens")
                .isGreaterThan(EXPRESSIONS * 4 / 5);
        assertThat(judged).as("judged").isGreaterThan(EXPRESSIONS / 2);
    }

    @Test
    void complete_randomSchemas_areHeldValid() throws IOException {
        int judged = 0;
        for (long seed = 1; seed <= SCHEMAS; seed++) {
            ObjectNode schema = RandomSchema.of(new SplittableRandom(seed));
            Completion completion;
            try {
                completion = complete(new Constraint.JsonSchema(schema.toString()), seed);
            } catch (IllegalArgumentException e) {
                assertThat(e)
                        .as("seed %d: %s contradicts itself, or asks for what cannot be kept or spelt", seed, schema)
                        .message()
                        .containsPattern("^JSON schema|can be spelt with the tokens");
                continue;
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("seed " + seed + ": " + schema, e);
            }
            if (finished(completion)) {
                Set<ValidationMessage> faults = VALIDATORS
                        .getSchema(JSON.readTree(schema.toString()), STRICT)
                        .validate(read(completion.text(), schema, seed));
                assertThat(faults)
                        .as("seed %d: %s gave %s", seed, schema, completion.text())
                        .isEmpty();
                judged++;
            }
        }
        assertThat(judged).as("judged").isGreaterThan(SCHEMAS / 2);
    }

    private static JsonNode read(String text, ObjectNode schema, long seed) {
        try {
            return JSON.readTree(text);
        } catch (IOException e) {
            throw new AssertionError("seed " + seed + ": " + schema + " gave " + text, e);
        }
    }
}
