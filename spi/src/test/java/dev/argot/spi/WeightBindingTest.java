package dev.argot.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.FileFormatException;
import dev.argot.api.SequenceClassifier;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Op;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WeightBindingTest {
    private static final String PREFIX = "bert.";

    @ParameterizedTest
    @CsvSource({
        "bert.pooler.dense.bias, bert.pooler.dense.bias",
        "bert.pooler.dense.bias, pooler.dense.bias",
        "embeddings.word, bert.embeddings.word",
        "bert.embeddings.LayerNorm.weight, bert.embeddings.LayerNorm.gamma",
        "bert.embeddings.LayerNorm.bias, embeddings.LayerNorm.beta",
        "cls.predictions.bias, cls.predictions.decoder.bias",
        "cls.predictions.decoder.bias, cls.predictions.bias",
        "lm_head.bias, lm_head.decoder.bias",
    })
    void find_namesThatMeanTheSame_findsTheTensor(String parameter, String stored) {
        assertThat(WeightBinding.find(parameter, PREFIX, tensors(stored)))
                .map(StoredTensor::name)
                .contains(stored);
    }

    @ParameterizedTest
    @CsvSource({
        "cls.predictions.bias, cls.seq_relationship.bias",
        "bert.encoder.dense.bias, bert.encoder.dense.decoder.bias",
        "bert.embeddings.norm.weight, bert.embeddings.norm.gamma",
    })
    void find_otherNames_findsNone(String parameter, String stored) {
        assertThat(WeightBinding.find(parameter, PREFIX, tensors(stored))).isEmpty();
    }

    @Test
    void find_itsOwnNameAndAnother_takesItsOwn() {
        assertThat(WeightBinding.find(
                        "cls.predictions.bias", PREFIX, tensors("cls.predictions.decoder.bias", "cls.predictions.bias")))
                .map(StoredTensor::name)
                .contains("cls.predictions.bias");
    }

    @Test
    void bind_headThatIsMissing_isRefusedAndSaysWhose() {
        WeightSource weights = bind("embeddings.word");
        assertThatThrownBy(() -> weights.tensor(new Op.Parameter("classifier.weight", List.of(2L, 3L))))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("somewhere")
                .hasMessageContaining("'classifier.weight'")
                .hasMessageContaining("[2, 3]")
                .hasMessageContaining("SequenceClassifier")
                .hasMessageContaining("'architectures'");
    }

    @Test
    void bind_bodyThatIsMissing_isRefusedWithoutAWordOfHeads() {
        WeightSource weights = bind("classifier.weight");
        assertThatThrownBy(() -> weights.tensor(new Op.Parameter("bert.embeddings.word", List.of(2L))))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("'bert.embeddings.word'")
                .hasMessageNotContaining("head");
    }

    @Test
    void bind_otherShape_isRefused() {
        WeightSource weights = bind("classifier.weight");
        assertThatThrownBy(() -> weights.tensor(new Op.Parameter("classifier.weight", List.of(2L, 3L))))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("expected shape [2, 3], found [1]");
    }

    private static WeightSource bind(String... stored) {
        var architecture = new Architecture(
                "bert", SequenceClassifier.class, new GraphBuilder().build(), PREFIX, 1, 1, 1, 1);
        return WeightBinding.bind(architecture, new Files(tensors(stored)));
    }

    private static Map<String, StoredTensor> tensors(String... names) {
        return Arrays.stream(names).collect(Collectors.toMap(name -> name, Stored::new));
    }

    private record Stored(String name) implements StoredTensor {
        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape() {
            return List.of(1L);
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            target.put(0);
        }
    }

    private record Files(Map<String, StoredTensor> tensors) implements Checkpoint {
        @Override
        public String format() {
            return "test";
        }

        @Override
        public Path location() {
            return Path.of("somewhere");
        }

        @Override
        public Config config() {
            return new Config(Path.of("config.json"), Map.of());
        }

        @Override
        public Optional<Config> generationConfig() {
            return Optional.empty();
        }

        @Override
        public Optional<SentenceSettings> sentenceSettings() {
            return Optional.empty();
        }

        @Override
        public TokenizerData tokenizer() {
            return new TokenizerData.Folder(location());
        }

        @Override
        public String licence() {
            return "";
        }

        @Override
        public void close() {}
    }
}
