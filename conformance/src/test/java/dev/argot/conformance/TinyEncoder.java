package dev.argot.conformance;

import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
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

/** An encoder of a few thousand random weights with a WordPiece tokenizer, as a folder. */
final class TinyEncoder {
    private TinyEncoder() {}

    /**
     * Writes a masked language model.
     *
     * @param folder must not exist
     * @param type the {@code model_type}, such as {@code "bert"}
     */
    static Path write(Path folder, String type) throws IOException {
        return write(folder, type, MaskedModel.class, List.of());
    }

    /**
     * Writes an encoder with a head.
     *
     * @param folder must not exist
     * @param type the {@code model_type}, such as {@code "bert"}
     * @param kind what the head makes
     * @param labels names of its classes; else empty
     */
    static Path write(Path folder, String type, Class<? extends Model> kind, List<String> labels) throws IOException {
        var values = new LinkedHashMap<String, @Nullable Object>();
        values.put("model_type", type);
        for (String name : List.of("hidden_size", "dim", "embedding_size")) {
            values.put(name, 32L);
        }
        for (String name : List.of("num_hidden_layers", "n_layers")) {
            values.put(name, 2L);
        }
        for (String name : List.of("num_attention_heads", "n_heads")) {
            values.put(name, 4L);
        }
        for (String name : List.of("intermediate_size", "hidden_dim")) {
            values.put(name, 64L);
        }
        values.put("vocab_size", 850L);
        values.put("max_position_embeddings", type.contains("roberta") || type.equals("camembert") ? 65L : 64L);
        values.put("type_vocab_size", 2L);
        values.put("hidden_act", "gelu");
        values.put("pad_token_id", 0L);
        ArchitectureProvider architectures = provider(ArchitectureProvider.class, "huggingface");
        Config config = architectures.withHead(new Config(folder, values), kind, labels);
        Architecture described = architectures.describe(config);
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
                        folder, config.values(), Map.of(), tensors, ElementType.FLOAT32, files, Long.MAX_VALUE));
        return folder;
    }

    private static <P> P provider(Class<P> kind, String name) {
        return ServiceLoader.load(kind).stream()
                .map(ServiceLoader.Provider::get)
                .filter(p -> (p instanceof ArchitectureProvider a && a.name().equals(name))
                        || (p instanceof CheckpointFormatProvider f && f.name().equals(name)))
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
            boolean gain = parameter.shape().size() == 1 && parameter.name().endsWith("weight");
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
