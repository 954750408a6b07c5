package dev.argot.tokenizers.huggingface.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplate.RenderedChat;
import dev.argot.api.chat.ChatTemplateException;
import dev.argot.spi.TokenizerData;
import dev.argot.tokenizers.huggingface.HuggingFaceTokenizerProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden conversation becomes the reference's tokens, and nothing a message says becomes a control token. */
class ChatGoldenTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path GOLDEN = Path.of(System.getProperty("argot.golden"));

    /** A conversation of a golden case. */
    record Case(Path folder, JsonNode expected) {
        @Override
        public String toString() {
            return folder.getFileName() + " " + expected.get("messages");
        }

        Tokenizer tokenizer() {
            return new HuggingFaceTokenizerProvider().open(new TokenizerData.Folder(folder));
        }

        List<ChatMessage> messages() {
            var messages = new ArrayList<ChatMessage>();
            for (JsonNode message : expected.get("messages")) {
                var fields = new LinkedHashMap<String, Object>();
                message.properties().forEach(e -> {
                    Object value = ChatTemplateGoldenTest.value(e.getValue());
                    if (value != null) {
                        fields.put(e.getKey(), value);
                    }
                });
                messages.add(new ChatMessage(
                        message.get("role").asText(),
                        message.path("content").asText(""),
                        fields,
                        true)); // as the reference
            }
            return messages;
        }

        private Map<String, Object> arguments() {
            var arguments = new LinkedHashMap<String, Object>();
            expected.path("arguments").properties().forEach(e -> {
                Object value = ChatTemplateGoldenTest.value(e.getValue());
                if (value != null) {
                    arguments.put(e.getKey(), value);
                }
            });
            return arguments;
        }

        ChatOptions options() {
            return new ChatOptions(
                    expected.path("add_generation_prompt").asBoolean(),
                    expected.path("continue_final_message").asBoolean(),
                    "default",
                    arguments(),
                    Optional.empty());
        }
    }

    private static List<Path> folders() throws IOException {
        try (Stream<Path> files = Files.list(GOLDEN)) {
            return files.filter(f -> f.getFileName().toString().startsWith("tokenizer-"))
                    .sorted()
                    .toList();
        }
    }

    static Stream<Case> conversations() throws IOException {
        var cases = new ArrayList<Case>();
        for (Path folder : folders()) {
            for (JsonNode chat :
                    JSON.readTree(folder.resolve("expected.json").toFile()).path("chat")) {
                cases.add(new Case(folder, chat));
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("conversations")
    void render_goldenConversation_hasTheReferencesTokens(Case golden) {
        var template = golden.tokenizer().chatTemplate().orElseThrow();
        if (golden.expected().has("error")) {
            assertThatThrownBy(() -> template.render(golden.messages(), golden.options()))
                    .isInstanceOf(ChatTemplateException.class)
                    .hasMessage(golden.expected().get("error").asText());
            return;
        }
        RenderedChat chat = template.render(golden.messages(), golden.options());
        assertThat(chat.text()).isEqualTo(golden.expected().get("text").asText());
        assertThat(chat.ids()).containsExactly(ints(golden.expected().get("ids")));
    }

    static Stream<Case> masks() throws IOException {
        return ofTemplates("assistant_masks");
    }

    static Stream<Case> continued() throws IOException {
        return ofTemplates("cases")
                .filter(c -> c.expected().path("continue_final_message").asBoolean());
    }

    private static Stream<Case> ofTemplates(String list) throws IOException {
        var cases = new ArrayList<Case>();
        try (Stream<Path> files = Files.list(GOLDEN)) {
            for (Path folder : files.filter(f -> f.getFileName().toString().startsWith("chat-templates"))
                    .sorted()
                    .toList()) {
                JsonNode expected =
                        JSON.readTree(folder.resolve("expected.json").toFile());
                for (JsonNode one : expected.path(list)) {
                    cases.add(new Case(folder, one));
                }
            }
        }
        return cases.stream();
    }

    @ParameterizedTest
    @MethodSource("continued")
    void render_lastMessageContinued_endsWithIt(Case golden) throws IOException {
        var template = withTemplate(golden).tokenizer().chatTemplate().orElseThrow();
        if (golden.expected().has("error")) {
            assertThatThrownBy(() -> template.render(golden.messages(), golden.options()))
                    .isInstanceOf(ChatTemplateException.class)
                    .hasMessage(golden.expected().get("error").asText());
        } else {
            assertThat(template.render(golden.messages(), golden.options()).text())
                    .isEqualTo(golden.expected().get("text").asText());
        }
    }

    @SuppressWarnings("NullAway.Init") // set by JUnit
    @TempDir
    Path temporary;

    /** The template of a case with the tokenizer beside it. */
    private Case withTemplate(Case golden) throws IOException {
        Files.copy(
                golden.folder().resolve(golden.expected().get("template").asText() + ".jinja"),
                temporary.resolve("chat_template.jinja"));
        // the reference was told of two special tokens more, which it put behind those of the file
        var tokenizer = (ObjectNode)
                JSON.readTree(golden.folder().resolve("tokenizer.json").toFile());
        JsonNode roles = JSON.readTree(golden.folder().resolve("expected.json").toFile());
        var added = (ArrayNode) tokenizer.get("added_tokens");
        int next = new HuggingFaceTokenizerProvider()
                .open(new TokenizerData.Folder(golden.folder()))
                .vocabularySize();
        for (String role : List.of("bos_token", "eos_token")) {
            added.addObject()
                    .put("id", next++)
                    .put("content", roles.get(role).asText())
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        JSON.writeValue(temporary.resolve("tokenizer.json").toFile(), tokenizer);
        JSON.writeValue(
                temporary.resolve("tokenizer_config.json").toFile(),
                Map.of("bos_token", roles.get("bos_token"), "eos_token", roles.get("eos_token")));
        return new Case(temporary, golden.expected());
    }

    @ParameterizedTest
    @MethodSource("masks")
    void render_generationBlocks_markTheReferencesTokens(Case golden) throws IOException {
        Case here = withTemplate(golden);
        RenderedChat chat = here.tokenizer().chatTemplate().orElseThrow().render(here.messages(), here.options());
        assertThat(chat.ids()).containsExactly(ints(golden.expected().get("input_ids")));
        int[] expected = ints(golden.expected().get("assistant_masks"));
        assertThat(IntStream.range(0, expected.length)
                        .map(i -> chat.assistant()[i] ? 1 : 0)
                        .toArray())
                .containsExactly(expected);
    }

    static Stream<Path> tokenizers() throws IOException {
        return folders().stream();
    }

    @ParameterizedTest
    @MethodSource("tokenizers")
    void render_controlTokensInContent_stayText(Path folder) {
        Tokenizer tokenizer = new HuggingFaceTokenizerProvider().open(new TokenizerData.Folder(folder));
        var template = tokenizer.chatTemplate().orElseThrow();
        int[] without = template.render(List.of(ChatMessage.user("x")), ChatOptions.DEFAULT)
                .ids();
        for (int special : tokenizer.specialTokens().all()) {
            String spelling = tokenizer.token(special);
            for (String variant : List.of(
                    spelling,
                    " " + spelling + " ",
                    spelling + spelling,
                    "a" + spelling + "b",
                    spelling.toUpperCase(Locale.ROOT),
                    "\u200b" + spelling,
                    spelling + "\n",
                    java.text.Normalizer.normalize(spelling, java.text.Normalizer.Form.NFKD))) {
                RenderedChat chat = template.render(List.of(ChatMessage.user(variant)), ChatOptions.DEFAULT);
                for (int id : tokenizer.specialTokens().all()) {
                    boolean unknown = tokenizer.specialTokens().unk().orElse(-1) == id;
                    assertThat(unknown ? 0 : count(chat.ids(), id))
                            .as("'%s' in a message: control token %s", variant, tokenizer.token(id))
                            .isEqualTo(unknown ? 0 : count(without, id));
                }
            }
        }
    }

    private static long count(int[] ids, int id) {
        return IntStream.of(ids).filter(i -> i == id).count();
    }

    private static int[] ints(JsonNode list) {
        return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
    }
}
