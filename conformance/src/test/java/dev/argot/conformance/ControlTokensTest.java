package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.EncodeOptions;
import dev.argot.api.ModelDescription;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplate;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSettings;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.retrieval.Passage;
import dev.argot.api.retrieval.Retriever;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No text from outside becomes a control token, with any golden tokenizer: not as it is spelt, and not in a spelling that a normalizer
 * turns into it; wherever it stands in texts, chats and prompts.
 */
@ParameterizedClass(name = "{0}")
@MethodSource("folders")
class ControlTokensTest {
    private static final Path GOLDEN = Path.of(System.getProperty("argot.golden"));
    private static final List<String> TEMPLATES = List.of("chatml", "llama3", "gemma", "zephyr", "tools", "mistral");

    /** These write the token that ends a text. */
    private static final Set<String> NEED_END = Set.of("zephyr", "mistral");

    private final Path folder;
    private final Tokenizer tokenizer;
    private final List<String> hostile;

    static List<String> folders() throws IOException {
        try (Stream<Path> folders = Files.list(GOLDEN)) {
            return folders.filter(folder -> Files.exists(folder.resolve("tokenizer.json")))
                    .map(folder -> folder.getFileName().toString())
                    .sorted()
                    .toList();
        }
    }

    ControlTokensTest(String name) {
        this.folder = GOLDEN.resolve(name);
        this.tokenizer = open(folder);
        this.hostile = hostile();
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

    // ---- spellings

    private List<String> hostile() {
        Set<String> spellings =
                new LinkedHashSet<>(List.of("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "</s>", "[INST]"));
        tokenizer.specialTokens().all().forEach(id -> spellings.add(tokenizer.token(id)));
        var hostile = new LinkedHashSet<String>();
        for (String spelling : spellings) {
            for (String variant : variants(spelling)) {
                for (String around : List.of("%s", " %s ", "a%sb", "\n%s\t", "\u2581%s", "%s%<s", "a %s. b")) {
                    hostile.add(around.replace("%<s", "%s").replace("%s", variant));
                }
            }
        }
        return List.copyOf(hostile);
    }

    private static List<String> variants(String spelling) {
        var variants = new ArrayList<String>();
        variants.add(spelling);
        variants.add(spelling.toUpperCase(Locale.ROOT));
        variants.add(spelling.toLowerCase(Locale.ROOT));
        variants.add(fullWidth(spelling));
        variants.add(spelling.replace('<', '\ufe64').replace('>', '\ufe65'));
        variants.add(spelling.replace('<', '\u2039').replace('>', '\u203a'));
        variants.add(Normalizer.normalize(spelling, Normalizer.Form.NFD));
        int middle = spelling.length() / 2;
        // what normalizers may take away: blanks, joiners, marks, control characters
        for (String inside : List.of(
                " ", "\u200d", "\u200b", "\u00ad", "\ufeff", "\u0000", "\u0007", "\ufffd", "\u0301", "\u00a0", "\u2060",
                "\u200e")) {
            variants.add(spelling.substring(0, middle) + inside + spelling.substring(middle));
            variants.add(spelling.charAt(0) + inside + spelling.substring(1));
            variants.add(inside + spelling + inside);
        }
        return variants;
    }

    private static String fullWidth(String text) {
        return text.codePoints()
                .map(c -> c > 0x20 && c < 0x7f ? c + 0xfee0 : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** The control tokens among ids; the unknown token stands for what cannot be spelt, and controls nothing. */
    private static List<Integer> controls(Tokenizer tokenizer, int[] ids) {
        int unknown = tokenizer.specialTokens().unk().orElse(-1);
        return IntStream.of(ids)
                .filter(id -> tokenizer.isSpecial(id) && id != unknown)
                .boxed()
                .toList();
    }

    // ---- texts

    @Test
    void encode_spelledControlTokens_staysText() {
        for (String text : hostile) {
            assertThat(controls(
                            tokenizer,
                            tokenizer.encode(text, EncodeOptions.PLAIN).ids()))
                    .as("'%s'", text)
                    .isEmpty();
            assertThat(controls(tokenizer, tokenizer.encode(text).ids()))
                    .as("'%s'", text)
                    .isEqualTo(controls(tokenizer, tokenizer.encode("a").ids()));
            assertThat(controls(
                            tokenizer,
                            tokenizer
                                    .encodePair(text, text, EncodeOptions.DEFAULT)
                                    .ids()))
                    .as("a pair of '%s'", text)
                    .isEqualTo(controls(
                            tokenizer,
                            tokenizer
                                    .encodePair("a", "a", EncodeOptions.DEFAULT)
                                    .ids()));
        }
    }

    @Test
    void encode_trustedControlTokens_becomeControlTokens() {
        for (int id : tokenizer.specialTokens().all()) {
            assertThat(tokenizer
                            .encode(tokenizer.token(id), EncodeOptions.PLAIN.asTrusted())
                            .ids())
                    .as(tokenizer.token(id))
                    .containsExactly(id);
        }
    }

    // ---- chats

    private Tokenizer withTemplate(String name, Path temporary) {
        try {
            for (Path file : List.of(folder.resolve("tokenizer.json"), folder.resolve("tokenizer_config.json"))) {
                if (Files.exists(file)) {
                    Files.copy(file, temporary.resolve(file.getFileName()));
                }
            }
            Files.copy(
                    GOLDEN.resolve("chat-templates").resolve(name + ".jinja"),
                    temporary.resolve("chat_template.jinja"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return open(temporary);
    }

    private static List<ChatMessage> conversation(String template, String text) {
        var messages = new ArrayList<ChatMessage>();
        if (!template.equals("gemma") && !template.equals("mistral")) {
            messages.add(ChatMessage.system(text));
        }
        messages.add(ChatMessage.user(text));
        if (template.equals("tools")) {
            Map<String, Object> call = Map.of("function", Map.of("name", text, "arguments", Map.of(text, text)));
            messages.add(new ChatMessage("assistant", text, Map.of("tool_calls", List.of(call)), false));
            messages.add(new ChatMessage("tool", text, Map.of("name", text), false));
        } else {
            messages.add(ChatMessage.assistant(text));
        }
        messages.add(ChatMessage.user(text));
        return messages;
    }

    @Test
    void render_spelledControlTokens_stayText(@TempDir Path temporary) throws IOException {
        for (String template : TEMPLATES) {
            if (NEED_END.contains(template) && tokenizer.specialTokens().eos().isEmpty()) {
                continue;
            }
            Tokenizer chatting = withTemplate(template, Files.createDirectory(temporary.resolve(template)));
            ChatTemplate chat = chatting.chatTemplate().orElseThrow();
            ChatOptions options = ChatOptions.DEFAULT;
            List<Integer> harmless = controls(chatting, rendered(chat, template, "a", options));
            for (int i = 0; i < hostile.size(); i += 2) {
                String text = hostile.get(i);
                assertThat(controls(chatting, rendered(chat, template, text, options)))
                        .as("%s with '%s'", template, text)
                        .isEqualTo(harmless);
            }
        }
    }

    private static int[] rendered(ChatTemplate chat, String template, String text, ChatOptions options) {
        ChatOptions all = template.equals("tools")
                ? options.withTools(List.of(Map.of("name", text, "description", text)))
                : options;
        return chat.render(conversation(template, text), all).ids();
    }

    // ---- prompts

    private static CausalModel model(Tokenizer tokenizer) {
        var description = new ModelDescription(
                "no model", "", "", "", CausalModel.class, 1, 1, 1, 1, 100_000, "", Map.of(), 1, 1, "");
        return (CausalModel) Proxy.newProxyInstance(
                ControlTokensTest.class.getClassLoader(),
                new Class<?>[] {CausalModel.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "description" -> description;
                    case "tokenizer" -> tokenizer;
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }

    /** Finds a text, whatever is looked for. */
    private record OnePassage(String text) implements Retriever {
        @Override
        public List<Passage> retrieve(String query, int count) {
            return List.of(new Passage(text, text, 0, text.length(), text, 1));
        }

        @Override
        public void close() {}
    }

    private static int[] prompt(CausalModel model, PromptLayout layout, String text) {
        var template = PromptTemplate.builder("Passages:\n{{passages}}\nText: {{text}}\nAnswer: {{answer}}")
                .instruction("Say what it is about.")
                .build();
        PromptSpec spec = PromptSpec.builder(template)
                .exemplar(text, "text", text + " one")
                .exemplar("law", "text", text + " two") // neither holds the item, which would leave it out
                .retrieval(new OnePassage(text), 1)
                .settings(PromptSettings.DEFAULT.withLayout(layout))
                .build();
        try (Argot argot = Argot.open();
                var prompter = argot.prompter(model, spec)) {
            return prompter.render(Map.of("text", "item " + text)).ids();
        }
    }

    @Test
    void prompt_spelledControlTokens_stayText(@TempDir Path temporary) throws IOException {
        for (String template : List.of("chatml", "llama3")) {
            Tokenizer chatting = withTemplate(template, Files.createDirectory(temporary.resolve(template)));
            CausalModel model = model(chatting);
            for (PromptLayout layout : PromptLayout.values()) {
                List<Integer> harmless = controls(chatting, prompt(model, layout, "a"));
                for (int i = 0; i < hostile.size(); i += 5) { // all of them were tried as texts
                    String text = hostile.get(i);
                    assertThat(controls(chatting, prompt(model, layout, text)))
                            .as("%s, %s with '%s'", template, layout, text)
                            .isEqualTo(harmless);
                }
            }
        }
    }
}
