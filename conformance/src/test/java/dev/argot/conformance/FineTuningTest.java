package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.CancellationToken;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.FineTuningResult;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledData;
import dev.argot.api.finetuning.LabelledText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
            assertThat(test.scores().get(Metric.ACCURACY).value()).isGreaterThan(0.9);
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
}
