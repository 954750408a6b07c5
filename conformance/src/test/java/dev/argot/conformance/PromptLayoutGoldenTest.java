package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Decoding;
import dev.argot.api.ModelDescription;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplateException;
import dev.argot.api.chat.Conversation;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Prompts of each layout with the recorded tokenizers and their chat templates. */
class PromptLayoutGoldenTest {
    private static final PromptTemplate TEMPLATE = PromptTemplate.builder("{{passages}}\nQ: {{q}}\nA: {{answer}}")
            .instruction("Say.")
            .build();
    private static final int CONTEXT = 2000;

    static List<Path> tokenizers() throws IOException {
        try (Stream<Path> cases = Files.list(Path.of(System.getProperty("argot.golden", "golden")))) {
            return cases.filter(folder -> folder.getFileName().toString().startsWith("tokenizer-"))
                    .filter(folder -> open(folder).chatTemplate().isPresent())
                    .sorted()
                    .toList();
        }
    }

    private static Tokenizer open(Path folder) {
        var data = new TokenizerData.Folder(folder);
        return ServiceLoader.load(TokenizerProvider.class).stream()
                .map(ServiceLoader.Provider::get)
                .filter(provider -> provider.accepts(data))
                .findFirst()
                .orElseThrow()
                .open(data);
    }

    /** A model that remembers its prompt and says yes. */
    private static CausalModel model(Tokenizer tokenizer, AtomicReference<int[]> asked, int context) {
        var description =
                new ModelDescription("yes", "", "", "", CausalModel.class, 1, 1, 1, 1, context, "", Map.of(), 1, 1, "");
        return (CausalModel) Proxy.newProxyInstance(
                PromptLayoutGoldenTest.class.getClassLoader(),
                new Class<?>[] {CausalModel.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "description" -> description;
                    case "tokenizer" -> tokenizer;
                    case "complete" -> {
                        asked.set(((CompletionRequest) arguments[0])
                                .tokens().stream().mapToInt(Integer::intValue).toArray());
                        yield new Completion(
                                "Yes.",
                                List.of(),
                                Completion.FinishReason.STOP_TOKEN,
                                new Completion.Usage(0, 0, 0, 1, Duration.ZERO, Duration.ZERO),
                                0,
                                List.of());
                    }
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    private static PromptSpec spec(PromptLayout layout, Example exemplar, String passage) {
        return PromptSpec.builder(TEMPLATE)
                .format(new AnswerFormat.Text(10))
                .exemplars(List.of(exemplar))
                .retrieval(new Found(passage), 1)
                .settings(PromptSettings.DEFAULT.withLayout(layout))
                .build();
    }

    /** Finds always the same. */
    private record Found(String text) implements Retriever {
        @Override
        public List<Passage> retrieve(String query, int count) {
            return List.of(new Passage("d", "s", 0, text.length(), text, 1));
        }

        @Override
        public void close() {}
    }

    private static Example exemplar(String question, String answer) {
        return new Example("e", Map.of("q", question), answer);
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void render_layouts_areWhatTheTemplateWritesForTheSameConversation(Path folder) {
        // GIVEN
        Tokenizer tokenizer = open(folder);
        var asked = new AtomicReference<int[]>();
        CausalModel model = model(tokenizer, asked, CONTEXT);
        String text = "Say.\n\nQ: blood\nA: red\n\n[1] Blue.\nQ: sky\nA:";
        List<ChatMessage> said = List.of(
                ChatMessage.user("Q: blood\nA:"),
                ChatMessage.assistant("red"),
                ChatMessage.user("[1] Blue.\nQ: sky\nA:"));
        var withSystem = new ArrayList<>(List.of(ChatMessage.system("Say.")));
        withSystem.addAll(said);
        int[] turns;
        try {
            turns = tokenizer
                    .chatTemplate()
                    .orElseThrow()
                    .render(withSystem, ChatOptions.DEFAULT)
                    .ids();
        } catch (ChatTemplateException e) { // takes no system message
            var merged = new ArrayList<>(said);
            merged.set(0, ChatMessage.user("Say.\n\nQ: blood\nA:"));
            turns = tokenizer
                    .chatTemplate()
                    .orElseThrow()
                    .render(merged, ChatOptions.DEFAULT)
                    .ids();
        }
        new Conversation(model, Decoding.builder().maxTokens(10).build(), ChatOptions.DEFAULT).say(text);
        int[] message = asked.get();
        // THEN
        assertThat(rendered(model, PromptLayout.TURNS).ids()).isEqualTo(turns);
        assertThat(rendered(model, PromptLayout.MESSAGE).ids()).isEqualTo(message);
        int[] plain = tokenizer.encode(text).ids();
        assertThat(rendered(model, PromptLayout.TEXT).ids()).isEqualTo(withoutEnd(tokenizer, plain));
    }

    private static int[] withoutEnd(Tokenizer tokenizer, int[] ids) {
        int length = ids.length;
        while (length > 1 && tokenizer.isSpecial(ids[length - 1])) {
            length--;
        }
        return Arrays.copyOf(ids, length);
    }

    private static RenderedPrompt rendered(CausalModel model, PromptLayout layout) {
        try (Argot argot = Argot.open();
                Prompter prompter = argot.prompter(model, spec(layout, exemplar("blood", "red"), "Blue."))) {
            prompter.answer(Map.of("q", "sky"));
            return prompter.render(Map.of("q", "sky"));
        }
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void render_budgetOfOneTokenLess_leavesTheExemplarOut(Path folder) {
        Tokenizer tokenizer = open(folder);
        for (PromptLayout layout : PromptLayout.values()) {
            int whole = rendered(model(tokenizer, new AtomicReference<>(), CONTEXT), layout)
                    .ids()
                    .length;
            assertThat(rendered(model(tokenizer, new AtomicReference<>(), whole + 10), layout)
                            .dropped())
                    .as("%s", layout)
                    .isEmpty();
            assertThat(rendered(model(tokenizer, new AtomicReference<>(), whole + 9), layout)
                            .dropped())
                    .as("%s", layout)
                    .extracting(RenderedPrompt.Dropped::name)
                    .containsExactly("e");
        }
    }

    @ParameterizedTest
    @EnumSource(PromptLayout.class)
    void render_specialTokensInTexts_becomeNoControlTokens(PromptLayout layout) throws IOException {
        for (Path folder : tokenizers()) {
            Tokenizer tokenizer = open(folder);
            CausalModel model = model(tokenizer, new AtomicReference<>(), 1_000_000);
            long expected = control(tokenizer, model, layout, "x");
            for (int id : tokenizer.specialTokens().all()) {
                String special = tokenizer.token(id);
                if (tokenizer.encode(special).ids().length > 0 && id != unknown(tokenizer)) {
                    assertThat(control(tokenizer, model, layout, "a" + special + "b"))
                            .as("%s, %s, %s", folder.getFileName(), layout, special)
                            .isEqualTo(expected);
                }
            }
        }
    }

    private static int unknown(Tokenizer tokenizer) {
        return tokenizer.specialTokens().unk().orElse(-1);
    }

    /** Control tokens of a prompt in which a text fills everything there is to fill; the unknown token is none. */
    private static long control(Tokenizer tokenizer, CausalModel model, PromptLayout layout, String text) {
        try (Argot argot = Argot.open();
                Prompter prompter = argot.prompter(model, spec(layout, exemplar("1" + text, text), text))) {
            return Arrays.stream(prompter.render(Map.of("q", text)).ids())
                    .filter(id -> tokenizer.isSpecial(id) && id != unknown(tokenizer))
                    .count();
        }
    }
}
