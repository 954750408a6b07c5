package dev.argot.tokenizers.huggingface.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplate;
import dev.argot.api.chat.ChatTemplateException;
import dev.argot.spi.TokenizerData;
import dev.argot.tokenizers.huggingface.HuggingFaceTokenizerProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a template sees of a conversation; expected texts are those of {@code apply_chat_template} of Transformers 5.23. */
class ChatViewTest {
    @SuppressWarnings("NullAway.Init") // set by JUnit
    @TempDir
    Path folder;

    private ChatTemplate template(String source) throws IOException {
        Path tokenizer = Path.of(System.getProperty("argot.golden")).resolve("tokenizer-bpe-gpt2");
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(tokenizer.resolve(file), folder.resolve(file));
        }
        Files.writeString(folder.resolve("chat_template.jinja"), source);
        return new HuggingFaceTokenizerProvider()
                .open(new TokenizerData.Folder(folder))
                .chatTemplate()
                .orElseThrow();
    }

    @Test
    void render_withoutToolsAndDocuments_showsThemAsNone() throws IOException {
        ChatTemplate template =
                template("{{ tools is none }} {{ documents }} {{ tools is defined }} {{ other is defined }}");
        assertThat(template.render(List.of(ChatMessage.user("x")), ChatOptions.DEFAULT)
                        .text())
                .isEqualTo("True None True False");
    }

    @Test
    void render_reasoning_isThereByEachName() throws IOException {
        ChatTemplate template = template("{{ messages[0].thinking }} {{ messages[0].reasoning_content }}");
        var message = new ChatMessage("assistant", "x", Map.of("reasoning", "why"), false);
        assertThat(template.render(List.of(message), ChatOptions.DEFAULT).text())
                .isEqualTo("why why");
    }

    @Test
    void render_continuedMessageOfParts_endsBehindTheLastText() throws IOException {
        ChatTemplate template = template(
                "<a>{% for p in messages[0].content %}{{ p.text }}{% endfor %}</a>{{ messages[0].content | length }}");
        var parts = List.of(Map.of("type", "text", "text", "one "), Map.of("type", "text", "text", "two "));
        var message = new ChatMessage("assistant", "", Map.of("content", parts), false);
        assertThat(template.render(List.of(message), ChatOptions.CONTINUE).text())
                .isEqualTo("<a>one two ");
    }

    @Test
    void render_continuedMessageThatTheTemplateTrims_endsWithoutSpace() throws IOException {
        ChatTemplate template = template("<a>\n{{ messages[0].content | trim }}</a>");
        assertThat(template.render(List.of(ChatMessage.assistant(" so  ")), ChatOptions.CONTINUE)
                        .text())
                .isEqualTo("<a>\nso");
    }

    @Test
    void render_continuedMessageThatTheTemplateCuts_isRefused() throws IOException {
        ChatTemplate template = template("{{ messages[0].content.split('</think>')[-1] }}");
        List<ChatMessage> messages = List.of(ChatMessage.assistant("<think>a</think>b"));
        assertThatThrownBy(() -> template.render(messages, ChatOptions.CONTINUE))
                .isInstanceOf(ChatTemplateException.class)
                .hasMessageContaining("cannot be continued");
    }
}
