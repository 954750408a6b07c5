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
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The chat templates of a checkpoint with its tokenizer. A template is read when it is first used, so that a model whose template is malformed
 * can be used without it. Thread-safe.
 */
final class HuggingFaceChat implements ChatTemplate {
    /** Stands behind a message that is continued, so that it is found in what the template writes (as Transformers does). */
    private static final String END = "CONTINUE_FINAL_MESSAGE_TAG ";

    private static final List<String> REASONING = List.of("reasoning_content", "thinking", "reasoning");
    private static final Pattern TRAILING_SPACE = Pattern.compile("[\\s\\p{Z}\\x1c-\\x1f\\x85]+$");

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
        var arguments = new LinkedHashMap<String, @Nullable Object>();
        arguments.put("tools", null);
        arguments.put("documents", null);
        arguments.putAll(options.arguments());
        var maps = new ArrayList<Object>();
        for (int i = 0; i < messages.size(); i++) {
            ChatMessage message = messages.get(i);
            Map<String, Object> map = map(message);
            if (options.continueFinalMessage() && i == messages.size() - 1) {
                map.put("content", marked(map.get("content")));
            }
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
            text = upToMark(text, messages.getLast());
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

    /** What a template sees of a message: no field without a value, and reasoning by each of the names that templates read. */
    private static Map<String, Object> map(ChatMessage message) {
        var map = new LinkedHashMap<String, Object>();
        map.put("role", message.role());
        map.put("content", message.content());
        map.putAll(message.fields());
        map.values().removeIf(Objects::isNull);
        for (String name : REASONING) {
            Object reasoning = map.get(name);
            if (reasoning != null) {
                map.putIfAbsent("thinking", reasoning);
                map.put("reasoning_content", reasoning);
                break;
            }
        }
        return map;
    }

    /** The last message's content with the mark behind it; of several parts, behind the last that is text. */
    private static Object marked(@Nullable Object content) {
        if (content instanceof String text) {
            return text + END;
        }
        if (content instanceof List<?> parts) {
            var marked = new ArrayList<Object>(parts);
            for (int i = marked.size() - 1; i >= 0; i--) {
                if (marked.get(i) instanceof Map<?, ?> part && part.get("text") instanceof String text) {
                    var copy = new LinkedHashMap<Object, Object>(part);
                    copy.put("text", text + END);
                    marked.set(i, copy);
                    return marked;
                }
            }
        }
        throw notContinued("it has no text");
    }

    /** Without the mark and what follows; where the template cuts white space off the message, without any at the end. */
    private static String upToMark(String text, ChatMessage last) {
        int at = text.lastIndexOf(END.strip());
        boolean parts = last.fields().get("content") instanceof List<?>;
        if (at < 0 || (!parts && !text.contains(last.content().strip()))) {
            throw notContinued("the template does not write it as it is");
        }
        String before = text.substring(0, at);
        return text.startsWith(END, at)
                ? before
                : TRAILING_SPACE.matcher(before).replaceFirst("");
    }

    private static ChatTemplateException notContinued(String why) {
        return new ChatTemplateException(
                "The last message cannot be continued: " + why + ".", new IllegalStateException(why));
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
