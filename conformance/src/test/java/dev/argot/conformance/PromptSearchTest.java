package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.Document;
import dev.argot.api.ProviderException;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.ExemplarOrder;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import dev.argot.api.retrieval.RetrieverSpec.Method;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Exemplars and passages found with the plug-ins that an application has, in prompts of a real model. */
class PromptSearchTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.of("Story: {{story}}\nFeeling: {{answer}}");

    private static Argot argot;
    private static CausalModel model;

    @BeforeAll
    static void open() {
        argot = Argot.open();
        model = argot.load(CausalModel.class, "stories260k");
    }

    @AfterAll
    static void close() {
        argot.close();
    }

    private static PromptSpec.Builder stories() {
        return PromptSpec.builder(TEMPLATE)
                .labels("happy", "sad")
                .exemplar("happy", "story", "Lily found a big red ball in the park.")
                .exemplar("sad", "story", "Tom lost his toy car and cried.")
                .exemplar("happy", "story", "Mom gave Ben a cake.")
                .exemplar("sad", "story", "The dog was ill and did not eat.");
    }

    @Test
    void similar_ofADomain_knowsItsAbbreviations() {
        PromptSpec.Builder directions = PromptSpec.builder(PromptTemplate.of("Directions: {{sig}}\nWhen: {{answer}}"))
                .exemplar("evening", "sig", "1 cap before sleep")
                .exemplar("all day", "sig", "1 tab 4 times a day")
                .exemplar("morning", "sig", "1 cap at dawn")
                .shots(1);
        Map<String, String> item = Map.of("sig", "2 drops qid");
        try (Prompter words = prompter(directions, new ExemplarSelection.Similar());
                Prompter domain = prompter(directions, new ExemplarSelection.Similar(Optional.of("medical")))) {
            assertThat(answers(words.render(item))).containsExactly("evening"); // nothing in common: the first
            assertThat(answers(domain.render(item))).containsExactly("all day");
        }
        assertThatThrownBy(() -> prompter(directions, new ExemplarSelection.Similar(Optional.of("astrology"))))
                .isInstanceOf(ProviderException.class)
                .hasMessageContaining("astrology")
                .hasMessageContaining("medical");
    }

    @Test
    void nearest_byTheModelsHiddenStates_putsANearCopyLast() {
        Map<String, String> item = Map.of("story", "Tom lost his toy car and cried a lot.");
        try (Prompter prompter = prompter(stories().shots(3), new ExemplarSelection.Nearest(model))) {
            RenderedPrompt prompt = prompter.render(item);
            assertThat(prompt.exemplars()).hasSize(3);
            assertThat(prompt.exemplars().getLast().inputs()).containsEntry("story", "Tom lost his toy car and cried.");
            assertThat(prompter.render(item).text()).isEqualTo(prompt.text());
        }
        try (Prompter prompter = prompter(
                stories().shots(2),
                new ExemplarSelection.Balanced(new ExemplarSelection.Diverse(new ExemplarSelection.Nearest(model))))) {
            assertThat(answers(prompter.render(item))).containsExactlyInAnyOrder("happy", "sad");
        }
    }

    @Test
    void render_ofAnItemOfThePool_doesNotTellItsAnswer() {
        for (Example exemplar : stories().build().exemplars()) {
            String story = exemplar.inputs().get("story");
            try (Prompter prompter = prompter(stories(), new ExemplarSelection.Random(1))) {
                RenderedPrompt prompt =
                        prompter.render(Map.of("story", story.toUpperCase(java.util.Locale.ROOT) + " "));
                assertThat(prompt.exemplars()).hasSize(3);
                assertThat(prompt.text()).doesNotContain(story);
            }
        }
    }

    @Test
    void labelEntropy_isFoundOnceAndIsTheSameAgain() {
        PromptSpec.Builder spec = stories()
                .settings(PromptSettings.DEFAULT
                        .withSelection(new ExemplarSelection.Random(5))
                        .withOrder(ExemplarOrder.LABEL_ENTROPY));
        try (Prompter one = argot.prompter(model, spec.build());
                Prompter other = argot.prompter(model, spec.build())) {
            RenderedPrompt prompt = one.render(Map.of("story", "Sue was lost."));
            assertThat(prompt.exemplars())
                    .containsExactlyInAnyOrderElementsOf(spec.build().exemplars());
            assertThat(other.render(Map.of("story", "The sun came out.")).exemplars())
                    .isEqualTo(prompt.exemplars());
            assertThat(one.choose(Map.of("story", "Sue was lost.")).ranked()).hasSize(2);
        }
        assertThatThrownBy(() -> argot.prompter(
                        model,
                        PromptSpec.builder(TEMPLATE)
                                .settings(PromptSettings.DEFAULT.withOrder(ExemplarOrder.LABEL_ENTROPY))
                                .build()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("labels");
    }

    private enum How {
        WORDS,
        EMBEDDINGS,
        BOTH;

        Method method() {
            return switch (this) {
                case WORDS -> new Method.Words();
                case EMBEDDINGS -> new Method.Embeddings(model);
                case BOTH -> new Method.Both(model);
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void retriever_ofFiles_showsAndCitesPassages(How how, @TempDir Path folder) throws IOException {
        Files.writeString(
                folder.resolve("cards.txt"),
                "A card that is lost must be frozen at once. Open the app and choose Freeze card, then order another.");
        Files.writeString(
                folder.resolve("rates.txt"),
                "Money is exchanged at the rate of the hour. At weekends a small fee is added to the rate of the hour.");
        List<Document> documents = argot.documents(CorpusSource.of(folder));
        PromptTemplate template =
                PromptTemplate.of("Context:\n{{passages}}\nQuestion: {{question}}\nAnswer: {{answer}}");
        try (Retriever retriever = argot.retriever(
                        RetrieverSpec.of(documents).withPassageWords(10).withMethod(how.method()));
                Prompter prompter = argot.prompter(
                        model,
                        PromptSpec.builder(template).retrieval(retriever, 2).build())) {
            RenderedPrompt prompt = prompter.render(Map.of("question", "A card that is lost must be frozen?"));
            Passage best = prompt.passages().get(0);
            assertThat(best.text()).isEqualTo("A card that is lost must be frozen at once.");
            assertThat(best.id()).endsWith("cards.txt:0-43");
            assertThat(best.source()).endsWith("cards.txt");
            assertThat(prompt.passages()).hasSize(2);
            assertThat(prompt.text()).contains("[1] " + best.text()).contains("[2] ");
        }
    }

    @Test
    void documents_ofMissingPath_areRefused(@TempDir Path folder) {
        Path missing = folder.resolve("missing.txt");
        assertThatThrownBy(() -> argot.documents(CorpusSource.of(missing)))
                .isInstanceOf(ArgotException.class)
                .hasMessageContaining("missing.txt");
    }

    private static Prompter prompter(PromptSpec.Builder spec, ExemplarSelection selection) {
        return argot.prompter(
                model,
                spec.settings(PromptSettings.DEFAULT.withSelection(selection)).build());
    }

    private static List<String> answers(RenderedPrompt prompt) {
        return prompt.exemplars().stream().map(Example::answer).toList();
    }
}
