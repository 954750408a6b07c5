package dev.argot.tokenizers.huggingface;

import dev.argot.api.Encoding;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplate;
import dev.argot.api.chat.ChatTemplateException;
import dev.argot.tokenizers.huggingface.template.JinjaTemplate;
import dev.argot.tokenizers.huggingface.template.TemplateException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The chat templates of a checkpoint with its tokenizer. A template is read when it is first used, so that a model whose template is malformed
 * can be used without it. Thread-safe.
 */
final class HuggingFaceChat implements ChatTemplate {
    private final Path origin;
    private final Map<String, String> sources;
    private final Map<String, String> own;
    private final HuggingFaceTokenizer tokenizer;
    private final Map<String, JinjaTemplate> templates = new ConcurrentHashMap<>();

    /**
     * Templates.
     *
     * @param origin where they come from, for messages
     * @param sources by name
     * @param own special tokens by role, such as {@code bos_token}
     * @param tokenizer encodes
     */
    HuggingFaceChat(Path origin, Map<String, String> sources, Map<String, String> own, HuggingFaceTokenizer tokenizer) {
        this.origin = origin;
        this.sources = sources;
        this.own = own;
        this.tokenizer = tokenizer;
    }

    @Override
    public Set<String> names() {
        return sources.keySet();
    }

    @Override
    public RenderedChat render(List<ChatMessage> messages, ChatOptions options) {
        if (messages.isEmpty()) {
            throw new IllegalArgumentException("a conversation has at least one message");
        }
        var arguments = new LinkedHashMap<String, Object>(options.arguments());
        var maps = new ArrayList<Object>();
        for (ChatMessage message : messages) {
            var map = new LinkedHashMap<String, Object>();
            map.put("role", message.role());
            map.put("content", message.content());
            map.putAll(message.fields());
            maps.add(message.trusted() ? new JinjaTemplate.Own(map) : map);
        }
        arguments.put("messages", maps);
        arguments.put("add_generation_prompt", options.addGenerationPrompt());
        Clock clock = options.now()
                .map(now -> Clock.fixed(now.toInstant(), now.getZone()))
                .orElseGet(Clock::systemDefaultZone);
        JinjaTemplate.Rendering rendering;
        try {
            rendering = template(options.template()).render(arguments, own, clock);
        } catch (TemplateException e) {
            throw error(options.template(), e);
        }
        String text = rendering.text();
        if (options.continueFinalMessage()) {
            text = text.substring(0, endOfLast(text, messages.getLast().content()));
        }
        BitSet foreign = rendering.foreign();
        Encoding encoding = tokenizer.encode(text, foreign);
        boolean[] assistant = new boolean[encoding.size()];
        for (int[] span : rendering.generated()) {
            for (int i = 0; i < assistant.length; i++) {
                assistant[i] |= encoding.start(i) < span[1] && encoding.end(i) > span[0];
            }
        }
        return new RenderedChat(text, encoding.ids(), assistant);
    }

    /** Where the last message ends: with its trailing white space, if the template keeps that. */
    private static int endOfLast(String text, String content) {
        String stripped = content.strip();
        int at = text.lastIndexOf(stripped);
        if (at < 0) {
            throw new ChatTemplateException(
                    "The last message cannot be continued: the template does not write it as it is.",
                    new IllegalStateException("not found in what the template wrote"));
        }
        String leading = content.stripLeading();
        return text.startsWith(leading, at) ? at + leading.length() : at + stripped.length();
    }

    private JinjaTemplate template(String name) {
        String source = sources.get(name);
        if (source == null) {
            throw new IllegalArgumentException(
                    "there is no chat template '" + name + "'; there are " + sources.keySet());
        }
        return templates.computeIfAbsent(name, n -> JinjaTemplate.parse(source, JinjaTemplate.Limits.DEFAULT));
    }

    private ChatTemplateException error(String name, TemplateException e) {
        String message = String.valueOf(e.getMessage());
        return new ChatTemplateException(
                e.isRaised() ? message : origin + ": chat template '" + name + "': " + message, e);
    }
}
