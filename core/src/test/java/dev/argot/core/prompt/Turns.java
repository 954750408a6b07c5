package dev.argot.core.prompt;

import dev.argot.api.EncodeOptions;
import dev.argot.api.Encoding;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplate;
import dev.argot.api.chat.ChatTemplateException;
import dev.argot.core.evaluation.ScriptedModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A tokenizer of characters with two control tokens and a chat template: {@code {role:content}}, the braces being control tokens, a line
 * break behind each message. No text turns into them.
 *
 * @param letters tokens of texts
 * @param takesSystem whether the template takes system messages
 */
record Turns(Tokenizer letters, boolean takesSystem) implements Tokenizer, ChatTemplate {
    static final int START = 200;
    static final int END = 201;

    Turns(boolean takesSystem) {
        this(ScriptedModel.letters(), takesSystem);
    }

    @Override
    public RenderedChat render(List<ChatMessage> messages, ChatOptions options) {
        var text = new StringBuilder();
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            ChatMessage message = messages.get(i);
            if (message.role().equals("system") && !takesSystem) {
                throw new ChatTemplateException("no system message", new IllegalStateException("raised"));
            }
            begin(text, ids, message.role());
            add(text, ids, message.content());
            if (!options.continueFinalMessage() || i < messages.size() - 1) {
                ids.add(END);
                text.append("<end>");
                add(text, ids, "\n");
            }
        }
        if (options.addGenerationPrompt()) {
            begin(text, ids, "assistant");
        }
        return new RenderedChat(
                text.toString(), ids.stream().mapToInt(Integer::intValue).toArray(), new boolean[ids.size()]);
    }

    private void begin(StringBuilder text, List<Integer> ids, String role) {
        ids.add(START);
        text.append("<start>");
        add(text, ids, role + ":");
    }

    private void add(StringBuilder text, List<Integer> ids, String part) {
        text.append(part);
        IntStream.of(letters.encode(part).ids()).forEach(ids::add);
    }

    @Override
    public Set<String> names() {
        return Set.of("default");
    }

    @Override
    public Optional<ChatTemplate> chatTemplate() {
        return Optional.of(this);
    }

    @Override
    public Encoding encode(String text, EncodeOptions options) {
        return letters.encode(text, options);
    }

    @Override
    public Encoding encodePair(String first, String second, EncodeOptions options) {
        return letters.encodePair(first, second, options);
    }

    @Override
    public String decode(int[] ids, boolean skipSpecialTokens) {
        var text = new StringBuilder();
        for (int id : ids) {
            text.append(id < START ? letters.decode(new int[] {id}, skipSpecialTokens) : id == START ? "{" : "}");
        }
        return text.toString();
    }

    @Override
    public StreamDecoder streamDecoder(boolean skipSpecialTokens) {
        return letters.streamDecoder(skipSpecialTokens);
    }

    @Override
    public int vocabularySize() {
        return END + 1;
    }

    @Override
    public String token(int id) {
        return id < START ? letters.token(id) : id == START ? "<start>" : "<end>";
    }

    @Override
    public OptionalInt id(String token) {
        return letters.id(token);
    }

    @Override
    public boolean isSpecial(int id) {
        return id >= START || letters.isSpecial(id);
    }

    @Override
    public SpecialTokens specialTokens() {
        return letters.specialTokens();
    }
}
