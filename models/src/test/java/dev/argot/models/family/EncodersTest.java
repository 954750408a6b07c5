package dev.argot.models.family;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.FileFormatException;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.spi.Architecture;
import dev.argot.spi.Config;
import dev.argot.spi.graph.Op;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class EncodersTest {
    private static final Set<String> FAMILIES = Set.of(
            "albert",
            "bert",
            "camembert",
            "deberta-v2",
            "distilbert",
            "electra",
            "modernbert",
            "roberta",
            "xlm-roberta");

    private final HuggingFaceArchitectures families = new HuggingFaceArchitectures();

    private static Map<String, @Nullable Object> values(String type) {
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        values.put("model_type", type);
        for (String key : List.of("vocab_size", "max_position_embeddings")) {
            values.put(key, 32L);
        }
        for (String key : List.of("hidden_size", "dim", "intermediate_size", "hidden_dim")) {
            values.put(key, 16L);
        }
        for (String key : List.of("num_hidden_layers", "n_layers", "num_attention_heads", "n_heads")) {
            values.put(key, 2L);
        }
        return values;
    }

    private Architecture describe(String type, String key, @Nullable Object value) {
        Map<String, @Nullable Object> values = values(type);
        values.put(key, value);
        return families.describe(config(values));
    }

    private static Config config(Map<String, @Nullable Object> values) {
        return new Config(Path.of("m", "config.json"), values);
    }

    static Stream<Arguments> familiesAndKinds() {
        return FAMILIES.stream()
                .sorted()
                .flatMap(family -> Stream.of(
                                MaskedModel.class,
                                SequenceClassifier.class,
                                TokenClassifier.class,
                                QuestionAnswerer.class,
                                EmbeddingModel.class)
                        .map(kind -> Arguments.of(family, kind)));
    }

    @ParameterizedTest
    @MethodSource("familiesAndKinds")
    void withHead_everyKind_isWhatTheConfigurationThenDescribes(String family, Class<? extends Model> kind) {
        List<String> labels = kind == SequenceClassifier.class || kind == TokenClassifier.class
                ? List.of("no", "yes", "perhaps")
                : List.of();
        Config with = families.withHead(config(values(family)), kind, labels);
        Architecture architecture = families.describe(with);
        assertThat(architecture.kind()).isEqualTo(kind);
        assertThat(architecture.labels()).isEqualTo(labels);
        assertThat(architecture.graph().outputs().keySet())
                .contains("hidden_state_0", "hidden_state_1", "last_hidden_state");
        boolean head = kind != EmbeddingModel.class;
        assertThat(architecture.graph().outputs().containsKey("logits")).isEqualTo(head);
        assertThat(architecture.graph().outputs().containsKey("loss")).isEqualTo(head);
        // what embeds needs nothing that a checkpoint with another head lacks
        assertThat(architecture.graph().outputs()).doesNotContainKey("pooler_output");
    }

    @Test
    void withHead_decoder_isRefused() {
        Config llama = config(values("llama"));
        assertThatThrownBy(() -> families.withHead(llama, MaskedModel.class, List.of()))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("llama")
                .hasMessageContaining("modernbert");
        Config bert = config(values("bert"));
        assertThatThrownBy(() -> families.withHead(bert, CausalModel.class, List.of()))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("SequenceClassifier");
    }

    @ParameterizedTest
    @CsvSource({
        "bert, BertForPreTraining, MaskedModel",
        "bert, BertModel, EmbeddingModel",
        "albert, AlbertForPreTraining, MaskedModel",
        "electra, ElectraForPreTraining, EmbeddingModel",
        "roberta, XLMRobertaForMaskedLM, MaskedModel",
    })
    void describe_architecture_tellsTheKind(String type, String architecture, String kind) {
        Architecture described = describe(type, "architectures", List.of(architecture));
        assertThat(described.kind().getSimpleName()).isEqualTo(kind);
    }

    @Test
    void describe_architecturesAbsent_isABareEncoder() {
        Architecture described = families.describe(config(values("bert")));
        assertThat(described.kind()).isEqualTo(EmbeddingModel.class);
        assertThat(described.graph().outputs()).containsKey("pooler_output");
    }

    @Test
    void describe_labels_comeInTheOrderOfTheirNumbers() {
        Map<String, @Nullable Object> values = values("bert");
        values.put("architectures", List.of("BertForTokenClassification"));
        values.put("id2label", Map.of("1", "B", "10", "K", "0", "A", "2", "C", "3", "D", "4", "E", "5", "F", "6", "G"));
        assertThatThrownBy(() -> families.describe(config(values)))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("'id2label'")
                .hasMessageContaining("0 to 7");
        values.put("id2label", Map.of("1", "B", "0", "A", "2", "C"));
        assertThat(families.describe(config(values)).labels()).containsExactly("A", "B", "C");
        values.remove("id2label");
        assertThat(families.describe(config(values)).labels()).containsExactly("LABEL_0", "LABEL_1");
    }

    static Stream<Arguments> problems() {
        return Stream.of(
                Arguments.of(null, 1L, Op.SquaredLoss.class),
                Arguments.of(null, 2L, Op.TokenLoss.class),
                Arguments.of("regression", 3L, Op.SquaredLoss.class),
                Arguments.of("single_label_classification", 2L, Op.TokenLoss.class),
                Arguments.of("multi_label_classification", 3L, Op.BinaryLoss.class));
    }

    @ParameterizedTest
    @MethodSource("problems")
    void describe_problemType_choosesTheLoss(@Nullable String problem, long labels, Class<? extends Op> loss) {
        for (String family : FAMILIES) {
            Map<String, @Nullable Object> values = values(family);
            values.put("architectures", List.of("XForSequenceClassification"));
            values.put("num_labels", labels);
            values.put("problem_type", problem);
            Architecture architecture = families.describe(config(values));
            assertThat(architecture.graph().output("loss").op()).as(family).isInstanceOf(loss);
            assertThat(architecture.graph().output("logits").type().dimension(-1)).isEqualTo(labels);
        }
    }

    static Stream<Arguments> wrong() {
        return Stream.of(
                Arguments.of("bert", "architectures", List.of("BertForNextSentencePrediction"), "ForMaskedLM"),
                Arguments.of("bert", "is_decoder", true, "false"),
                Arguments.of("bert", "position_embedding_type", "relative_key", "absolute"),
                Arguments.of("bert", "num_attention_heads", 3L, "divisor"),
                Arguments.of("bert", "layer_norm_eps", -1.0, "0 or more"),
                Arguments.of("roberta", "pad_token_id", 40L, "pad_token_id"),
                Arguments.of("distilbert", "n_heads", 3L, "divisor"),
                Arguments.of("albert", "num_hidden_groups", 3L, "at most 2"),
                Arguments.of("deberta-v2", "conv_kernel_size", 3L, "convolution"),
                Arguments.of("deberta-v2", "position_buckets", 64L, "twice"),
                Arguments.of("deberta-v2", "position_buckets", 1L, "2 or more"),
                Arguments.of("modernbert", "layer_types", List.of("full_attention"), "2 entries"));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void describe_whatIsNotSupported_isRefusedByName(String type, String key, Object value, String expected) {
        assertThatThrownBy(() -> describe(type, key, value))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("config.json")
                .hasMessageContaining("'" + key + "'")
                .hasMessageContaining(expected);
    }

    @Test
    void describe_classifierOfUnknownKind_isRefused() {
        Map<String, @Nullable Object> values = values("modernbert");
        values.put("architectures", List.of("ModernBertForSequenceClassification"));
        values.put("classifier_pooling", "max");
        assertThatThrownBy(() -> families.describe(config(values))).hasMessageContaining("'classifier_pooling'");
        values.put("classifier_pooling", "mean");
        values.put("problem_type", "ranking");
        assertThatThrownBy(() -> families.describe(config(values))).hasMessageContaining("'problem_type'");
    }

    @Test
    void describe_roberta_readsFewerTokensThanItHasPositions() {
        assertThat(families.describe(config(values("roberta"))).contextLength()).isEqualTo(30);
    }
}
