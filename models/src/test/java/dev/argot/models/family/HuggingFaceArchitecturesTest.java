package dev.argot.models.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.CausalModel;
import dev.argot.api.FileFormatException;
import dev.argot.api.Seq2SeqModel;
import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class HuggingFaceArchitecturesTest {
    private static final Path FILE = Path.of("m", "config.json");

    private final HuggingFaceArchitectures families = new HuggingFaceArchitectures();

    private static Map<String, @Nullable Object> llama() {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("model_type", "llama");
        values.put("vocab_size", 32L);
        values.put("hidden_size", 16L);
        values.put("intermediate_size", 24L);
        values.put("num_hidden_layers", 2L);
        values.put("num_attention_heads", 4L);
        values.put("num_key_value_heads", 2L);
        values.put("rms_norm_eps", 1e-6);
        values.put("rope_theta", 10000.0);
        values.put("max_position_embeddings", 64L);
        return values;
    }

    private Architecture describe(Map<String, @Nullable Object> values) {
        return families.describe(new Config(FILE, values));
    }

    private static Map<String, @Nullable Object> with(String key, @Nullable Object value) {
        Map<String, @Nullable Object> values = llama();
        values.put(key, value);
        return values;
    }

    static Stream<Arguments> wrong() {
        Map<String, Object> rope = Map.of("rope_type", "llama3", "factor", 8.0);
        return Stream.of(
                Arguments.of("vocab_size", null, "missing"),
                Arguments.of("hidden_size", "16", "whole number"),
                Arguments.of("hidden_size", -16L, "1 or more"),
                Arguments.of("num_hidden_layers", null, "missing"),
                Arguments.of("num_hidden_layers", 1_000_000_000L, "at most"),
                Arguments.of("num_hidden_layers", 1.5, "whole number"),
                Arguments.of("num_attention_heads", 3L, "divisor"),
                Arguments.of("num_key_value_heads", 0L, "1 or more"),
                Arguments.of("num_key_value_heads", 8L, "divisor"),
                Arguments.of("num_key_value_heads", 3L, "divisor"),
                Arguments.of("head_dim", 0L, "1 or more"),
                Arguments.of("head_dim", 2_000_000_000L, "more than"),
                Arguments.of("rms_norm_eps", -1e-6, "0 or more"),
                Arguments.of("rms_norm_eps", Double.NaN, "finite"),
                Arguments.of("rope_theta", Double.POSITIVE_INFINITY, "finite"),
                Arguments.of("rope_theta", 0.0, "above 0"),
                Arguments.of("rope_theta", "10000", "number"),
                Arguments.of("max_position_embeddings", 0L, "1 or more"),
                Arguments.of("hidden_act", "relu9", "expected one of"),
                Arguments.of("tie_word_embeddings", "yes", "true or false"),
                Arguments.of("torch_dtype", "float5", "expected one of"),
                Arguments.of("dtype", "float5", "expected one of"),
                Arguments.of("quantization_config", Map.of("bits", 4L), "unquantised"),
                Arguments.of("rope_scaling", Map.of("rope_type", "spiral", "factor", 2.0), "expected one of"),
                Arguments.of("rope_scaling", Map.of("type", "linear", "factor", 0.0), "above 0"),
                Arguments.of("rope_scaling", rope, "missing"),
                Arguments.of("rope_scaling", List.of(), "object"),
                Arguments.of("model_type", "mamba", "expected one of"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void describe_wrongValue_namesFileKeyAndWhatWasExpected(String key, @Nullable Object value, String expected) {
        assertThatThrownBy(() -> describe(with(key, value)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining(FILE.toString())
                .hasMessageContaining("'" + key)
                .hasMessageContaining(expected);
    }

    @Test
    void describe_unknownKey_isNoReasonToRefuse() {
        assertThat(describe(with("favourite_colour", "green")).layers()).isEqualTo(2);
    }

    /** Transformers 4 and 5 write rotary settings differently and mean the same. */
    @Test
    void describe_ropeInEitherStyle_givesTheSameGraph() {
        Map<String, @Nullable Object> four = with("rope_scaling", Map.of("type", "linear", "factor", 4.0));
        Map<String, @Nullable Object> five = llama();
        five.remove("rope_theta");
        five.put("rope_parameters", Map.of("rope_type", "linear", "factor", 4.0, "rope_theta", 10000.0));
        assertThat(describe(five).graph().toString())
                .isEqualTo(describe(four).graph().toString())
                .isNotEqualTo(describe(llama()).graph().toString());
    }

    @Test
    void describe_gemma3RopeInEitherStyle_givesTheSameGraph() {
        Map<String, @Nullable Object> four = with("model_type", "gemma3_text");
        four.put("head_dim", 8L);
        four.put("rope_theta", 1_000_000.0);
        four.put("rope_local_base_freq", 10_000.0);
        four.put("rope_scaling", Map.of("rope_type", "linear", "factor", 8.0));
        Map<String, @Nullable Object> five = with("model_type", "gemma3_text");
        five.remove("rope_theta");
        five.put("head_dim", 8L);
        five.put(
                "rope_parameters",
                Map.of(
                        "full_attention", Map.of("rope_type", "linear", "factor", 8.0, "rope_theta", 1_000_000.0),
                        "sliding_attention", Map.of("rope_type", "default", "rope_theta", 10_000.0)));
        assertThat(describe(five).graph().toString())
                .isEqualTo(describe(four).graph().toString());
    }

    /** Weights of the published models, which the graph must count without reading one. */
    @Test
    void describe_publishedModels_haveTheParametersTheirAuthorsCount() {
        Map<String, @Nullable Object> smol = llama(); // SmolLM2-135M
        smol.putAll(Map.of(
                "vocab_size", 49152L,
                "hidden_size", 576L,
                "intermediate_size", 1536L,
                "num_hidden_layers", 30L,
                "num_attention_heads", 9L,
                "num_key_value_heads", 3L,
                "tie_word_embeddings", true));
        assertThat(describe(smol).graph().parameterCount()).isEqualTo(134_515_008);
        Map<String, @Nullable Object> gpt2 = new LinkedHashMap<>(
                Map.of("model_type", "gpt2", "vocab_size", 50257L, "n_embd", 768L, "n_layer", 12L, "n_head", 12L));
        assertThat(describe(gpt2).graph().parameterCount()).isEqualTo(124_439_808);
        Map<String, @Nullable Object> t5 = new LinkedHashMap<>(Map.of(
                "model_type", "t5", "vocab_size", 32128L, "d_model", 512L, "d_kv", 64L, "d_ff", 2048L, "num_layers", 6L, "num_heads", 8L));
        assertThat(describe(t5).graph().parameterCount()).isEqualTo(60_506_624); // t5-small
        t5.putAll(Map.of("d_ff", 1024L, "num_layers", 8L, "num_decoder_layers", 8L, "num_heads", 6L));
        t5.putAll(Map.of("feed_forward_proj", "gated-gelu", "tie_word_embeddings", false));
        assertThat(describe(t5).graph().parameterCount()).isEqualTo(76_961_152); // flan-t5-small
        Map<String, @Nullable Object> bart = new LinkedHashMap<>(
                Map.of("model_type", "bart", "vocab_size", 50265L, "d_model", 768L, "max_position_embeddings", 1024L));
        for (String side : List.of("encoder", "decoder")) {
            bart.putAll(Map.of(side + "_layers", 6L, side + "_attention_heads", 12L, side + "_ffn_dim", 3072L));
        }
        assertThat(describe(bart).graph().parameterCount()).isEqualTo(139_420_416 + 50_265); // bart-base and its buffer
    }

    static Stream<Arguments> wrongOfEncoderDecoders() {
        return Stream.of(
                Arguments.of("t5", "d_kv", null, "missing"),
                Arguments.of("t5", "num_layers", 1_000_000_000L, "at most"),
                Arguments.of("t5", "relative_attention_num_buckets", 3L, "at least 4"),
                Arguments.of("t5", "relative_attention_max_distance", 8L, "above"),
                Arguments.of("t5", "feed_forward_proj", "gated-relu9", "expected one of"),
                Arguments.of("mt5", "d_kv", 1_000_000_000L, "more than"),
                Arguments.of("bart", "encoder_attention_heads", 3L, "divisor"),
                Arguments.of("bart", "activation_function", "relu9", "expected one of"),
                Arguments.of("mbart", "decoder_layers", 0L, "1 or more"),
                Arguments.of("marian", "decoder_vocab_size", -1L, "1 or more"));
    }

    @ParameterizedTest
    @MethodSource("wrongOfEncoderDecoders")
    void describe_wrongValueOfAnEncoderDecoder_namesFileKeyAndWhatWasExpected(
            String type, String key, @Nullable Object value, String expected) {
        Map<String, @Nullable Object> values = ofAnyFamily(type);
        values.put("share_encoder_decoder_embeddings", false);
        values.put(key, value);
        assertThatThrownBy(() -> describe(values))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining(FILE.toString())
                .hasMessageContaining("'" + key)
                .hasMessageContaining(expected);
    }

    /** Sizes under all the names that families have for them. */
    private static Map<String, @Nullable Object> ofAnyFamily(String type) {
        Map<String, @Nullable Object> values = with("model_type", type);
        values.putAll(
                Map.of("head_dim", 8L, "rotary_pct", 0.5, "ffn_dim", 24L, "n_embd", 16L, "n_layer", 2L, "n_head", 4L));
        values.putAll(Map.of("dim", 16L, "hidden_dim", 24L, "n_layers", 2L, "n_heads", 4L));
        values.putAll(Map.of("d_model", 16L, "d_kv", 4L, "d_ff", 24L, "num_layers", 2L, "num_heads", 4L));
        for (String side : List.of("encoder", "decoder")) {
            values.putAll(Map.of(side + "_layers", 2L, side + "_attention_heads", 4L, side + "_ffn_dim", 24L));
        }
        return values;
    }

    @Test
    void describe_everyFamily_givesTheOutputsOfItsKind() {
        var checked = new TreeMap<String, Integer>();
        for (String type : families.modelTypes()) {
            Architecture architecture = describe(ofAnyFamily(type));
            Set<String> outputs = architecture.graph().outputs().keySet();
            if (architecture.kind().equals(CausalModel.class)) {
                assertThat(outputs)
                        .as(type)
                        .contains("hidden_state_0", "hidden_state_1", "last_hidden_state", "logits", "loss");
            } else if (architecture.kind().equals(Seq2SeqModel.class)) {
                assertThat(outputs)
                        .as(type)
                        .contains(
                                "encoder_last_hidden_state",
                                "decoder_last_hidden_state",
                                "last_hidden_state",
                                "logits",
                                "loss");
            } else {
                assertThat(outputs).as(type).contains("hidden_state_0", "hidden_state_1", "last_hidden_state");
            }
            assertThat(architecture.modelType()).isEqualTo(type);
            assertThat(architecture.graph().parameters()).as(type).anyMatch(p -> p.name()
                    .startsWith(architecture.prefix()));
            checked.merge(
                    architecture.kind().equals(CausalModel.class)
                            ? "decoders"
                            : architecture.kind().equals(Seq2SeqModel.class) ? "encoder-decoders" : "encoders",
                    1,
                    Integer::sum);
        }
        assertThat(checked).containsEntry("decoders", 24).containsEntry("encoder-decoders", 5);
        assertThat(checked.get("encoders")).isGreaterThan(5);
    }
}
