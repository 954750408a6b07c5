package dev.argot.core.decoding;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Decoding;
import dev.argot.api.Decoding.TokenRules;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares processors with those of Hugging Face Transformers, case by case from the recorded file. */
class LogitsProcessorsGoldenTest {
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

    static Stream<Case> cases() {
        return files().stream()
                .flatMap(file -> StreamSupport.stream(file.get("cases").spliterator(), false)
                        .map(json -> new Case(file, json, steps(json))));
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
            int[] ids = array(recorded.file().get("input_ids"));
            int[] eos = {recorded.file().get("eos_token_id").asInt()};
            switch (name) {
                case "temperature" -> LogitsProcessors.temperature(logits, value.doubleValue());
                case "top_k" -> LogitsProcessors.topK(logits, value.intValue(), least);
                case "top_p" -> LogitsProcessors.topP(logits, value.doubleValue(), least);
                case "min_p" -> LogitsProcessors.minP(logits, value.doubleValue(), least);
                case "typical_p" -> LogitsProcessors.typicalP(logits, value.doubleValue(), least);
                case "epsilon_cutoff" -> LogitsProcessors.epsilonCutoff(logits, value.doubleValue(), least);
                case "eta_cutoff" -> LogitsProcessors.etaCutoff(logits, value.doubleValue(), least);
                case "renormalize_logits" -> LogitsProcessors.renormalise(logits);
                default -> constrain(logits, recorded, ids, eos);
            }
        }

        /** What a completion is held to: everything that depends on the tokens before. */
        private void constrain(float[] logits, Case recorded, int[] ids, int[] eos) {
            int promptLength = parameters.path("prompt_length").asInt(begun(ids));
            var builder = Decoding.builder().maxTokens(1000);
            TokenRules rules = TokenRules.NONE;
            int room = 1000;
            switch (name) {
                case "repetition_penalty" -> builder.repetitionPenalty(value.doubleValue());
                case "encoder_repetition_penalty" -> builder.encoderRepetitionPenalty(value.doubleValue());
                case "no_repeat_ngram_size" -> builder.noRepeatNgramSize(value.intValue());
                case "encoder_no_repeat_ngram_size" -> builder.encoderNoRepeatNgramSize(value.intValue());
                case "frequency_presence_penalty" ->
                    builder.frequencyPenalty(parameters.get("frequency_penalty").doubleValue())
                            .presencePenalty(parameters.get("presence_penalty").doubleValue());
                case "bad_words_ids" -> {
                    Set<List<Integer>> words = new HashSet<>();
                    value.forEach(word -> words.add(ints(word)));
                    rules = rules.withBadWords(words);
                }
                case "sequence_bias" -> {
                    Map<List<Integer>, Double> biases = new HashMap<>();
                    value.forEach(
                            pair -> biases.put(ints(pair.get(0)), pair.get(1).doubleValue()));
                    rules = rules.withSequenceBias(biases);
                }
                case "min_length" -> builder.minTokens(Math.max(0, value.intValue() - promptLength));
                case "min_new_tokens" ->
                    builder.minTokens(parameters.get("min_new_tokens").intValue());
                case "suppress_tokens" -> rules = rules.withSuppressed(Set.copyOf(ints(value)), Set.of());
                case "begin_suppress_tokens" -> rules = rules.withSuppressed(Set.of(), Set.copyOf(ints(value)));
                case "forced_eos_token_id" -> {
                    rules = rules.withForced(OptionalInt.empty(), Set.of(value.intValue()));
                    room = parameters.get("max_length").intValue() - promptLength;
                }
                case "exponential_decay_length_penalty" ->
                    rules = rules.withDecay(
                            value.get(0).intValue(), value.get(1).doubleValue());
                default -> throw new AssertionError("no processor " + name);
            }
            int[] source = array(recorded.file().get("encoder_input_ids"));
            var history = new TokenHistory(Arrays.copyOf(ids, promptLength));
            for (int i = promptLength; i < ids.length; i++) {
                history.add(ids[i]);
            }
            new TokenConstraints(builder.tokenRules(rules).build(), eos, source, room, null, false)
                    .apply(logits, history);
        }

        /** Where the completion begins in the tokens before. */
        private int begun(int[] ids) {
            return switch (name) {
                case "begin_suppress_tokens" -> parameters.get("begin_index").intValue();
                case "frequency_presence_penalty" ->
                    ids.length - parameters.get("counted_ids").size();
                default -> Math.min(6, ids.length);
            };
        }

        private static int[] array(JsonNode list) {
            return ints(list).stream().mapToInt(Integer::intValue).toArray();
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
