package dev.argot.models.format;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.spi.Checkpoint;
import dev.argot.spi.FourBitGroups;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensors of the {@code gguf-*} cases against the values recorded from the Python package gguf. */
class GgufGoldenTest {
    static List<Path> cases() {
        return Golden.cases("gguf-");
    }

    @Test
    void cases_ofTheFolder_areThere() {
        then(cases()).isNotEmpty();
    }

    private static Path model(Path folder) {
        Path model = folder.resolve("model.gguf");
        return Files.exists(model) ? model : folder.resolve("types.gguf");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void tensors_ofCase_areThoseRecorded(Path folder) throws IOException {
        Map<String, ?> expectation = Golden.json(folder.resolve("expected.json"));
        var recorded = new SafetensorsFile(folder.resolve("expected.safetensors"));
        try (Checkpoint checkpoint = new GgufFormat().open(model(folder))) {
            List<Map<String, Object>> described = Golden.objects(expectation.get("tensors"));
            then(described).isNotEmpty();
            int compared = 0;
            for (Map<String, Object> description : described) {
                String stored = (String) Objects.requireNonNull(description.get("name"));
                String name = (String) description.getOrDefault("hf_name", stored);
                StoredTensor actual = Golden.tensor(checkpoint.tensors(), name);
                then(actual.shape()).as(name).isEqualTo(description.get("shape"));
                then(actual.describe())
                        .as(name)
                        .isIn(description.get("type"), actual.type().label());
                StoredTensor expected = recorded.tensors().get(stored);
                if (expected == null) {
                    expected = recorded.tensors().get("tensor." + stored);
                }
                if (expected == null) {
                    continue; // large files keep the values of some tensors only
                }
                compared++;
                boolean permuted = Boolean.TRUE.equals(description.get("rows_permuted_for_rotary"));
                float[] values = Golden.floats(expected);
                if (permuted) {
                    String heads = stored.contains("attn_q") ? "num_attention_heads" : "num_key_value_heads";
                    values = halfSplit(
                            values, actual.shape(), checkpoint.config().integer(heads));
                }
                assertSame(name, Golden.floats(actual), values);
                assertPartsSame(actual, values);
            }
            then(compared).isPositive();
            then(checkpoint.tensors()).hasSize(described.size());
        } finally {
            recorded.close();
        }
    }

    /** The rotary order by its definition: row {@code j·d/2 + i} of a head is the file's row {@code 2i + j}. */
    private static float[] halfSplit(float[] stored, List<Long> shape, int heads) {
        int columns = (int) (long) shape.get(1);
        int size = (int) (shape.get(0) / heads);
        var result = new float[stored.length];
        for (int h = 0; h < heads; h++) {
            for (int j = 0; j < 2; j++) {
                for (int i = 0; i < size / 2; i++) {
                    System.arraycopy(
                            stored,
                            (h * size + 2 * i + j) * columns,
                            result,
                            (h * size + j * size / 2 + i) * columns,
                            columns);
                }
            }
        }
        return result;
    }

    private static void assertSame(String name, float[] actual, float[] expected) {
        then(actual).as(name).hasSameSizeAs(expected);
        for (int i = 0; i < expected.length; i++) {
            if (Float.floatToIntBits(actual[i]) != Float.floatToIntBits(expected[i])) {
                // One unit in the last place is allowed.
                then(Math.abs(actual[i] - expected[i]))
                        .as("%s[%d]: %s, recorded %s", name, i, actual[i], expected[i])
                        .isLessThanOrEqualTo(Math.ulp(expected[i]));
            }
        }
    }

    @Test
    void fourBitGroups_ofEveryTypeMadeOfThem_areTheElements() {
        var types = new TreeSet<String>();
        for (Path folder : cases()) {
            try (Checkpoint checkpoint = new GgufFormat().open(model(folder))) {
                for (StoredTensor tensor : checkpoint.tensors().values()) {
                    tensor.fourBitGroups().ifPresent(groups -> {
                        types.add(tensor.describe());
                        assertGroupsSame(tensor, groups);
                    });
                }
            }
        }
        then(types).containsExactly("Q4_0", "Q4_1", "Q4_K");
    }

    /** All groups, and ranges that begin and end anywhere, also inside rows; scale × code + minimum is the element. */
    private static void assertGroupsSame(StoredTensor tensor, FourBitGroups groups) {
        float[] expected = Golden.floats(tensor);
        int all = expected.length / FourBitGroups.SIZE;
        long seed = tensor.name().hashCode();
        var random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            int first = round == 0 ? 0 : random.nextInt(all);
            int count = round == 0 ? all : random.nextInt(all - first + 1);
            int at = random.nextInt(3);
            var codes = new byte[(at + count) * FourBitGroups.BYTES];
            var scales = new float[at + count];
            var minima = new float[at + count];
            groups.read(first, count, codes, scales, minima, at);
            for (int i = 0; i < count * FourBitGroups.SIZE; i++) {
                int g = at + i / FourBitGroups.SIZE;
                int pair = codes[g * FourBitGroups.BYTES + i % FourBitGroups.BYTES];
                int code = i % FourBitGroups.SIZE < FourBitGroups.BYTES ? pair & 0xF : pair >> 4 & 0xF;
                then(scales[g] * code + minima[g])
                        .as("%s[%d] from group %d, seed %d", tensor.name(), i, first, seed)
                        .isEqualTo(expected[first * FourBitGroups.SIZE + i]);
            }
        }
        thenThrownBy(() -> groups.read(all, 1, new byte[16], new float[1], new float[1], 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    /** Ranges that begin and end inside blocks and rows, into heap and direct buffers. */
    private static void assertPartsSame(StoredTensor tensor, float[] expected) {
        long seed = tensor.name().hashCode();
        var random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            int from = random.nextInt(expected.length + 1);
            int n = random.nextInt(expected.length - from + 1);
            FloatBuffer target = round % 2 == 0
                    ? FloatBuffer.allocate(n)
                    : ByteBuffer.allocateDirect(4 * n).asFloatBuffer();
            tensor.toFloat32(from, target);
            then(target.remaining()).as("seed %d", seed).isZero();
            for (int i = 0; i < n; i++) {
                then(target.get(i))
                        .as("%s[%d] from %d, seed %d", tensor.name(), from + i, from, seed)
                        .isEqualTo(expected[from + i]);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void toFloat32_fromManyThreads_givesTheSame(Path folder) throws Exception {
        try (Checkpoint checkpoint = new GgufFormat().open(model(folder));
                var threads = Executors.newFixedThreadPool(4)) {
            for (StoredTensor tensor : checkpoint.tensors().values()) {
                float[] expected = Golden.floats(tensor);
                Callable<float[]> read = () -> Golden.floats(tensor);
                for (var result : threads.invokeAll(java.util.Collections.nCopies(4, read))) {
                    then(result.get()).as(tensor.name()).isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void save_ofCase_givesAFolderWithTheSameTensors(Path folder, @org.junit.jupiter.api.io.TempDir Path temp) {
        try (Checkpoint checkpoint = new GgufFormat().open(model(folder))) {
            Path saved = temp.resolve("saved");
            SavedCheckpoints.save(checkpoint, saved, dev.argot.spi.ElementType.FLOAT32, Long.MAX_VALUE);
            try (Checkpoint again = new HuggingFaceFormat().open(saved)) {
                then(again.config().values()).isEqualTo(checkpoint.config().values());
                then(again.tensors().keySet())
                        .containsExactlyElementsOf(checkpoint.tensors().keySet());
                checkpoint.tensors().forEach((name, tensor) -> then(Golden.floats(Golden.tensor(again.tensors(), name)))
                        .as(name)
                        .isEqualTo(Golden.floats(tensor)));
            }
        }
    }
}
