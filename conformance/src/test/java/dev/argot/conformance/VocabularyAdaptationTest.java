package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.api.adaptation.RetentionGate;
import dev.argot.api.adaptation.VocabularyExtension;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Adapts the tiny model with words that become tokens. */
class VocabularyAdaptationTest {
    private static final String MODEL = "stories260k";
    private static final String EMBEDDING = "model.embed_tokens.weight";
    private static final int OLD = 512; // tokens of the tiny model
    private static final List<String> WORDS = List.of("estoppel", "fiduciary", "plaintiff");

    /** It stands in one document alone, which is held out, as often as would do. */
    private static final String HELD_OUT = "habeascorpus";

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private Path corpus() {
        return folder.resolve("corpus");
    }

    @BeforeEach
    void writeCorpus() throws IOException {
        Files.createDirectories(corpus());
        for (int i = 0; i < 12; i++) {
            Files.writeString(
                    corpus().resolve(String.format("%02d.txt", i)),
                    ("The " + WORDS.get(i % 3) + " went to the court, number " + i + ". Her " + WORDS.get((i + 1) % 3)
                                    + " and the " + WORDS.get(i % 3) + " said so. ")
                            .repeat(4));
        }
        Files.writeString(
                folder.resolve("held.txt"),
                ("Then the " + WORDS.get(0) + " saw a " + HELD_OUT + " there. ").repeat(20));
    }

    private AdaptationSpec.Builder spec(String out, Method method) {
        return AdaptationSpec.builder(MODEL, folder.resolve(out))
                .corpus(corpus())
                .curate(false)
                .method(method)
                .batch(32, 1, 2)
                .budget(new Budget.Steps(4))
                .heldOut(CorpusSource.of(folder.resolve("held.txt")))
                .heldOutTokens(60)
                .tasks(0, List.of())
                .prompts("The court")
                .replayShare(0.2);
    }

    private static Method method(String name) {
        return switch (name) {
            case "full" -> Method.full();
            case "norm" -> new Method.Partial(Set.of("model.norm"));
            case "head" -> new Lora(4, 8, 0, Set.of("lm_head"), false, false, Map.of(), Map.of());
            default -> new Lora(4, 8, 0.1, Set.of(Lora.ALL_LINEAR), name.equals("dora"), false, Map.of(), Map.of());
        };
    }

    private static float[] embedding(Path model) throws IOException {
        StoredTensor tensor = Objects.requireNonNull(
                Safetensors.read(model.resolve("model.safetensors")).get(EMBEDDING));
        var values = new float[Math.toIntExact(tensor.elements())];
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    /** The embedding of the model as it is, written by the exporter that a run that learns nothing is. */
    private float[] original(Argot argot) throws IOException {
        Path out = folder.resolve("original");
        argot.adapt(spec("original", Method.full()).learningRate(1e-30).build());
        return embedding(out);
    }

    @ParameterizedTest
    @CsvSource({"lora, false, true", "dora, false, true", "norm, false, true", "full, true, true", "full, false, false"
    })
    void adapt_newWords_learnsThem(String method, boolean newRowsOnly, boolean oldRowsStay) throws IOException {
        Path out = folder.resolve("out");
        var events = new ArrayList<AdaptationEvent>();
        try (Argot argot = Argot.open()) {
            float[] original = original(argot);
            argot.adapt(
                    spec("out", method(method))
                            .vocabulary(new VocabularyExtension(20, newRowsOnly))
                            .build(),
                    events::add,
                    CancellationToken.never());
            float[] adapted = embedding(out);
            int width = original.length / OLD;
            int added = adapted.length / width - OLD;
            assertThat(added).isBetween(WORDS.size(), 20);
            assertThat(Arrays.equals(adapted, 0, original.length, original, 0, original.length))
                    .as("rows before stayed as they were")
                    .isEqualTo(oldRowsStay);
            try (CausalModel before = argot.load(CausalModel.class, MODEL);
                    CausalModel after = argot.load(CausalModel.class, out.toString())) {
                assertThat(after.tokenizer().vocabularySize()).isEqualTo(OLD + added);
                for (String word : WORDS) {
                    int[] pieces = ids(before.tokenizer(), " " + word);
                    int[] now = ids(after.tokenizer(), " " + word);
                    assertThat(now.length).as(word).isLessThan(pieces.length);
                    int id = Arrays.stream(now).max().orElseThrow();
                    assertThat(id).isGreaterThanOrEqualTo(OLD);
                    assertThat(Arrays.copyOfRange(adapted, id * width, (id + 1) * width))
                            .as("the row of %s was trained", word)
                            .isNotEqualTo(mean(original, ids(before.tokenizer(), " " + word), width));
                }
                assertThat(after.tokenizer().id(HELD_OUT))
                        .as("what is held out is not mined")
                        .isEmpty();
                String plain = "Once upon a time there was a little girl, who had 12 red balls.\n";
                assertThat(ids(after.tokenizer(), plain)).isEqualTo(ids(before.tokenizer(), plain));
                assertThat(bitsPerByte(out, "after")).isCloseTo(heldOut(before.tokenizer(), after), within(1e-5));
                assertThat(bitsPerByte(out, "before")).isCloseTo(heldOut(before.tokenizer(), before), within(1e-5));
            }
        }
        assertThat(events.stream()
                        .filter(AdaptationEvent.Notice.class::isInstance)
                        .map(Object::toString))
                .anyMatch(notice -> notice.contains("new tokens: held-out text takes"));
        String report = Files.readString(out.resolve("report.json"));
        assertThat(report).contains("tokensBefore", "plaintiff");
        long trainable = events.stream()
                .filter(AdaptationEvent.Planned.class::isInstance)
                .mapToLong(event -> ((AdaptationEvent.Planned) event).plan().trainable())
                .findFirst()
                .orElseThrow();
        if (method.equals("norm")) {
            int width = embedding(out).length / (OLD + countNew(out));
            assertThat(trainable).isEqualTo(width + (long) width * countNew(out));
        }
        assertThat(out.resolve("adapter_model.safetensors")).doesNotExist();
        assertThat(Files.readString(out.resolve("README.md"))).contains("became tokens of their own");
        assertThat(folder.resolve("out.run")).doesNotExist();
    }

    /** Measures as much of the held-out text as is 60 tokens of the model that it started from. */
    private double heldOut(Tokenizer original, CausalModel model) throws IOException {
        String text = Files.readString(folder.resolve("held.txt"));
        String measured =
                text.substring(0, original.encode(text, EncodeOptions.PLAIN).end(59));
        return model.perplexity(measured, Perplexity.Window.DEFAULT).bitsPerByte();
    }

    private static double bitsPerByte(Path bundle, String when) throws IOException {
        return new ObjectMapper()
                .readTree(bundle.resolve("report.json").toFile())
                .at("/comparison/" + when + "/texts/0/perplexity/bitsPerByte")
                .asDouble();
    }

    private static int countNew(Path model) throws IOException {
        try (Argot argot = Argot.open();
                CausalModel loaded = argot.load(CausalModel.class, model.toString())) {
            return loaded.tokenizer().vocabularySize() - OLD;
        }
    }

    private static int[] ids(Tokenizer tokenizer, String text) {
        return tokenizer.encode(text, EncodeOptions.PLAIN).ids();
    }

    private static float[] mean(float[] embedding, int[] ids, int width) {
        var mean = new float[width];
        for (int id : ids) {
            for (int i = 0; i < width; i++) {
                mean[i] += embedding[id * width + i] / ids.length;
            }
        }
        return mean;
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora", "full"})
    void adapt_cancelledAndResumed_givesTheSameModel(String method) throws IOException {
        try (Argot argot = Argot.open()) {
            argot.adapt(resumable("whole", method));
            CancellationToken cancellation = CancellationToken.create();
            argot.adapt(
                    resumable("parts", method),
                    event -> {
                        if (event instanceof AdaptationEvent.Step step && step.step() == 2) {
                            cancellation.cancel();
                        }
                    },
                    cancellation);
            assertThat(folder.resolve("parts")).doesNotExist();
            argot.adapt(resumable("parts", method));
        }
        for (String file : List.of("model.safetensors", "tokenizer.json", "config.json")) {
            assertThat(Files.readAllBytes(folder.resolve("parts").resolve(file)))
                    .as(file)
                    .isEqualTo(Files.readAllBytes(folder.resolve("whole").resolve(file)));
        }
    }

    private AdaptationSpec resumable(String out, String method) {
        return spec(out, method(method))
                .vocabulary(new VocabularyExtension(20, true))
                .checkpoints(1, 2)
                .resume(true)
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"lora", "full"})
    void adapt_gateThatAllowsNothing_goesBackToTheMeansOfTheRows(String method) throws IOException {
        try (Argot argot = Argot.open()) {
            float[] original = original(argot);
            int width = original.length / OLD;
            argot.adapt(spec("out", method(method))
                    .vocabulary(new VocabularyExtension(20, false))
                    .learningRate(0.5)
                    .gate(new RetentionGate(0.01, RetentionGate.Action.INTERPOLATE))
                    .build());
            float[] adapted = embedding(folder.resolve("out"));
            assertThat(Files.readString(folder.resolve("out/report.json"))).contains("\"share\"");
            try (CausalModel before = argot.load(CausalModel.class, MODEL);
                    CausalModel after =
                            argot.load(CausalModel.class, folder.resolve("out").toString())) {
                Tokenizer tokenizer = before.tokenizer();
                int id = Arrays.stream(ids(after.tokenizer(), " " + WORDS.get(0)))
                        .max()
                        .orElseThrow();
                assertThat(Arrays.copyOfRange(adapted, id * width, (id + 1) * width))
                        .usingComparatorWithPrecision(1e-5f)
                        .containsExactly(mean(original, ids(tokenizer, " " + WORDS.get(0)), width));
            }
            assertThat(Arrays.copyOf(adapted, original.length))
                    .usingComparatorWithPrecision(1e-6f)
                    .containsExactly(original);
        }
    }

    @Test
    void adapt_corpusWithoutFrequentWords_keepsTheVocabulary() throws IOException {
        try (var files = Files.list(corpus())) {
            for (Path file : files.collect(Collectors.toList())) {
                Files.writeString(
                        file, IntStream.range(0, 60).mapToObj(i -> "a b c").collect(Collectors.joining(" ")));
            }
        }
        var notices = new ArrayList<String>();
        try (Argot argot = Argot.open()) {
            argot.adapt(
                    spec("out", method("lora"))
                            .vocabulary(new VocabularyExtension(20, false))
                            .build(),
                    event -> {
                        if (event instanceof AdaptationEvent.Notice notice) {
                            notices.add(notice.toString());
                        }
                    },
                    CancellationToken.never());
        }
        assertThat(notices).anyMatch(notice -> notice.contains("the vocabulary stays as it is"));
        assertThat(folder.resolve("out/adapter_model.safetensors")).exists();
    }

    @Test
    void adapt_loraOfATiedHead_throwsBeforeTraining() {
        try (Argot argot = Argot.open()) {
            assertThatThrownBy(() -> argot.adapt(spec("out", method("head"))
                            .vocabulary(new VocabularyExtension(20, false))
                            .build()))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("lm_head")
                    .hasMessageContaining(EMBEDDING);
        }
        assertThat(folder.resolve("out")).doesNotExist();
        assertThat(folder.resolve("out.run")).doesNotExist();
    }
}
