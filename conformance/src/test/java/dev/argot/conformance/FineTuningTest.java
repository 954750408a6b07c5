package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.api.adaptation.Schedule;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.FineTuningResult;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledData;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import dev.argot.spi.StoredTensor;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fine-tunes a tiny encoder end to end. */
class FineTuningTest {
    private static final List<String> FILLERS = List.of("the", "old", "house", "is", "near", "a", "river", "and", "it");

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private Path model() {
        return folder.resolve("model");
    }

    @BeforeEach
    void writeModel() throws IOException {
        TinyEncoder.write(model(), "BertForMaskedLM");
    }

    private static String sentence(Random random, String word) {
        var words = new ArrayList<String>();
        int length = 2 + random.nextInt(6);
        for (int i = 0; i < length; i++) {
            words.add(FILLERS.get(random.nextInt(FILLERS.size())));
        }
        words.add(random.nextInt(length), word);
        return String.join(" ", words);
    }

    private static LabelledData<LabelledText> animals() {
        var items = new ArrayList<LabelledText>();
        var random = new Random(3);
        List<String> words = List.of("cat", "dog", "cow");
        for (int i = 0; i < 150; i++) {
            String word = words.get(i % 3);
            items.add(LabelledText.of("item " + i, sentence(random, word), word));
        }
        return LabelledData.split(items, 0.2, 0.2, 5);
    }

    private FineTuningSpec.Builder spec(FineTuningTask task, String out) {
        return FineTuningSpec.builder(model().toString(), task, folder.resolve(out))
                .learningRate(3e-3)
                .epochs(6)
                .maxLength(32)
                .batch(8, 1);
    }

    @Test
    void fineTune_classification_learnsAndLoads() throws IOException {
        var events = new ArrayList<AdaptationEvent>();
        try (Argot argot = Argot.open()) {
            FineTuningResult result = argot.fineTune(
                    spec(FineTuningTask.Classification.of(animals()), "out").build(),
                    events::add,
                    CancellationToken.never());
            HeadEvaluation test = result.report().test().orElseThrow();
            assertThat(value(test, Metric.ACCURACY)).isGreaterThan(0.9);
            assertThat(argot.verify(result.folder()).intact()).isTrue();
            FineTuningReport read = argot.reports().readFineTuning(result.folder().resolve("report.json"));
            assertThat(read).isEqualTo(result.report());
            try (SequenceClassifier classifier =
                    argot.load(SequenceClassifier.class, result.folder().toString())) {
                assertThat(classifier.labels()).containsExactly("cat", "cow", "dog");
                assertThat(classifier.classify("the old dog is near").label()).isEqualTo("dog");
                HeadEvaluation again = argot.evaluate(classifier, animals().test());
                assertThat(again.scores()).isEqualTo(test.scores());
                assertThat(again.items()).isEqualTo(test.items());
            }
        }
        assertThat(events.stream().filter(AdaptationEvent.Validated.class::isInstance)).hasSize(6);
        assertThat(folder.resolve("out.run")).doesNotExist();
        assertThat(Files.readString(folder.resolve("out/config.json")))
                .contains("BertForSequenceClassification", "single_label_classification", "\"dog\"");
    }

    /** Names of several pieces, each of one type; two of a type in a row are one entity. */
    private static List<TaggedText> named(int count) {
        var items = new ArrayList<TaggedText>();
        var random = new Random(4);
        for (int i = 0; i < count; i++) {
            var words = new ArrayList<String>();
            var tags = new ArrayList<String>();
            for (int part = 0; part < 2; part++) {
                words.add(FILLERS.get(random.nextInt(FILLERS.size())));
                tags.add("O");
                boolean place = random.nextBoolean();
                String type = place ? "LOC" : "PER";
                words.add(place ? "Internationalisation" : "Alisa");
                tags.add("B-" + type);
                if (random.nextBoolean()) {
                    words.add(place ? "Zlutouc" : "Wspomin");
                    tags.add("I-" + type);
                }
            }
            items.add(new TaggedText("item " + i, words, tags));
        }
        return items;
    }

    @Test
    void fineTune_tagging_learnsAndLoads() {
        LabelledData<TaggedText> data = LabelledData.split(named(200), 0.1, 0.2, 5);
        FineTuningTask.Tagging task = FineTuningTask.Tagging.of(data);
        assertThat(task.labels()).containsExactly("O", "B-LOC", "I-LOC", "B-PER", "I-PER");
        try (Argot argot = Argot.open()) {
            FineTuningResult result = argot.fineTune(spec(task, "out").build());
            HeadEvaluation test = result.report().test().orElseThrow();
            assertThat(value(test, Metric.ENTITY_F1)).isGreaterThan(0.9);
            assertThat(test.classes()).extracting(HeadEvaluation.ClassResult::label).containsExactly("LOC", "PER");
            try (TokenClassifier tagger =
                    argot.load(TokenClassifier.class, result.folder().toString())) {
                HeadEvaluation again = argot.evaluate(tagger, data.test());
                assertThat(again.scores()).isEqualTo(test.scores());
            }
        }
    }

    /** The answer is the word behind "near". */
    private static List<AnsweredQuestion> questions(int count) {
        var items = new ArrayList<AnsweredQuestion>();
        var random = new Random(6);
        List<String> places = List.of("house", "river", "cat", "dog", "wizard");
        for (int i = 0; i < count; i++) {
            String start = "the old " + places.get(random.nextInt(5)) + " and " + FILLERS.get(random.nextInt(4)) + " is near ";
            String answer = places.get(random.nextInt(5));
            items.add(new AnsweredQuestion(
                    "item " + i,
                    "where is it",
                    start + answer + " and " + places.get(random.nextInt(5)) + ".",
                    List.of(new AnsweredQuestion.Answer(answer, start.length()))));
        }
        return items;
    }

    @Test
    void fineTune_questionAnswering_learnsAndLoads() {
        LabelledData<AnsweredQuestion> data = LabelledData.split(questions(200), 0.1, 0.2, 5);
        try (Argot argot = Argot.open()) {
            FineTuningResult result = argot.fineTune(spec(new FineTuningTask.QuestionAnswering(data), "out")
                    .epochs(10)
                    .maxLength(64)
                    .build());
            HeadEvaluation test = result.report().test().orElseThrow();
            assertThat(value(test, Metric.EXACT_MATCH)).isGreaterThan(0.8);
            assertThat(value(test, Metric.TOKEN_F1)).isGreaterThanOrEqualTo(value(test, Metric.EXACT_MATCH));
            try (QuestionAnswerer answerer =
                    argot.load(QuestionAnswerer.class, result.folder().toString())) {
                assertThat(argot.evaluate(answerer, data.test()).scores()).isEqualTo(test.scores());
            }
        }
    }

    @Test
    void fineTune_severalLabels_learns() {
        var items = new ArrayList<LabelledText>();
        var random = new Random(3);
        for (int i = 0; i < 200; i++) {
            Set<String> labels = new TreeSet<>();
            String text = "the";
            for (String animal : List.of("cat", "dog")) {
                if (random.nextBoolean()) {
                    labels.add(animal);
                    text += " " + animal;
                }
            }
            items.add(LabelledText.of("item " + i, text, labels));
        }
        LabelledData<LabelledText> data = LabelledData.split(items, 0.1, 0.2, 5);
        try (Argot argot = Argot.open()) {
            FineTuningResult result = argot.fineTune(spec(
                            FineTuningTask.Classification.of(SequenceClassifier.Kind.MULTI_LABEL, data), "out")
                    .epochs(15)
                    .build());
            assertThat(value(result.report().test().orElseThrow(), Metric.ACCURACY)).isGreaterThan(0.9);
            try (SequenceClassifier classifier =
                    argot.load(SequenceClassifier.class, result.folder().toString())) {
                assertThat(classifier.kind()).isEqualTo(SequenceClassifier.Kind.MULTI_LABEL);
            }
        }
    }

    @Test
    void fineTune_pairsAndNumbers_learns() {
        var items = new ArrayList<LabelledText>();
        var random = new Random(3);
        for (int i = 0; i < 200; i++) {
            int count = random.nextInt(4);
            items.add(new LabelledText(
                    "item " + i,
                    sentence(random, "it"),
                    Optional.of("cat ".repeat(count) + "is near"),
                    Map.of("cats", count / 2.0)));
        }
        LabelledData<LabelledText> data = LabelledData.split(items, 0.1, 0.2, 5);
        try (Argot argot = Argot.open()) {
            FineTuningResult result = argot.fineTune(spec(
                            FineTuningTask.Classification.of(SequenceClassifier.Kind.REGRESSION, data), "out")
                    .build());
            HeadEvaluation test = result.report().test().orElseThrow();
            assertThat(value(test, Metric.R_SQUARED)).isGreaterThan(0.7);
            assertThat(value(test, Metric.PEARSON)).isGreaterThan(0.8);
        }
    }

    @Test
    void fineTune_sameSpec_givesTheSameFiles() throws IOException {
        FineTuningTask task = FineTuningTask.Classification.of(animals());
        try (Argot argot = Argot.open()) {
            argot.fineTune(spec(task, "one").epochs(2).build());
            argot.fineTune(spec(task, "two").epochs(2).build());
            argot.fineTune(spec(task, "three").epochs(2).seed(7).build());
        }
        byte[] one = Files.readAllBytes(folder.resolve("one/model.safetensors"));
        assertThat(Files.readAllBytes(folder.resolve("two/model.safetensors"))).isEqualTo(one);
        assertThat(Files.readAllBytes(folder.resolve("three/model.safetensors"))).isNotEqualTo(one);
    }

    @Test
    void fineTune_laterEpochsAreWorse_keepsTheBest() {
        LabelledData<LabelledText> data = animals();
        FineTuningTask task = FineTuningTask.Classification.of(data);
        var scores = new ArrayList<Double>();
        try (Argot argot = Argot.open()) {
            // the rate rises until the weights are ruined
            FineTuningResult result = argot.fineTune(
                    spec(task, "out")
                            .learningRate(0.15)
                            .schedule(new Schedule.Constant(Schedule.Span.share(1)))
                            .epochs(6)
                            .build(),
                    event -> {
                        if (event instanceof AdaptationEvent.Validated validated) {
                            scores.add(Objects.requireNonNull(validated.scores().get(Metric.ACCURACY))
                                    .value());
                        }
                    },
                    CancellationToken.never());
            int best = scores.indexOf(Collections.max(scores)) + 1;
            assertThat(best).as("of %s", scores).isLessThan(6);
            assertThat(result.report().bestEpoch()).isEqualTo(best);
            try (SequenceClassifier classifier =
                    argot.load(SequenceClassifier.class, result.folder().toString())) {
                assertThat(value(argot.evaluate(classifier, data.validation()), Metric.ACCURACY))
                        .isEqualTo(Collections.max(scores));
            }
        }
        assertThat(folder.resolve("out.run")).doesNotExist();
    }

    @Test
    void fineTune_modelWithAHead_goesOnOrGetsANewOne() throws IOException {
        FineTuningTask task = FineTuningTask.Classification.of(animals());
        var notices = new ArrayList<String>();
        try (Argot argot = Argot.open()) {
            argot.fineTune(spec(task, "first").epochs(1).build());
            for (String out : List.of("same", "other")) {
                var items = new ArrayList<LabelledText>();
                for (LabelledText item : animals().training()) {
                    String label = item.targets().keySet().iterator().next();
                    items.add(LabelledText.of(item.id(), item.text(), out.equals("same") ? label : "a " + label));
                }
                argot.fineTune(
                        FineTuningSpec.builder(
                                        folder.resolve("first").toString(),
                                        FineTuningTask.Classification.of(LabelledData.split(items, 0, 0, 1)),
                                        folder.resolve(out))
                                .learningRate(1e-30)
                                .epochs(1)
                                .maxLength(32)
                                .build(),
                        event -> {
                            if (event instanceof AdaptationEvent.Notice notice) {
                                notices.add(out + ": " + notice.text());
                            }
                        },
                        CancellationToken.never());
            }
        }
        assertThat(notices).containsExactly("other: New weights: classifier.bias, classifier.weight.");
        assertThat(Safetensors.read(folder.resolve("same/model.safetensors")).keySet())
                .containsExactlyInAnyOrderElementsOf(Safetensors.read(folder.resolve("first/model.safetensors"))
                        .keySet());
        assertThat(Files.readAllBytes(folder.resolve("same/model.safetensors")))
                .isEqualTo(Files.readAllBytes(folder.resolve("first/model.safetensors")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"all-linear", "query value"})
    void fineTune_lora_savesAnAdapterWithTheHead(String targets) throws IOException {
        LabelledData<LabelledText> data = animals();
        Lora lora = new Lora(4, 8, 0.05, Set.of(targets.split(" ")), false, false, Map.of(), Map.of());
        try (Argot argot = Argot.open()) {
            FineTuningResult result = argot.fineTune(spec(FineTuningTask.Classification.of(data), "out")
                    .method(lora)
                    .learningRate(1e-2)
                    .build());
            HeadEvaluation test = result.report().test().orElseThrow();
            assertThat(value(test, Metric.ACCURACY)).isGreaterThan(0.8);
            assertThat(folder.resolve("out/model.safetensors")).doesNotExist();
            assertThat(Safetensors.read(folder.resolve("out/adapter_model.safetensors")).keySet())
                    .contains(
                            "base_model.model.classifier.weight",
                            "base_model.model.classifier.bias",
                            "base_model.model.bert.pooler.dense.weight",
                            "base_model.model.bert.encoder.layer.1.attention.self.query.lora_A.weight")
                    .doesNotContain("base_model.model.bert.pooler.dense.lora_A.weight");
            try (SequenceClassifier classifier =
                    argot.load(SequenceClassifier.class, result.folder().toString())) {
                HeadEvaluation again = argot.evaluate(classifier, data.test());
                assertThat(value(again, Metric.ACCURACY)).isEqualTo(value(test, Metric.ACCURACY));
            }
            argot.merge(result.folder().toString(), folder.resolve("merged"));
            try (SequenceClassifier merged =
                    argot.load(SequenceClassifier.class, folder.resolve("merged").toString())) {
                assertThat(merged.labels()).containsExactly("cat", "cow", "dog");
            }
        }
    }

    @Test
    void fineTune_part_leavesTheRestAlone() throws IOException {
        FineTuningTask task = FineTuningTask.Classification.of(animals());
        try (Argot argot = Argot.open()) {
            argot.fineTune(spec(task, "out")
                    .epochs(1)
                    .method(new Method.Partial(Set.of("bert.encoder.layer.1")))
                    .build());
        }
        for (String name : List.of("bert.encoder.layer.0.output.dense.weight", "bert.encoder.layer.1.output.dense.weight")) {
            float[] before = floats(model(), name);
            float[] after = floats(folder.resolve("out"), name);
            assertThat(Arrays.equals(before, after)).as(name).isEqualTo(name.contains("layer.0"));
        }
    }

    private static float[] floats(Path model, String name) throws IOException {
        StoredTensor tensor = Objects.requireNonNull(
                Safetensors.read(model.resolve("model.safetensors")).get(name));
        var values = new float[Math.toIntExact(tensor.elements())];
        tensor.toFloat32(0, FloatBuffer.wrap(values));
        return values;
    }

    @Test
    void fineTune_cancelled_leavesNothing() {
        CancellationToken cancellation = CancellationToken.create();
        FineTuningSpec spec =
                spec(FineTuningTask.Classification.of(animals()), "out").build();
        try (Argot argot = Argot.open()) {
            assertThatThrownBy(() -> argot.fineTune(
                            spec,
                            event -> {
                                if (event instanceof AdaptationEvent.Validated validated && validated.epoch() == 2) {
                                    cancellation.cancel();
                                }
                            },
                            cancellation))
                    .isInstanceOf(CancellationException.class);
        }
        assertThat(folder).isDirectoryNotContaining(path -> !path.equals(model()));
    }

    @Test
    void fineTune_badInput_throwsAndLeavesNothing() throws IOException {
        FineTuningTask task = FineTuningTask.Classification.of(animals());
        Files.createDirectories(folder.resolve("full/of"));
        try (Argot argot = Argot.open()) {
            assertThatThrownBy(() -> argot.fineTune(spec(task, "full").build()))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("is in the way");
            assertThatThrownBy(() -> argot.fineTune(spec(task, "out").maxLength(65).build()))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("65")
                    .hasMessageContaining("64 tokens");
            assertThatThrownBy(() -> argot.fineTune(FineTuningSpec.builder("stories260k", task, folder.resolve("out"))
                            .build()))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContaining("llama")
                    .hasMessageContaining("SequenceClassifier");
        }
        assertThat(folder.resolve("out")).doesNotExist();
    }

    private static double value(HeadEvaluation evaluation, Metric metric) {
        return Objects.requireNonNull(evaluation.scores().get(metric)).value();
    }
}
