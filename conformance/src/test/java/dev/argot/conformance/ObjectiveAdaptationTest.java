package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.DataSource;
import dev.argot.api.Domain;
import dev.argot.api.EncodeOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.Term;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationResult.Outcome;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.api.adaptation.ObjectiveSettings;
import dev.argot.api.adaptation.RetentionGate;
import dev.argot.api.adaptation.Schedule;
import dev.argot.api.adaptation.VocabularyExtension;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.PairSource;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.HiddenTokens;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.graph.Op;
import dev.argot.testkit.RandomWeights;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.ServiceLoader;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Small encoders and encoder-decoders are adapted from end to end, each by its own objective. */
class ObjectiveAdaptationTest {
    private static final String HELD_OUT =
            "The world walks slowest at the lighthouse, notwithstanding the internationalisation of it. ";

    @TempDir
    Path folder;

    /** A family with a tokenizer that fits it. */
    enum Family {
        BERT(
                "tokenizer-wordpiece-uncased",
                Map.of(
                        "model_type",
                        "bert",
                        "architectures",
                        List.of("BertForMaskedLM"),
                        "vocab_size",
                        850L,
                        "pad_token_id",
                        0L)),
        ROBERTA(
                "tokenizer-bpe-gpt2",
                Map.of(
                        "model_type",
                        "roberta",
                        "architectures",
                        List.of("RobertaForMaskedLM"),
                        "vocab_size",
                        801L,
                        "pad_token_id",
                        1L)),
        T5(
                "tokenizer-unigram-t5",
                Map.of(
                        "model_type",
                        "t5",
                        "architectures",
                        List.of("T5ForConditionalGeneration"),
                        "vocab_size",
                        530L,
                        "pad_token_id",
                        0L,
                        "decoder_start_token_id",
                        0L,
                        "is_encoder_decoder",
                        true)),
        BART(
                "tokenizer-unigram-t5",
                Map.of(
                        "model_type",
                        "bart",
                        "architectures",
                        List.of("BartForConditionalGeneration"),
                        "vocab_size",
                        530L,
                        "pad_token_id",
                        0L,
                        "decoder_start_token_id",
                        1L,
                        "is_encoder_decoder",
                        true));

        private final String tokenizer;

        @SuppressWarnings("ImmutableEnumChecker") // made by Map.of
        private final Map<String, Object> config;

        Family(String tokenizer, Map<String, Object> config) {
            this.tokenizer = tokenizer;
            this.config = config;
        }

        Class<? extends Model> kind() {
            return this == T5 || this == BART ? Seq2SeqModel.class : MaskedModel.class;
        }

        /** Writes a model of a few thousand weights, as its authors would begin to train it. */
        Path write(Path folder) throws IOException {
            var settings = new LinkedHashMap<String, Object>(config);
            settings.putAll(Map.of(
                    "hidden_size", 32L,
                    "num_hidden_layers", 2L,
                    "num_attention_heads", 4L,
                    "intermediate_size", 64L,
                    "max_position_embeddings", 66L,
                    "type_vocab_size", 2L));
            settings.putAll(Map.of(
                    "d_model", 32L,
                    "d_kv", 8L,
                    "d_ff", 64L,
                    "num_layers", 2L,
                    "num_heads", 4L,
                    "n_positions", 64L,
                    "relative_attention_num_buckets", 8L,
                    "layer_norm_epsilon", 1e-6));
            settings.putAll(Map.of(
                    "encoder_layers", 2L,
                    "decoder_layers", 2L,
                    "encoder_attention_heads", 4L,
                    "decoder_attention_heads", 4L,
                    "encoder_ffn_dim", 64L,
                    "decoder_ffn_dim", 64L));
            Architecture architecture = ServiceLoader.load(ArchitectureProvider.class)
                    .findFirst()
                    .orElseThrow()
                    .describe(new Config(folder.resolve("config.json"), new LinkedHashMap<>(settings)));
            var weights = new RandomWeights(3);
            var tensors = new ArrayList<StoredTensor>();
            for (Op.Parameter parameter : architecture.graph().parameters()) {
                float[] values = weights.values(parameter);
                for (int i = 0; parameter.shape().size() > 1 && i < values.length; i++) {
                    values[i] /= 4; // as models begin
                }
                tensors.add(weights.tensor(parameter));
            }
            var files = new LinkedHashMap<String, byte[]>();
            Path golden = Path.of(System.getProperty("argot.golden")).resolve(tokenizer);
            for (String name : List.of("tokenizer.json", "tokenizer_config.json")) {
                files.put(name, withMask(name, golden.resolve(name)));
            }
            ServiceLoader.load(CheckpointFormatProvider.class).stream()
                    .map(ServiceLoader.Provider::get)
                    .filter(CheckpointFormatProvider::writes)
                    .findFirst()
                    .orElseThrow()
                    .save(new CheckpointFormatProvider.SaveRequest(
                            folder, settings, Map.of(), tensors, ElementType.FLOAT32, files, Long.MAX_VALUE));
            return folder;
        }
    }

    /** A tokenizer's file, with a mask where it has none. */
    private static byte[] withMask(String name, Path file) throws IOException {
        var json = (ObjectNode) new ObjectMapper().readTree(file.toFile());
        if (!file.getParent().endsWith("tokenizer-bpe-gpt2")) {
            return Files.readAllBytes(file);
        }
        if (name.equals("tokenizer.json")) {
            json.withArray("added_tokens")
                    .addObject()
                    .put("id", 800)
                    .put("content", "<mask>")
                    .put("single_word", false)
                    .put("lstrip", true)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        } else {
            json.put("mask_token", "<mask>");
        }
        return json.toString().getBytes(StandardCharsets.UTF_8);
    }

    @BeforeEach
    void writeTexts() throws IOException {
        Files.createDirectories(folder.resolve("corpus"));
        for (int i = 0; i < 12; i++) {
            Files.writeString(
                    folder.resolve("corpus").resolve(String.format("%02d.txt", i)),
                    ("The world number " + i + " walks slowest at the lighthouse, as ever. It tells the world of"
                                    + " internationalisation, notwithstanding. ")
                            .repeat(4));
        }
        Files.writeString(folder.resolve("held.txt"), HELD_OUT.repeat(12));
    }

    private AdaptationSpec.Builder spec(Path model, String out) {
        return AdaptationSpec.builder(model.toString(), folder.resolve(out))
                .corpus(folder.resolve("corpus"))
                .curate(false)
                .method(Method.full())
                .schedule(new Schedule.Constant(Schedule.Span.share(0)))
                .learningRate(3e-3)
                .batch(48, 2, 2)
                .budget(new Budget.Steps(30))
                .heldOut(CorpusSource.of(folder.resolve("held.txt")))
                .heldOutTokens(300)
                .replayShare(0.1)
                .checkpoints(0, 1);
    }

    private static Lora lora() {
        return new Lora(4, 8, 0.1, Set.of(Lora.ALL_LINEAR), false, false, Map.of(), Map.of());
    }

    @ParameterizedTest
    @CsvSource({"BERT, full", "BERT, lora", "ROBERTA, lora", "T5, full", "T5, lora"})
    void adapt_lowersTheLossAndLeavesAModel(Family family, String method) throws IOException {
        Path model = family.write(folder.resolve("model"));
        Path out = folder.resolve("out");
        var scores = new ArrayList<AdaptationEvent.HeldOut>();
        try (Argot argot = Argot.open()) {
            argot.adapt(
                    spec(model, "out")
                            .method(method.equals("full") ? Method.full() : lora())
                            .learningRate(method.equals("full") ? 3e-3 : 2e-2)
                            .recompute(true)
                            .evaluateEvery(15, 0)
                            .build(),
                    event -> {
                        if (event instanceof AdaptationEvent.HeldOut held) {
                            scores.add(held);
                        }
                    },
                    CancellationToken.never());
            AdaptationReport report = argot.reports().read(out.resolve("report.json"));
            Comparison comparison = report.comparison().orElseThrow();
            assertThat(comparison.texts()).isEmpty();
            Comparison.HiddenTokensChange domain = comparison.hiddenTokens().getFirst();
            // low-rank matrices beside random weights learn little
            double share = method.equals("full") ? 0.92 : 0.995;
            assertThat(domain.after().loss()).isLessThan(share * domain.before().loss());
            assertThat(domain.before().kind())
                    .isEqualTo(family == Family.T5 ? HiddenTokens.Kind.SPANS : HiddenTokens.Kind.MASKED);
            assertThat(comparison.domainGain().orElseThrow()).isCloseTo(-domain.lossChange(), within(1e-12));
            assertThat(scores).hasSize(6); // two texts: before the first step, and twice on the way
            assertThat(scores.getFirst().score().loss())
                    .isCloseTo(domain.before().loss(), within(1e-9));

            // the bundle is the model that was measured
            try (Model adapted = argot.load(family.kind(), out.toString())) {
                Evaluation again = argot.evaluate(adapted, evaluation());
                assertThat(again.hiddenTokens().getFirst().loss())
                        .isCloseTo(
                                domain.after().loss(),
                                within(1e-5 * domain.after().loss()));
            }
        }
        assertThat(Files.readString(out.resolve("report.html")))
                .contains(family == Family.T5 ? "span-corruption loss" : "masked-token loss")
                .doesNotContainIgnoringCase("perplexity")
                .doesNotContain("its per byte");
        assertThat(Files.readString(out.resolve("README.md")))
                .contains(family == Family.T5 ? "span-corruption loss" : "masked-token loss")
                .doesNotContainIgnoringCase("perplexity");
        if (method.equals("lora")) {
            JsonNode adapter = new ObjectMapper()
                    .readTree(out.resolve("adapter_config.json").toFile());
            assertThat(adapter.get("task_type").asText(null)).isEqualTo(family == Family.T5 ? "SEQ_2_SEQ_LM" : null);
        }
    }

    private EvaluationSpec evaluation() {
        return EvaluationSpec.builder()
                .text(HeldOutText.domain("domain", List.of(HELD_OUT.repeat(12))))
                .window(new Perplexity.Window(1024, 512, OptionalInt.of(300)))
                .seed(42)
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void cancelledAndResumed_givesTheSameWeights(Family family) throws IOException {
        Path model = family.write(folder.resolve("model"));
        boolean full = family == Family.BERT || family == Family.BART; // some of each
        Method method = full ? Method.full() : lora();
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(model, "whole")
                    .method(method)
                    .budget(new Budget.Steps(6))
                    .build());
            AdaptationSpec parts = spec(model, "parts")
                    .method(method)
                    .budget(new Budget.Steps(6))
                    .resume(true)
                    .build();
            for (int part = 0; part < 3; part++) {
                CancellationToken cancellation = CancellationToken.create();
                var seen = new ArrayList<Long>();
                argot.adapt(
                        parts,
                        event -> {
                            if (event instanceof AdaptationEvent.Step step) {
                                seen.add(step.step());
                                if (seen.size() == 2) {
                                    cancellation.cancel();
                                }
                            }
                        },
                        cancellation);
                assertThat(seen).hasSize(2).first().isEqualTo(2L * part + 1);
            }
            if (!Files.exists(folder.resolve("parts"))) {
                assertThat(argot.adapt(parts).outcome()).isEqualTo(Outcome.FINISHED);
            }
        }
        String file = full ? "model.safetensors" : "adapter_model.safetensors";
        assertThat(Files.readAllBytes(folder.resolve("parts").resolve(file)))
                .isEqualTo(Files.readAllBytes(folder.resolve("whole").resolve(file)));
    }

    @Test
    void adapt_full_leavesBuffersAsTheyAre() throws IOException {
        Path model = Family.BART.write(folder.resolve("model"));
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(model, "out").budget(new Budget.Steps(2)).build());
        }
        Path adapted = folder.resolve("out");
        assertThat(values(adapted, "final_logits_bias")).isEqualTo(values(model, "final_logits_bias"));
        assertThat(values(adapted, "model.shared.weight")).isNotEqualTo(values(model, "model.shared.weight"));
    }

    private static float[] values(Path model, String name) {
        StoredTensor tensor = Objects.requireNonNull(
                Safetensors.read(model.resolve("model.safetensors")).get(name), name);
        var values = new float[Math.toIntExact(tensor.elements())];
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    @Test
    void adapt_domainTerms_areMeasuredByThemselves() throws IOException {
        Path model = Family.BERT.write(folder.resolve("model"));
        Domain sea = Domain.builder("sea", "The sea")
                .source(new DataSource("own", "own work", "CC0-1.0"))
                .term(new Term("internationalisation", "sea", Optional.empty(), "own"))
                .term(new Term("world", "sea", Optional.empty(), "own"))
                .build();
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(model, "out")
                    .domain(sea)
                    .tasks(0, List.of())
                    .objective(ObjectiveSettings.of(ObjectiveSettings.MASKED).with("term-factor", 4))
                    .prompts("The world walks [MASK].")
                    .build());
            AdaptationReport report = argot.reports().read(folder.resolve("out/report.json"));
            assertThat(report.configuration()).containsEntry("objective", "masked, term-factor 4");
            assertThat(report.samples()).singleElement().satisfies(sample -> assertThat(sample.after())
                    .isNotBlank());
            Comparison.HiddenTokensChange domain =
                    report.comparison().orElseThrow().hiddenTokens().getFirst();
            HiddenTokens.RareTerms rare = domain.after().rareTerms().orElseThrow();
            // "world" is a token of its own
            assertThat(rare.occurrences()).isNotEmpty().allSatisfy(occurrence -> {
                assertThat(occurrence.term()).isEqualTo("internationalisation");
                assertThat(occurrence.tokens()).isGreaterThan(1);
            });
            assertThat(domain.rareTerms().orElseThrow().value())
                    .isCloseTo(
                            rare.tokens().value()
                                    - domain.before()
                                            .rareTerms()
                                            .orElseThrow()
                                            .tokens()
                                            .value(),
                            within(1e-12));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BERT", "T5"})
    void adapt_gate_holdsGeneralText(Family family) throws IOException {
        Path model = family.write(folder.resolve("model"));
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(model, "out")
                    .replayShare(0)
                    .learningRate(3e-2)
                    .gate(new RetentionGate(0.01, RetentionGate.Action.INTERPOLATE))
                    .build());
            AdaptationReport report = argot.reports().read(folder.resolve("out/report.json"));
            assertThat(report.gate().orElseThrow().held()).isTrue();
            assertThat(report.comparison().orElseThrow().generalChange().orElseThrow())
                    .isLessThanOrEqualTo(0.01 + 1e-9);
        }
    }

    @Test
    void adapt_pairs_areReadAndWritten() throws IOException {
        Path model = Family.T5.write(folder.resolve("model"));
        var lines = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            lines.append("{\"prompt\": \"Where is world ").append(i).append("?\", \"completion\": \"tokenize\"}\n");
        }
        Path pairs = Files.writeString(folder.resolve("pairs.jsonl"), lines);
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(model, "out")
                    .pairs(new PairSource(List.of(pairs.toString()), "prompt", "completion"), 0.9)
                    .replayShare(0)
                    .learningRate(1e-2)
                    .budget(new Budget.Steps(80))
                    .build());
            try (Seq2SeqModel adapted =
                    argot.load(Seq2SeqModel.class, folder.resolve("out").toString())) {
                assertThat(adapted.complete("Where is world 7?").text()).isEqualTo("tokenize");
            }
        }
    }

    @Test
    void adapt_objectiveOfAPlugIn_isLearned() throws IOException {
        Path model = Family.BERT.write(folder.resolve("model"));
        try (Argot argot = Argot.open()) {
            var losses = new ArrayList<Double>();
            argot.adapt(
                    spec(model, "out")
                            .replayShare(0)
                            .objective(ObjectiveSettings.of("log-readings").with("probability", 0.9))
                            .build(),
                    event -> {
                        if (event instanceof AdaptationEvent.Step step) {
                            losses.add(step.loss());
                        }
                    },
                    CancellationToken.never());
            // ten digits are soon told from 850 tokens
            assertThat(losses.getLast()).isLessThan(0.6 * losses.getFirst());
            assertThat(argot.reports().read(folder.resolve("out/report.json")).configuration())
                    .containsEntry("objective", "log-readings, probability 0.9");
        }
    }

    @Test
    void adapt_newWordsOfAnEncoder_becomeTokens() throws IOException {
        Path model = Family.BERT.write(folder.resolve("model"));
        try (Argot argot = Argot.open()) {
            argot.adapt(spec(model, "out")
                    .vocabulary(new VocabularyExtension(5, false))
                    .build());
            assertThat(argot.tokenizer(folder.resolve("out").toString(), true)
                            .encode("the lighthouse", EncodeOptions.PLAIN)
                            .size())
                    .isEqualTo(2);
            AdaptationReport report = argot.reports().read(folder.resolve("out/report.json"));
            // other tokens of the domain's text were hidden: nothing to compare
            assertThat(report.comparison().orElseThrow().hiddenTokens())
                    .extracting(Comparison.HiddenTokensChange::name)
                    .containsExactly("general");
            assertThat(report.comparison().orElseThrow().after().hiddenTokens()).hasSize(2);
            try (MaskedModel adapted =
                    argot.load(MaskedModel.class, folder.resolve("out").toString())) {
                assertThat(adapted.fillMask("the [MASK]", 1)).hasSize(1);
            }
            assertThatThrownBy(() -> argot.adapt(spec(model, "gated")
                            .vocabulary(new VocabularyExtension(5, false))
                            .gate(new RetentionGate(0.1, RetentionGate.Action.FAIL))
                            .build()))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("gate");
        }
    }

    @Test
    void plan_saysWhatItTakes() throws IOException {
        Path model = Family.T5.write(folder.resolve("model"));
        try (Argot argot = Argot.open()) {
            var plan =
                    argot.plan(spec(model, "out").budget(new Budget.Epochs(1)).build());
            assertThat(plan.fits()).isTrue();
            assertThat(plan.steps()).isPositive();
            assertThat(plan.time()).isPresent();
        }
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void adapt_objectiveOfAnotherKindOfModel_isRefused() throws IOException {
        Path model = Family.BERT.write(folder.resolve("model"));
        try (Argot argot = Argot.open()) {
            assertThatThrownBy(() -> argot.adapt(spec(model, "out")
                            .objective(ObjectiveSettings.of(ObjectiveSettings.CAUSAL))
                            .build()))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining(CausalModel.class.getSimpleName())
                    .hasMessageContaining(MaskedModel.class.getSimpleName());
            assertThatThrownBy(() -> argot.adapt(spec(model, "out")
                            .objective(ObjectiveSettings.of(ObjectiveSettings.MASKED)
                                    .with("probabilty", 0.2))
                            .build()))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("probabilty");
            assertThatThrownBy(() -> argot.adapt(spec(model, "out")
                            .objective(ObjectiveSettings.of("riddles"))
                            .build()))
                    .hasMessageContaining("riddles")
                    .hasMessageContaining(ObjectiveSettings.MASKED);
        }
        assertThat(folder.resolve("out")).doesNotExist();
        assertThat(folder.resolve("out.run")).doesNotExist();
    }
}
