package dev.argot.models.format;

import static org.assertj.core.api.BDDAssertions.then;
import static org.assertj.core.api.BDDAssertions.thenThrownBy;

import dev.argot.api.ArgotException;
import dev.argot.api.FileFormatException;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider.SaveRequest;
import dev.argot.spi.ElementType;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HuggingFaceFormatTest {
    private static final Map<String, Object> CONFIG = Map.of("model_type", "llama", "dtype", "float64");

    private final HuggingFaceFormat format = new HuggingFaceFormat();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path temp;

    /** A tensor in memory. */
    private record Numbers(String name, List<Long> shape, float[] values) implements StoredTensor {
        @Override
        public ElementType type() {
            return ElementType.FLOAT32;
        }

        @Override
        public Optional<ByteBuffer> mapped() {
            return Optional.empty();
        }

        @Override
        public void toFloat32(long from, FloatBuffer target) {
            target.put(values, (int) from, target.remaining());
        }
    }

    private static Numbers tensor(String name, float... values) {
        return new Numbers(name, List.of((long) values.length), values);
    }

    private SaveRequest request(List<? extends StoredTensor> tensors, ElementType type, long maxShardBytes) {
        return new SaveRequest(
                temp.resolve("saved"), CONFIG, Map.of(), List.copyOf(tensors), type, Map.of(), maxShardBytes);
    }

    /** What a float becomes in a type, by the definition: the nearest number of the type, the even one of two. */
    private static float nearest(float value, ElementType type) {
        if (type == ElementType.FLOAT32 || Float.isNaN(value) || Float.isInfinite(value)) {
            return value;
        }
        int bits = type == ElementType.FLOAT16 ? 11 : 8;
        int least = type == ElementType.FLOAT16 ? -14 : -126;
        double most = type == ElementType.FLOAT16 ? 65504.0 : (2 - Math.scalb(1.0, -7)) * Math.scalb(1.0, 127);
        double unit = Math.scalb(1.0, Math.max(Math.getExponent(value), least) - bits + 1);
        double rounded = Math.rint(value / unit) * unit;
        return Math.abs(rounded) > most ? (float) Math.copySign(Double.POSITIVE_INFINITY, value) : (float) rounded;
    }

    @RepeatedTest(60)
    void save_ofRandomTensors_readsBackRounded(RepetitionInfo repetition) {
        long seed = repetition.getCurrentRepetition();
        var random = new Random(seed);
        ElementType type = List.of(ElementType.FLOAT32, ElementType.FLOAT16, ElementType.BFLOAT16)
                .get((int) (seed % 3));
        var tensors = new ArrayList<Numbers>();
        for (int i = random.nextInt(1, 12); i > 0; i--) {
            int least = i == 5 ? 0 : 1;
            List<Long> shape = LongStream.range(0, random.nextInt(4))
                    .mapToObj(d -> (long) random.nextInt(least, 12))
                    .toList();
            var values = new float[(int) shape.stream().mapToLong(d -> d).reduce(1, (a, b) -> a * b)];
            for (int j = 0; j < values.length; j++) {
                // Any bits: subnormal, infinite, not a number.
                values[j] =
                        random.nextBoolean() ? Float.intBitsToFloat(random.nextInt()) : (float) random.nextGaussian();
            }
            tensors.add(new Numbers("tensor." + i + (random.nextBoolean() ? ".ü\n\"" : ""), shape, values));
        }

        format.save(request(tensors, type, random.nextInt(1, 4000)));

        try (Checkpoint checkpoint = format.open(temp.resolve("saved"))) {
            then(checkpoint.tensors().keySet())
                    .as("seed %d", seed)
                    .containsExactlyElementsOf(
                            tensors.stream().map(Numbers::name).toList());
            for (Numbers expected : tensors) {
                StoredTensor actual = Golden.tensor(checkpoint.tensors(), expected.name);
                then(actual.type()).as("seed %d", seed).isEqualTo(type);
                then(actual.shape()).as("seed %d", seed).isEqualTo(expected.shape);
                float[] values = Golden.floats(actual);
                for (int i = 0; i < values.length; i++) {
                    then(values[i])
                            .as("%s[%d] of %s, seed %d", type, i, expected.values[i], seed)
                            .isEqualTo(Float.valueOf(nearest(expected.values[i], type)));
                }
            }
            then(checkpoint.config().string("dtype")).isEqualTo(type.label());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT32", "FLOAT16", "BFLOAT16"})
    void save_beyondTheShardSize_writesAnIndex(ElementType type) throws IOException {
        format.save(request(
                List.of(tensor("a", 1, 2, 3), tensor("b", 4), tensor("c", 5, 6, 7, 8)), type, 3L * type.bytes()));

        try (Stream<Path> files = Files.list(temp.resolve("saved"))) {
            then(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder(
                            "config.json",
                            "model-00001-of-00003.safetensors",
                            "model-00002-of-00003.safetensors",
                            "model-00003-of-00003.safetensors",
                            "model.safetensors.index.json");
        }
        Map<String, ?> index = Golden.json(temp.resolve("saved/model.safetensors.index.json"));
        then(index.get("metadata")).isEqualTo(Map.of("total_size", 8L * type.bytes()));
    }

    @Test
    void save_withOtherFiles_writesThemAndTheGenerationConfig() throws IOException {
        Path folder = temp.resolve("below/saved");
        format.save(new SaveRequest(
                folder,
                CONFIG,
                Map.of("eos_token_id", List.of(2, 3)),
                List.of(tensor("a", 1)),
                ElementType.FLOAT32,
                Map.of("tokenizer.json", new byte[] {'{', '}'}),
                Long.MAX_VALUE));

        then(folder.resolve("tokenizer.json")).hasContent("{}");
        try (Checkpoint checkpoint = format.open(folder)) {
            then(checkpoint.generationConfig().orElseThrow().list("eos_token_id"))
                    .isEqualTo(List.of(2L, 3L));
            then(checkpoint.tokenizer()).isEqualTo(new TokenizerData.Folder(folder));
        }
    }

    @Test
    void save_whereATensorFails_leavesNothingBehind() throws IOException {
        StoredTensor failing = new Numbers("b", List.of(2L), new float[0]);

        thenThrownBy(() -> format.save(request(List.of(tensor("a", 1), failing), ElementType.FLOAT32, 4)))
                .isInstanceOf(RuntimeException.class);

        then(temp).isEmptyDirectory();
    }

    @Test
    void save_beyondTheDisk_saysSoAndLeavesNothingBehind() {
        var huge = new Numbers("huge", List.of(1L << 30, 1L << 29), new float[0]);

        thenThrownBy(() -> format.save(request(List.of(huge), ElementType.FLOAT32, Long.MAX_VALUE)))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("are free on that disk")
                .hasMessageContaining("saved");

        then(temp).isEmptyDirectory();
    }

    @Test
    void save_whereSomethingIsInTheWay_isRefusedAndKeepsIt() throws IOException {
        Path folder = Files.createDirectory(temp.resolve("saved"));
        Files.writeString(folder.resolve("mine.txt"), "mine");

        thenThrownBy(() -> format.save(request(List.of(tensor("a", 1)), ElementType.FLOAT32, 100)))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("is in the way");

        then(folder.resolve("mine.txt")).hasContent("mine");
        then(temp).isDirectoryNotContaining(file -> !file.equals(folder));
    }

    @Test
    void save_intoAnEmptyFolder_fillsIt() throws IOException {
        Files.createDirectory(temp.resolve("saved"));

        format.save(request(List.of(tensor("a", 1)), ElementType.FLOAT32, 100));

        try (Checkpoint checkpoint = format.open(temp.resolve("saved"))) {
            then(checkpoint.tensors()).containsOnlyKeys("a");
        }
    }

    @Test
    void save_withAFileNameThatLeavesTheFolder_isRefused() {
        var request = new SaveRequest(
                temp.resolve("saved"),
                CONFIG,
                Map.of(),
                List.of(),
                ElementType.FLOAT32,
                Map.of("../evil", new byte[0]),
                1);

        thenThrownBy(() -> format.save(request)).isInstanceOf(IllegalArgumentException.class);

        then(temp).isEmptyDirectory();
    }

    @Test
    void open_folderWithAModelCard_readsTheLicence() throws IOException {
        format.save(request(List.of(tensor("a", 1)), ElementType.FLOAT32, 100));
        Files.writeString(temp.resolve("saved/README.md"), "---\nlanguage: en\nlicense: apache-2.0\n---\n# Card\n");

        try (Checkpoint checkpoint = format.open(temp.resolve("saved"))) {
            then(checkpoint.licence()).isEqualTo("apache-2.0");
        }
    }

    @Test
    void open_linksOfHuggingFacesCache_areFollowed() throws IOException {
        format.save(request(List.of(tensor("a", 1)), ElementType.FLOAT32, 100));
        Path blobs = Files.createDirectories(temp.resolve("hub/blobs"));
        Path snapshot = Files.createDirectories(temp.resolve("hub/snapshots/abc"));
        for (String name : List.of("config.json", "model.safetensors")) {
            Files.move(temp.resolve("saved").resolve(name), blobs.resolve("hash-" + name));
            Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs/hash-" + name));
        }

        try (Checkpoint checkpoint = format.open(snapshot)) {
            then(checkpoint.tensors()).containsOnlyKeys("a");
        }
    }

    @Test
    void open_singlePickle_saysWhyNotAndWhatToDo() throws IOException {
        Path file = Files.write(temp.resolve("model.pt"), new byte[] {(byte) 0x80, 2});

        then(format.recognises(file)).isTrue();
        thenThrownBy(() -> format.open(file))
                .isInstanceOf(FileFormatException.class)
                .hasMessageContaining("can run")
                .hasMessageContaining("safetensors");
    }

    @Test
    void toFloat32_outsideTheTensor_isRefused() {
        format.save(request(List.of(tensor("a", 1, 2, 3)), ElementType.BFLOAT16, 100));
        try (Checkpoint checkpoint = format.open(temp.resolve("saved"))) {
            StoredTensor tensor = Golden.tensor(checkpoint.tensors(), "a");
            thenThrownBy(() -> tensor.toFloat32(2, FloatBuffer.allocate(2)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            thenThrownBy(() -> tensor.toFloat32(-1, FloatBuffer.allocate(1)))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void toFloat32_afterClosing_isRefused() {
        format.save(request(List.of(tensor("a", 1, 2, 3)), ElementType.FLOAT32, 100));
        Checkpoint checkpoint = format.open(temp.resolve("saved"));
        StoredTensor tensor = Golden.tensor(checkpoint.tensors(), "a");
        checkpoint.close();
        checkpoint.close();

        thenThrownBy(() -> tensor.toFloat32(0, FloatBuffer.allocate(1))).isInstanceOf(IllegalStateException.class);
    }
}
