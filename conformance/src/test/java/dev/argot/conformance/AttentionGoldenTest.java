package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.Argot;
import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionMap.Head;
import dev.argot.api.AttentionMap.Kind;
import dev.argot.api.AttentionRequest;
import dev.argot.api.ContextLengthException;
import dev.argot.api.LoadOptions;
import dev.argot.api.Model;
import dev.argot.spi.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The attention an application sees is that of the reference implementation, for every golden checkpoint and on every engine. The
 * checkpoints get a tokenizer whose words are the numbers of its tokens.
 */
class AttentionGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<Kind, String> TENSORS = Map.of(
            Kind.SELF, "encoder_attention_layer0",
            Kind.DECODER, "decoder_attention_layer0",
            Kind.CROSS, "cross_attention_layer0");

    @TempDir
    private Path folder;

    static Stream<ModelCase> recorded() {
        return ModelCase.all()
                .filter(golden -> !tensors(golden).isEmpty()) // Falcon's reference gives none that is causal
                .filter(golden -> IntStream.range(0, rows(golden)).anyMatch(row -> isOneText(golden, row)));
    }

    private static int rows(ModelCase golden) {
        return (int) golden.longs("input_ids").shape()[0];
    }

    /** Whether a row is one text, not a pair of which the second has other {@code token_type_ids}. */
    private static boolean isOneText(ModelCase golden, int row) {
        if (!golden.has("token_type_ids")) {
            return true;
        }
        Tensor.Longs types = golden.longs("token_type_ids");
        int width = (int) types.shape()[1];
        return Arrays.stream(types.data(), row * width, (row + 1) * width).allMatch(type -> type == 0);
    }

    private static Map<Kind, String> tensors(ModelCase golden) {
        var tensors = new EnumMap<Kind, String>(Kind.class);
        TENSORS.forEach((kind, name) -> {
            if (golden.has(name)) {
                tensors.put(kind, name);
            }
        });
        if (golden.has("attention_layer0")) {
            tensors.put(Kind.SELF, "attention_layer0");
        }
        return tensors;
    }

    @ParameterizedTest
    @MethodSource("recorded")
    void attention_ofEachRow_equalsTheReference(ModelCase golden) throws IOException {
        Path model = withTokenizer(golden);
        Map<Kind, String> tensors = tensors(golden);
        try (golden;
                Argot argot = Argot.open();
                Model loaded = argot.load(
                        Model.class,
                        model.toString(),
                        LoadOptions.DEFAULT.withEngine(golden.engine().name()).withoutNetwork())) {
            for (int row : IntStream.range(0, rows(golden)).filter(i -> isOneText(golden, i)).toArray()) {
                long[] ids = row(golden.longs("input_ids"), golden.longs("attention_mask"), row);
                Optional<String> target = tensors.containsKey(Kind.CROSS)
                        ? Optional.of(text(written(golden.longs("labels"), row)))
                        : Optional.empty();
                var request = new AttentionRequest(text(ids), target, Set.of(0), Set.of());
                if (ids.length > loaded.description().contextLength()) { // the reference does not mind
                    assertThatThrownBy(() -> loaded.attention(request)).isInstanceOf(ContextLengthException.class);
                    continue;
                }
                AttentionMap map = loaded.attention(request);
                assertThat(map.sources().stream().mapToLong(AttentionMap.Token::id))
                        .containsExactly(Arrays.stream(ids).boxed().toArray(Long[]::new));
                assertThat(map.heads().stream().map(Head::kind).collect(Collectors.toSet()))
                        .isEqualTo(tensors.keySet());
                for (Head head : map.heads()) {
                    compare(golden, tensors.get(head.kind()), row, head);
                }
            }
        }
    }

    private static void compare(ModelCase golden, String tensor, int row, Head head) {
        Tensor.Floats wanted = golden.floats(tensor);
        int heads = (int) wanted.shape()[1];
        int queries = (int) wanted.shape()[2];
        int keys = (int) wanted.shape()[3];
        for (int i = 0; i < head.weights().length; i++) {
            float[] actual = head.weights()[i];
            for (int j = 0; j < actual.length; j++) {
                assertThat(actual[j])
                        .as("%s: %s, row %d, head %d, %d at %d", golden, tensor, row, head.head(), i, j)
                        .isCloseTo(
                                wanted.data()[((row * heads + head.head()) * queries + i) * keys + j],
                                within((float) golden.tolerance(tensor)));
            }
        }
    }

    /** The tokens of a row, without padding. */
    private static long[] row(Tensor.Longs ids, Tensor.Longs mask, int row) {
        int width = (int) ids.shape()[1];
        long[] tokens = Arrays.copyOfRange(ids.data(), row * width, (row + 1) * width);
        int length = (int) Arrays.stream(mask.data(), row * width, (row + 1) * width).sum();
        return Arrays.copyOf(tokens, length); // padding is at the end
    }

    /** What the decoder reads behind its start: the labels but the last. */
    private static long[] written(Tensor.Longs labels, int row) {
        int width = (int) labels.shape()[1];
        long[] scored = Arrays.stream(labels.data(), row * width, (row + 1) * width)
                .takeWhile(label -> label >= 0)
                .toArray();
        return Arrays.copyOf(scored, scored.length - 1);
    }

    private static String text(long[] ids) {
        return Arrays.stream(ids).mapToObj(Long::toString).collect(Collectors.joining(" "));
    }

    private Path withTokenizer(ModelCase golden) throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        try (Stream<Path> files = Files.list(golden.file("config.json").resolveSibling(""))) {
            for (Path file : files.filter(f -> !f.getFileName().toString().startsWith("expected")).toList()) {
                Files.copy(file, model.resolve(file.getFileName()));
            }
        }
        int words = JSON.readTree(model.resolve("config.json").toFile()).get("vocab_size").asInt();
        ObjectNode tokenizer = JSON.createObjectNode();
        tokenizer.put("version", "1.0");
        for (String part : List.of("truncation", "padding", "normalizer", "post_processor", "decoder")) {
            tokenizer.putNull(part);
        }
        tokenizer.putArray("added_tokens").addObject().put("id", words).put("content", "<mask>").put("special", true);
        tokenizer.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        ObjectNode vocabulary =
                tokenizer.putObject("model").put("type", "WordLevel").put("unk_token", "0").putObject("vocab");
        for (int id = 0; id < words; id++) {
            vocabulary.put(Integer.toString(id), id);
        }
        JSON.writeValue(model.resolve("tokenizer.json").toFile(), tokenizer);
        Files.writeString(model.resolve("tokenizer_config.json"), "{\"mask_token\": \"<mask>\"}");
        return model;
    }
}
