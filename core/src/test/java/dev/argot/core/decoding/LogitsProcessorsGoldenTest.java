package dev.argot.core.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares processors with those of Hugging Face Transformers, case by case from the recorded file. */
class LogitsProcessorsGoldenTest {
    /** What {@link LogitsProcessors} does not do (yet); a case that needs one of them is left to them. */
    private static final Set<String> UNSUPPORTED = new TreeSet<>(Set.of(
            "bad_words_ids",
            "begin_suppress_tokens",
            "encoder_no_repeat_ngram_size",
            "encoder_repetition_penalty",
            "epsilon_cutoff",
            "eta_cutoff",
            "exponential_decay_length_penalty",
            "forced_eos_token_id",
            "frequency_presence_penalty",
            "no_repeat_ngram_size",
            "renormalize_logits",
            "sequence_bias",
            "suppress_tokens",
            "typical_p"));

    private static final List<String> SUPPORTED =
            List.of("repetition_penalty", "min_length", "min_new_tokens", "temperature", "top_k", "top_p", "min_p");

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void process_recordedCase_givesRecordedLogits(Case recorded) {
        // GIVEN
        float[] logits = recorded.row();
        // WHEN
        recorded.steps().forEach(step -> step.apply(logits, recorded));
        // THEN
        List<Integer> kept = new ArrayList<>();
        float max = Softmax.max(logits);
        double sum = Softmax.sumOfExponentials(logits, max);
        for (int i = 0; i < logits.length; i++) {
            JsonNode logit = recorded.json().get("logits").get(i);
            if (logit.isNull()) {
                assertThat(logits[i]).as("logit %d", i).isEqualTo(Float.NEGATIVE_INFINITY);
            } else {
                double tolerance =
                        recorded.file().get("relative_tolerance_logits").doubleValue()
                                * Math.max(1e-6, Math.abs(logit.doubleValue()));
                assertThat((double) logits[i])
                        .as("logit %d", i)
                        .isBetween(logit.doubleValue() - tolerance, logit.doubleValue() + tolerance);
                kept.add(i);
            }
            double probability = logits[i] == Float.NEGATIVE_INFINITY ? 0 : Softmax.exp(logits[i] - max) / sum;
            double expected = recorded.json().get("probs").get(i).doubleValue();
            double tolerance = recorded.file().get("absolute_tolerance_probs").doubleValue();
            assertThat(probability).as("probability %d", i).isBetween(expected - tolerance, expected + tolerance);
        }
        assertThat(kept).isEqualTo(ints(recorded.json().get("kept")));
    }

    @Test
    void names_ofAllCases_areSupportedOrListedAsUnsupported() {
        // GIVEN
        var names = new TreeSet<String>();
        // WHEN
        for (JsonNode file : files()) {
            for (JsonNode json : file.get("cases")) {
                steps(json).forEach(step -> names.add(step.name()));
            }
        }
        names.removeAll(SUPPORTED);
        // THEN
        assertThat(names).isEqualTo(UNSUPPORTED);
    }

    static Stream<Case> cases() {
        return files().stream()
                .flatMap(file -> StreamSupport.stream(file.get("cases").spliterator(), false)
                        .map(json -> new Case(file, json, steps(json))))
                .filter(c -> c.steps().stream().noneMatch(step -> UNSUPPORTED.contains(step.name())));
    }

    private static List<JsonNode> files() {
        Path root = Path.of(System.getProperty("argot.golden", "../conformance/golden"));
        try (Stream<Path> folders = java.nio.file.Files.list(root)) {
            List<JsonNode> files = new ArrayList<>();
            for (Path folder : folders.sorted().toList()) {
                if (folder.getFileName().toString().startsWith("logits-processors")) {
                    files.add(new ObjectMapper()
                            .readTree(folder.resolve("expected.json").toFile()));
                }
            }
            assertThat(files).isNotEmpty();
            return files;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static List<Step> steps(JsonNode json) {
        String name = json.get("processor").textValue();
        JsonNode parameters = json.get("parameters");
        if (!name.equals("chain")) {
            return List.of(new Step(name, parameters.path(name), parameters));
        }
        List<Step> steps = new ArrayList<>();
        for (JsonNode link : parameters.get("in_this_order")) {
            steps.add(new Step(link.get(0).textValue(), link.get(1), parameters));
        }
        return steps;
    }

    private static List<Integer> ints(JsonNode list) {
        List<Integer> ints = new ArrayList<>();
        list.forEach(i -> ints.add(i.intValue()));
        return ints;
    }

    record Step(String name, JsonNode value, JsonNode parameters) {
        void apply(float[] logits, Case recorded) {
            int least = parameters.path("min_tokens_to_keep").asInt(1);
            int[] ids = ints(recorded.file().get("input_ids")).stream()
                    .mapToInt(Integer::intValue)
                    .toArray();
            int[] eos = {parameters.path("eos_token_id").asInt()};
            switch (name) {
                case "temperature" -> LogitsProcessors.temperature(logits, value.doubleValue());
                case "top_k" -> LogitsProcessors.topK(logits, value.intValue(), least);
                case "top_p" -> LogitsProcessors.topP(logits, value.doubleValue(), least);
                case "min_p" -> LogitsProcessors.minP(logits, value.doubleValue(), least);
                case "repetition_penalty" -> {
                    var history = new TokenHistory(ids);
                    LogitsProcessors.repetitionPenalty(
                            logits, value.doubleValue(), history.distinct(), history.count());
                }
                case "min_length" -> {
                    if (ids.length < value.intValue()) {
                        LogitsProcessors.suppress(logits, eos);
                    }
                }
                case "min_new_tokens" -> {
                    if (ids.length - parameters.get("prompt_length").intValue() < value.intValue()) {
                        LogitsProcessors.suppress(logits, eos);
                    }
                }
                default -> throw new AssertionError("no processor " + name);
            }
        }
    }

    record Case(JsonNode file, JsonNode json, List<Step> steps) {
        float[] row() {
            JsonNode row = file.get("rows").get(json.get("row").textValue());
            float[] logits = new float[row.size()];
            for (int i = 0; i < logits.length; i++) {
                logits[i] = row.get(i).isNull()
                        ? Float.NEGATIVE_INFINITY
                        : row.get(i).floatValue();
            }
            return logits;
        }

        @Override
        public String toString() {
            return json.get("processor").textValue() + " " + json.get("parameters") + " "
                    + json.get("row").textValue();
        }
    }
}
