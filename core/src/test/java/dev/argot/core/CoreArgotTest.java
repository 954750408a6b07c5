package dev.argot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Decoding;
import dev.argot.api.EngineException;
import dev.argot.api.FileFormatException;
import dev.argot.api.LoadOptions;
import dev.argot.api.ModelNotFoundException;
import dev.argot.api.Precision;
import dev.argot.api.ProviderException;
import dev.argot.api.UnsupportedArchitectureException;
import dev.argot.spi.StoredTensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CoreArgotTest {
    private final FakeWorld world = new FakeWorld();

    private CoreArgot open() {
        return new CoreArgot(ArgotOptions.DEFAULT, world.providers());
    }

    @Test
    void load_knownName_completes() {
        // WHEN
        try (var argot = open();
                var model = argot.load(CausalModel.class, "letters")) {
            Completion completion = model.complete("a");
            // THEN
            assertThat(completion.text()).isEqualTo("bcd");
            assertThat(model.engine()).isEqualTo("table on cpu, float32");
            assertThat(model.program()).isEqualTo("a table");
            assertThat(model.description().parameters()).isEqualTo(5 * 4);
        }
        assertThat(world.open()).isEmpty();
    }

    @Test
    void domain_knownName_isThatOfThePlugIn() {
        try (var argot = open()) {
            assertThat(argot.domains()).containsExactly("baking", "sailing");
            assertThat(argot.domain("sailing").title()).isEqualTo("Sailing");
        }
    }

    @Test
    void domain_unknownName_namesThoseThereAre() {
        try (var argot = open()) {
            assertThatThrownBy(() -> argot.domain("law"))
                    .isInstanceOf(ProviderException.class)
                    .hasMessageContaining("'law'")
                    .hasMessageContaining("[baking, sailing]");
        }
    }

    @Test
    void close_argot_closesModelsThenEngines() {
        // GIVEN
        var argot = open();
        var model = argot.load(CausalModel.class, "letters");
        argot.load(CausalModel.class, "letters");
        // WHEN
        argot.close();
        argot.close();
        // THEN
        assertThat(world.open()).isEmpty();
        assertThat(world.closed()).endsWith("engine").containsOnlyOnce("engine");
        assertThatThrownBy(() -> model.complete("a"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("closed");
        assertThatThrownBy(() -> argot.load(CausalModel.class, "letters")).isInstanceOf(IllegalStateException.class);
        model.close();
    }

    @Test
    void load_engineFails_leavesNothingOpen() {
        // GIVEN
        world.failCompiling(new EngineException("out of memory"));
        try (var argot = open()) {
            // THEN
            assertThatThrownBy(() -> argot.load(CausalModel.class, "letters")).hasMessage("out of memory");
            assertThat(world.open()).containsExactly("engine");
        }
        assertThat(world.open()).isEmpty();
    }

    @Test
    void load_unknownName_saysWhatNamesThereAre() {
        try (var argot = open()) {
            assertThatThrownBy(() -> argot.load(CausalModel.class, "nonsense"))
                    .isInstanceOf(ModelNotFoundException.class)
                    .hasMessageContaining("'nonsense'")
                    .hasMessageContaining("stories260k");
        }
    }

    @Test
    void load_unknownArchitecture_listsThoseSupported() {
        // GIVEN
        world.config(Map.of("model_type", "mamba"));
        try (var argot = open()) {
            // THEN
            assertThatThrownBy(() -> argot.load(CausalModel.class, "letters"))
                    .isInstanceOf(UnsupportedArchitectureException.class)
                    .hasMessageContaining("'mamba'")
                    .hasMessageContaining("[table]");
        }
        assertThat(world.open()).isEmpty();
    }

    @Test
    void load_unknownEngine_listsThoseThereAre() {
        try (var argot = open()) {
            assertThatThrownBy(
                            () -> argot.load(CausalModel.class, "letters", LoadOptions.DEFAULT.withEngine("tensorrt")))
                    .isInstanceOf(ProviderException.class)
                    .hasMessage("No engine named 'tensorrt'. Available: [absent, table]. "
                            + "Add a module that provides dev.argot.spi.EngineProvider.");
        }
        assertThat(world.open()).isEmpty();
    }

    @Test
    void load_engineThatCannotRunHere_saysWhy() {
        try (var argot = open()) {
            assertThatThrownBy(() -> argot.load(CausalModel.class, "letters", LoadOptions.DEFAULT.withEngine("absent")))
                    .isInstanceOf(ProviderException.class)
                    .hasMessage("The engine 'absent' cannot run here: no such hardware");
        }
    }

    @Test
    void load_unsupportedPrecision_listsThoseSupported() {
        try (var argot = open()) {
            assertThatThrownBy(() ->
                            argot.load(CausalModel.class, "letters", LoadOptions.DEFAULT.withPrecision(Precision.INT4)))
                    .isInstanceOf(ProviderException.class)
                    .hasMessageContaining("INT4")
                    .hasMessageContaining("[FLOAT32, INT8]");
        }
    }

    @Test
    void providers_unavailableEngine_isListedWithTheReason() {
        try (var argot = open()) {
            assertThat(argot.providers()).anySatisfy(info -> {
                assertThat(info.kind()).isEqualTo("engine");
                assertThat(info.name()).isEqualTo("absent");
                assertThat(info.available()).isFalse();
                assertThat(info.remark()).isEqualTo("no such hardware");
            });
        }
    }

    @Test
    void describe_model_opensNoEngine() {
        try (var argot = open()) {
            // WHEN
            var description = argot.describe("letters", true);
            // THEN
            assertThat(description.architecture()).isEqualTo("table");
            assertThat(description.weightBytes())
                    .containsEntry(Precision.FLOAT32, 80L)
                    .containsEntry(Precision.INT8, 80L);
            assertThat(description.storedType()).isEqualTo("float32");
        }
        assertThat(world.open()).isEmpty();
        assertThat(world.closed()).containsExactly("checkpoint");
    }

    @Test
    void save_model_writesConfigWeightsAndTokenizer() {
        try (var argot = open();
                var model = argot.load(CausalModel.class, "letters")) {
            // WHEN
            model.save(Path.of("saved"));
            // THEN
            assertThat(world.saved().folder()).isEqualTo(Path.of("saved"));
            assertThat(world.saved().config().get("model_type")).isEqualTo("table");
            assertThat(world.saved().config().get("torch_dtype")).isEqualTo("float32");
            assertThat(world.saved().tensors()).extracting(StoredTensor::name).containsExactly("table.weight");
            assertThat(world.saved().files()).containsKey("tokenizer.json");
        }
    }

    @Test
    void save_quantisedModel_isRefused() {
        try (var argot = open();
                var model =
                        argot.load(CausalModel.class, "letters", LoadOptions.DEFAULT.withPrecision(Precision.INT8))) {
            assertThatThrownBy(() -> model.save(Path.of("saved")))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("quantised");
        }
    }

    @Test
    void defaultDecoding_ofGenerationConfig_isWhatItSays() {
        // GIVEN
        world.generationConfig(Map.of("do_sample", true, "temperature", 0.6, "top_p", 0.9, "max_new_tokens", 10L));
        try (var argot = open();
                var model = argot.load(CausalModel.class, "letters")) {
            // THEN
            assertThat(model.defaultDecoding())
                    .isEqualTo(Decoding.builder()
                            .temperature(0.6)
                            .topP(0.9)
                            .topK(50)
                            .maxTokens(10)
                            .build());
        }
    }

    @Test
    void load_nonsenseInGenerationConfig_namesTheFile() {
        // GIVEN
        world.generationConfig(Map.of("do_sample", true, "temperature", -1L));
        try (var argot = open()) {
            // THEN
            assertThatThrownBy(() -> argot.load(CausalModel.class, "letters"))
                    .isInstanceOf(FileFormatException.class)
                    .hasMessageContaining("generation_config.json")
                    .hasMessageContaining("temperature");
        }
        assertThat(world.open()).isEmpty();
    }

    @Test
    void load_everySettingOfGeneration_isADefault() {
        // GIVEN
        world.generationConfig(Map.ofEntries(
                Map.entry("do_sample", true),
                Map.entry("typical_p", 0.8),
                Map.entry("epsilon_cutoff", 0.01),
                Map.entry("eta_cutoff", 0.02),
                Map.entry("min_new_tokens", 3L),
                Map.entry("encoder_repetition_penalty", 1.1),
                Map.entry("no_repeat_ngram_size", 3L),
                Map.entry("encoder_no_repeat_ngram_size", 4L),
                Map.entry("bad_words_ids", List.of(List.of(1L), List.of(2L, 3L))),
                Map.entry("sequence_bias", List.of(List.of(List.of(4L), -1.5))),
                Map.entry("suppress_tokens", List.of(1L)),
                Map.entry("begin_suppress_tokens", List.of(2L)),
                Map.entry("forced_bos_token_id", 3L),
                Map.entry("forced_eos_token_id", 0L),
                Map.entry("exponential_decay_length_penalty", List.of(5L, 1.2)),
                Map.entry("stop_strings", List.of("d"))));
        try (var argot = open();
                var model = argot.load(CausalModel.class, "letters")) {
            // THEN
            assertThat(model.defaultDecoding())
                    .isEqualTo(Decoding.builder()
                            .temperature(1)
                            .topK(50)
                            .typicalP(0.8)
                            .epsilonCutoff(0.01)
                            .etaCutoff(0.02)
                            .minTokens(3)
                            .encoderRepetitionPenalty(1.1)
                            .noRepeatNgramSize(3)
                            .encoderNoRepeatNgramSize(4)
                            .tokenRules(new Decoding.TokenRules(
                                    Map.of(List.of(4), -1.5),
                                    Set.of(List.of(1), List.of(2, 3)),
                                    Set.of(1),
                                    Set.of(2),
                                    OptionalInt.of(3),
                                    Set.of(0),
                                    5,
                                    1.2))
                            .stopStrings("d")
                            .build());
        }
    }

    @Test
    void load_settingsInConfigJson_areDefaultsWithoutGenerationConfig() {
        // GIVEN
        world.config(Map.of("model_type", "table", "num_beams", 2L, "no_repeat_ngram_size", 3L));
        try (var argot = open();
                var model = argot.load(CausalModel.class, "letters")) {
            // THEN
            assertThat(model.defaultDecoding())
                    .isEqualTo(Decoding.builder().beams(2).noRepeatNgramSize(3).build());
        }
    }

    static Stream<Map.Entry<String, Object>> nonsense() {
        return Stream.of(
                Map.entry("bad_words_ids", List.of(List.of(-1L))),
                Map.entry("bad_words_ids", List.of(List.of())),
                Map.entry("sequence_bias", List.of(List.of(List.of(1L)))),
                Map.entry("suppress_tokens", List.of("x")),
                Map.entry("begin_suppress_tokens", "x"),
                Map.entry("forced_eos_token_id", List.of(1.5)),
                Map.entry("exponential_decay_length_penalty", List.of(1L)),
                Map.entry("stop_strings", List.of(3L)),
                Map.entry("early_stopping", "sometimes"));
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void load_nonsenseInGenerationConfig_namesTheKey(Map.Entry<String, Object> wrong) {
        // GIVEN
        world.generationConfig(Map.of(wrong.getKey(), wrong.getValue()));
        try (var argot = open()) {
            // THEN
            assertThatThrownBy(() -> argot.load(CausalModel.class, "letters"))
                    .isInstanceOf(FileFormatException.class)
                    .hasMessageContaining("generation_config.json")
                    .hasMessageContaining(wrong.getKey());
        }
        assertThat(world.open()).isEmpty();
    }

    @Test
    void load_severalEosIds_endAtEach() {
        // GIVEN
        world.generationConfig(Map.of("eos_token_id", List.of(0L, 3L)));
        try (var argot = open();
                var model = argot.load(CausalModel.class, "letters")) {
            // THEN
            assertThat(model.complete("a").text()).isEqualTo("b");
        }
    }

    @Test
    void complete_fromManyThreads_givesEachItsOwn() throws Exception {
        try (var argot = open();
                var model = argot.load(CausalModel.class, "letters");
                var threads = Executors.newFixedThreadPool(8)) {
            // WHEN
            List<Future<String>> texts = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                String prompt = List.of("a", "b", "c").get(i % 3);
                texts.add(threads.submit(() -> model.complete(prompt).text()));
            }
            // THEN
            for (int i = 0; i < 100; i++) {
                assertThat(texts.get(i).get())
                        .isEqualTo(List.of("bcd", "cd", "d").get(i % 3));
            }
        }
    }

    @Test
    void close_fromItsOwnSink_isRefusedInsteadOfWaitingForever() {
        try (var argot = open()) {
            var model = argot.load(CausalModel.class, "letters");
            var request = CompletionRequest.of("a", Decoding.greedy()).withSink(token -> model.close());
            assertThatThrownBy(() -> model.complete(request)).isInstanceOf(IllegalStateException.class);
        }
    }
}
