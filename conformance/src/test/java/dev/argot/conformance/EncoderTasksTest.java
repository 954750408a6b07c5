package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.EmbeddingOptions.Pooling;
import dev.argot.api.LoadOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenClassifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What holds of task heads and embeddings whatever the numbers: batches, order, lengths, refusals. */
class EncoderTasksTest {
    private static final String[] WORDS = {"the", "ship", "sails", "over", "a", "quiet", "sea", "at", "night", "."};

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private static <M extends Model> M load(Argot argot, Class<M> kind, Path model) {
        return argot.load(kind, model.toString(), LoadOptions.DEFAULT.withoutNetwork());
    }

    private static List<String> texts(int count, int longest) {
        var random = new Random(1);
        var texts = new ArrayList<String>();
        for (int i = 0; i < count; i++) {
            var text = new StringBuilder();
            for (int w = random.nextInt(longest); w >= 0; w--) {
                text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
            }
            texts.add(text.toString());
        }
        return texts;
    }

    @ParameterizedTest
    @EnumSource
    void embedAll_mixedLengths_equalsEachAlone(Pooling pooling) throws IOException {
        Path written = TinyEncoder.write(folder.resolve("model"), "bert");
        EmbeddingOptions options = EmbeddingOptions.DEFAULT.withPooling(pooling);
        List<String> texts = texts(300, 40); // several batches; some are cut
        try (Argot argot = Argot.open();
                MaskedModel masked = load(argot, MaskedModel.class, written);
                EmbeddingModel bare = load(argot, EmbeddingModel.class, written)) {
            List<float[]> together = masked.embedAll(texts, options);
            assertThat(together).hasSize(300).allSatisfy(v -> assertThat(v).hasSize(masked.embeddingSize()));
            for (int i = 0; i < texts.size(); i += 29) {
                assertThat(masked.embedAll(List.of(texts.get(i)), options).get(0))
                        .as("text %d", i)
                        .containsExactly(together.get(i), within(1e-5f));
            }
            List<float[]> withoutHead = bare.embedAll(texts, options);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(withoutHead.get(i)).containsExactly(together.get(i), within(1e-5f));
                assertThat(length(together.get(i))).isCloseTo(1, within(1e-5));
            }
        }
    }

    private static double length(float[] vector) {
        double sum = 0;
        for (float x : vector) {
            sum += (double) x * x;
        }
        return Math.sqrt(sum);
    }

    @Test
    void embedAll_options_areHeeded() throws IOException {
        Path written = TinyEncoder.write(folder.resolve("model"), "bert", EmbeddingModel.class, List.of());
        try (Argot argot = Argot.open();
                EmbeddingModel model = load(argot, EmbeddingModel.class, written)) {
            var raw = new EmbeddingOptions(Optional.empty(), false, OptionalInt.empty());
            assertThat(length(model.embedAll(List.of("the sea"), raw).get(0))).isNotCloseTo(1, within(1e-3));
            int tokens = model.tokenizer().encode("the ship").size(); // the special ones around them too
            var cut = new EmbeddingOptions(Optional.empty(), true, OptionalInt.of(tokens));
            assertThat(model.embedAll(List.of("the ship sails over the sea"), cut)
                            .get(0))
                    .containsExactly(model.embed("the ship"), within(1e-5f));
            assertThat(model.embedAll(List.of(), EmbeddingOptions.DEFAULT)).isEmpty();
            assertThat(length(model.embed(""))).isCloseTo(1, within(1e-5));
        }
    }

    @Test
    void embed_sentenceTransformersFiles_lead() throws IOException {
        Path written = TinyEncoder.write(folder.resolve("model"), "bert", EmbeddingModel.class, List.of());
        Files.writeString(
                written.resolve("modules.json"),
                "[{\"type\": \"sentence_transformers.models.Transformer\", \"path\": \"\"},"
                        + " {\"type\": \"sentence_transformers.models.Pooling\", \"path\": \"1_Pooling\"}]");
        Files.createDirectories(written.resolve("1_Pooling"));
        Path pooling = written.resolve("1_Pooling/config.json");
        Files.writeString(pooling, "{\"pooling_mode_cls_token\": true}");
        Files.writeString(written.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 4}");
        try (Argot argot = Argot.open();
                EmbeddingModel model = load(argot, EmbeddingModel.class, written)) {
            var first = new EmbeddingOptions(Optional.of(Pooling.FIRST), true, OptionalInt.of(4));
            assertThat(model.embed("the ship sails over the sea"))
                    .containsExactly(model.embedAll(List.of("the ship"), first).get(0), within(1e-5f));
        }
        Files.writeString(pooling, "{\"pooling_mode_max_tokens\": true}");
        try (Argot argot = Argot.open();
                EmbeddingModel model = load(argot, EmbeddingModel.class, written)) {
            assertThatThrownBy(() -> model.embed("the sea"))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContainingAll("config.json", "max_tokens", "withPooling");
            assertThat(model.embedAll(List.of("the sea"), EmbeddingOptions.DEFAULT.withPooling(Pooling.MEAN)))
                    .hasSize(1);
        }
    }

    @Test
    void fillMask_specialTokensInTheText_stayText() throws IOException {
        Path written = TinyEncoder.write(folder.resolve("model"), "bert");
        try (Argot argot = Argot.open();
                MaskedModel model = load(argot, MaskedModel.class, written)) {
            assertThat(model.maskToken()).isEqualTo("[MASK]");
            String text = "the [SEP] sea [MASK] the [CLS] night";
            var masks = model.fillMask(text, 3);
            assertThat(masks).singleElement().satisfies(mask -> {
                assertThat(text.substring(mask.start(), mask.end())).isEqualTo("[MASK]");
                assertThat(mask.candidates()).hasSize(3);
            });
            // "[sep]" is not known as a token of its own either, and reads the same
            assertThat(model.fillMask(text.replace("[SEP]", "[sep]").replace("[CLS]", "[cls]"), 3)
                            .get(0)
                            .candidates())
                    .isEqualTo(masks.get(0).candidates());
            assertThatThrownBy(() -> model.fillMask("the sea", 3))
                    .isInstanceOf(ArgotException.class)
                    .hasMessageContainingAll("[MASK]", "the sea");
            assertThatThrownBy(() -> model.fillMask("sea ".repeat(70) + "[MASK]", 3))
                    .isInstanceOf(ContextLengthException.class)
                    .hasMessageContaining("64");
            assertThatThrownBy(() -> model.fillMask("[MASK]", 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void fillMaskAll_manyMasks_equalsEachAlone() throws IOException {
        Path written = TinyEncoder.write(folder.resolve("model"), "bert");
        var texts = new ArrayList<String>();
        for (int i = 0; i < 60; i++) {
            texts.add("[MASK] the sea ".repeat(1 + i % 12)); // more masks than logits computed at once
        }
        Collections.shuffle(texts, new Random(1));
        try (Argot argot = Argot.open();
                MaskedModel model = load(argot, MaskedModel.class, written)) {
            var together = model.fillMaskAll(texts, 2);
            for (int i = 0; i < texts.size(); i += 7) {
                var alone = model.fillMask(texts.get(i), 2);
                assertThat(together.get(i)).hasSize(alone.size());
                for (int m = 0; m < alone.size(); m++) {
                    List<TokenCandidate> a = alone.get(m).candidates();
                    List<TokenCandidate> t = together.get(i).get(m).candidates();
                    assertThat(t.get(0).probability()).isCloseTo(a.get(0).probability(), within(1e-5));
                }
            }
        }
    }

    @Test
    void tagWords_longText_isTaggedToItsEnd() throws IOException {
        Path written = TinyEncoder.write(folder.resolve("model"), "bert", TokenClassifier.class, List.of("O", "B-X"));
        List<String> words = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            words.add(WORDS[i % WORDS.length]);
        }
        try (Argot argot = Argot.open();
                TokenClassifier model = load(argot, TokenClassifier.class, written)) {
            List<List<String>> tags = model.tagWords(List.of(words, List.of(), List.of("sea", "\u0000")));
            assertThat(tags.get(0)).hasSize(500).allSatisfy(tag -> assertThat(model.labels())
                    .contains(tag));
            assertThat(tags.get(1)).isEmpty();
            assertThat(tags.get(2)).hasSize(2); // the second has no tokens
            // what fits one window is the same with or without a further text beside it
            assertThat(model.tagWords(List.of(words.subList(0, 40))).get(0))
                    .isEqualTo(
                            model.tagWords(List.of(words, words.subList(0, 40))).get(1));
            String text = String.join(" ", words);
            assertThat(model.entities(text)).allSatisfy(entity -> assertThat(entity.text())
                    .isEqualTo(text.substring(entity.start(), entity.end())));
            assertThat(model.entities("")).isEmpty();
        }
    }

    @Test
    void classifyAll_mixedLengths_equalsEachAlone() throws IOException {
        Path written = TinyEncoder.write(folder.resolve("model"), "bert", SequenceClassifier.class, List.of("a", "b"));
        List<String> texts = texts(120, 90);
        try (Argot argot = Argot.open();
                SequenceClassifier model = load(argot, SequenceClassifier.class, written)) {
            assertThat(model.kind()).isEqualTo(SequenceClassifier.Kind.SINGLE_LABEL);
            var together = model.classifyAll(texts);
            for (int i = 0; i < texts.size(); i += 11) {
                var alone = model.classify(texts.get(i));
                assertThat(together.get(i).label()).isEqualTo(alone.label());
                assertThat(together.get(i).score()).isCloseTo(alone.score(), within(1e-5));
                assertThat(alone.scores().stream()
                                .mapToDouble(SequenceClassifier.LabelScore::score)
                                .sum())
                        .isCloseTo(1, within(1e-9));
            }
            var pairs = model.classifyPairs(List.of(
                    new SequenceClassifier.TextPair("the sea", "the night"),
                    new SequenceClassifier.TextPair("a", "b")));
            assertThat(pairs).hasSize(2);
        }
    }

    @Test
    void causalModel_embedsAndSaysWhatFollows() {
        try (Argot argot = Argot.open();
                CausalModel model =
                        argot.load(CausalModel.class, "stories260k", LoadOptions.DEFAULT.withoutNetwork())) {
            List<TokenCandidate> next = model.nextTokens("Once upon a", 3);
            var first = model.complete(
                    "Once upon a", Decoding.greedy().toBuilder().maxTokens(1).build());
            assertThat(next).hasSize(3);
            assertThat(next.get(0).id()).isEqualTo(first.tokens().get(0).id());
            assertThat(Math.log(next.get(0).probability()))
                    .isCloseTo(first.tokens().get(0).logProbability(), within(1e-4));
            Embedder embedder = model;
            List<String> texts = List.of("Once upon a time", "", "A little girl lived in a big house near the sea.");
            List<float[]> together = embedder.embedAll(texts, EmbeddingOptions.DEFAULT);
            for (int i = 0; i < texts.size(); i++) {
                assertThat(embedder.embed(texts.get(i))).containsExactly(together.get(i), within(1e-4f));
            }
        }
    }
}
