package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.argot.api.AnswerOptions;
import dev.argot.api.Argot;
import dev.argot.api.LoadOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.MaskedModel.FilledMask;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.QuestionAnswerer.FoundAnswer;
import dev.argot.api.QuestionAnswerer.Question;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.SequenceClassifier.LabelScore;
import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenClassifier;
import dev.argot.api.TokenClassifier.Entity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Task heads give what the pipelines of Hugging Face give for the same models and texts, from the text to the result. */
class PipelineGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Offset<Double> CLOSE = within(2e-5);

    /** The folders {@code pipeline-*}: a model with tokenizer, and {@code expected.json}. */
    static List<Path> cases() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of(System.getProperty("argot.golden", "golden")))) {
            return folders.filter(folder -> folder.getFileName().toString().startsWith("pipeline-"))
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void pipeline_recordedTexts_equalTheReference(Path folder) throws IOException {
        JsonNode expected = JSON.readTree(folder.resolve("expected.json").toFile());
        List<JsonNode> recorded = new ArrayList<>();
        expected.path("cases").forEach(recorded::add);
        assertThat(recorded).isNotEmpty();
        String model = folder.toString();
        try (Argot argot = Argot.open()) {
            switch (expected.path("task").asText()) {
                case "fill-mask" -> fillMask(argot, model, recorded);
                case "text-classification" -> classify(argot, model, recorded);
                case "token-classification" -> tag(argot, model, recorded);
                case "question-answering" -> answer(argot, model, recorded);
                default -> throw new AssertionError("unknown task in " + folder);
            }
        }
    }

    private static List<String> texts(List<JsonNode> recorded) {
        return recorded.stream().map(c -> c.path("text").asText()).toList();
    }

    private static void fillMask(Argot argot, String name, List<JsonNode> recorded) {
        try (MaskedModel model = argot.load(MaskedModel.class, name, LoadOptions.DEFAULT.withoutNetwork())) {
            check(recorded, model.fillMaskAll(texts(recorded), 4));
            // the mask in the spelling that every model knows
            check(
                    recorded,
                    model.fillMaskAll(
                            texts(recorded).stream()
                                    .map(text -> text.replace(model.maskToken(), "[MASK]"))
                                    .toList(),
                            4));
        }
    }

    private static void check(List<JsonNode> recorded, List<List<FilledMask>> filled) {
        for (int i = 0; i < recorded.size(); i++) {
            String text = recorded.get(i).path("text").asText();
            JsonNode masks = recorded.get(i).path("masks");
            assertThat(filled.get(i)).as(text).hasSize(masks.size());
            for (int m = 0; m < masks.size(); m++) {
                List<TokenCandidate> candidates = filled.get(i).get(m).candidates();
                assertThat(candidates).as(text).hasSize(masks.get(m).size());
                for (int k = 0; k < candidates.size(); k++) {
                    JsonNode wanted = masks.get(m).get(k);
                    assertThat(candidates.get(k).id())
                            .as(text)
                            .isEqualTo(wanted.path("id").asInt());
                    assertThat(candidates.get(k).text())
                            .as(text)
                            .isEqualTo(wanted.path("text").asText());
                    assertThat(candidates.get(k).probability())
                            .as(text)
                            .isCloseTo(wanted.path("probability").asDouble(), CLOSE);
                }
            }
        }
    }

    private static void classify(Argot argot, String name, List<JsonNode> recorded) {
        try (SequenceClassifier model =
                argot.load(SequenceClassifier.class, name, LoadOptions.DEFAULT.withoutNetwork())) {
            var judged = model.classifyAll(texts(recorded));
            for (int i = 0; i < recorded.size(); i++) {
                List<LabelScore> scores = judged.get(i).scores();
                JsonNode wanted = recorded.get(i).path("scores");
                assertThat(scores).hasSize(wanted.size());
                for (int k = 0; k < scores.size(); k++) {
                    assertThat(scores.get(k).label())
                            .isEqualTo(wanted.get(k).path("label").asText());
                    assertThat(scores.get(k).score())
                            .isCloseTo(wanted.get(k).path("score").asDouble(), CLOSE);
                }
            }
        }
    }

    private static void tag(Argot argot, String name, List<JsonNode> recorded) {
        try (TokenClassifier model = argot.load(TokenClassifier.class, name, LoadOptions.DEFAULT.withoutNetwork())) {
            var words = recorded.stream().map(c -> strings(c.path("words"))).toList();
            List<List<String>> tags = model.tagWords(words);
            List<List<Entity>> entities = model.entitiesAll(texts(recorded));
            for (int i = 0; i < recorded.size(); i++) {
                String text = recorded.get(i).path("text").asText();
                assertThat(tags.get(i))
                        .as(text)
                        .isEqualTo(strings(recorded.get(i).path("tags")));
                JsonNode wanted = recorded.get(i).path("entities");
                assertThat(entities.get(i)).as(text).hasSize(wanted.size());
                for (int k = 0; k < wanted.size(); k++) {
                    Entity entity = entities.get(i).get(k);
                    assertThat(List.<Object>of(entity.type(), entity.start(), entity.end()))
                            .as(text)
                            .isEqualTo(List.<Object>of(
                                    wanted.get(k).path("type").asText(),
                                    wanted.get(k).path("start").asInt(),
                                    wanted.get(k).path("end").asInt()));
                    assertThat(entity.score()).as(text).isCloseTo(wanted.get(k).path("score").asDouble(), CLOSE);
                    assertThat(entity.text()).isEqualTo(text.substring(entity.start(), entity.end()));
                }
            }
        }
    }

    private static List<String> strings(JsonNode list) {
        var strings = new ArrayList<String>();
        list.forEach(s -> strings.add(s.asText()));
        return strings;
    }

    private static void answer(Argot argot, String name, List<JsonNode> recorded) {
        try (QuestionAnswerer model = argot.load(QuestionAnswerer.class, name, LoadOptions.DEFAULT.withoutNetwork())) {
            List<Question> questions = recorded.stream()
                    .map(c -> new Question(
                            c.path("question").asText(), c.path("passage").asText()))
                    .toList();
            var found = model.answerAll(questions, AnswerOptions.DEFAULT.withTop(4));
            var all = model.answerAll(
                    questions, AnswerOptions.DEFAULT.withTop(10_000).asUnanswerable());
            for (int i = 0; i < recorded.size(); i++) {
                JsonNode wanted = recorded.get(i).path("answers");
                assertThat(found.get(i)).hasSize(wanted.size());
                for (int k = 0; k < wanted.size(); k++) {
                    FoundAnswer answer = found.get(i).get(k);
                    assertThat(Map.of("start", answer.start(), "end", answer.end()))
                            .isEqualTo(Map.of(
                                    "start", wanted.get(k).path("start").asInt(),
                                    "end", wanted.get(k).path("end").asInt()));
                    assertThat(answer.score()).isCloseTo(wanted.get(k).path("score").asDouble(), CLOSE);
                    assertThat(answer.text())
                            .isEqualTo(questions.get(i).passage().substring(answer.start(), answer.end()));
                }
                double none = recorded.get(i).path("null").asDouble();
                assertThat(all.get(i))
                        .filteredOn(answer -> answer.text().isEmpty())
                        .singleElement()
                        .satisfies(answer -> assertThat(answer.score()).isCloseTo(none, within(1e-4 * none)));
            }
        }
    }
}
