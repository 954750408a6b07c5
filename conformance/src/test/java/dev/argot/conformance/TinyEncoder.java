package dev.argot.conformance;

import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.graph.Op;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** A BERT of a few thousand random weights with a WordPiece tokenizer, as a folder. */
final class TinyEncoder {
    private TinyEncoder() {}

    /**
     * Writes one.
     *
     * @param folder must not exist
     * @param architecture such as {@code "BertForMaskedLM"}
     */
    static Path write(Path folder, String architecture) throws IOException {
        var config = new LinkedHashMap<String, @Nullable Object>();
        config.put("model_type", "bert");
        config.put("architectures", List.of(architecture));
        config.put("vocab_size", 850L);
        config.put("hidden_size", 32L);
        config.put("num_hidden_layers", 2L);
        config.put("num_attention_heads", 4L);
        config.put("intermediate_size", 64L);
        config.put("max_position_embeddings", 64L);
        config.put("type_vocab_size", 2L);
        config.put("hidden_act", "gelu");
        config.put("layer_norm_eps", 1e-12);
        config.put("initializer_range", 0.02);
        config.put("pad_token_id", 0L);
        Architecture described =
                provider(ArchitectureProvider.class, "huggingface").describe(new Config(folder, config));
        var random = new Random(1);
        List<StoredTensor> tensors = new ArrayList<>();
        for (Op.Parameter parameter : described.graph().parameters()) {
            tensors.add(new Values(parameter, random));
        }
        Map<String, byte[]> files = new HashMap<>();
        Path tokenizer = Path.of(System.getProperty("argot.golden", "golden")).resolve("tokenizer-wordpiece-uncased");
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "vocab.txt")) {
            files.put(name, Files.readAllBytes(tokenizer.resolve(name)));
        }
        provider(CheckpointFormatProvider.class, "huggingface")
                .save(new CheckpointFormatProvider.SaveRequest(
                        folder, config, Map.of(), tensors, ElementType.FLOAT32, files, Long.MAX_VALUE));
        return folder;
    }

    private static <P> P provider(Class<P> kind, String name) {
        return ServiceLoader.load(kind).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> p instanceof ArchitectureProvider a && a.name().equals(name)
                        || p instanceof CheckpointFormatProvider f && f.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Random numbers: gains near 1, the rest near 0. */
    private static final class Values implements StoredTensor {
        private final Op.Parameter parameter;
        private final float[] numbers;

        Values(Op.Parameter parameter, Random random) {
            this.parameter = parameter;
            this.numbers = new float[Math.toIntExact(parameter.elements())];
            boolean gain = parameter.name().endsWith("LayerNorm.weight");
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = (float) (0.2 * random.nextGaussian()) + (gain ? 1 : 0);
            }
        }

        @Override
        public String name() {
            return parameter.name();
        }

        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public List<Long> shape() {
            return parameter.shape();
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            target.put(numbers, Math.toIntExact(from), target.remaining());
        }
    }
}
