package dev.argot.api.chat;

import java.time.ZonedDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a conversation is laid out, named as in Hugging Face {@code apply_chat_template}.
 *
 * @param addGenerationPrompt whether the beginning of the model's answer follows; default true
 * @param continueFinalMessage whether the last message is left open, to be continued by the model; default false; not together with
 *     {@code addGenerationPrompt}
 * @param template name of the template where a model has several, such as {@code "tool_use"}; default {@code "default"}
 * @param arguments further arguments the template reads, such as {@code tools} or {@code enable_thinking}; untrusted
 * @param now the time that templates may write down; empty: that of rendering
 */
public record ChatOptions(
        boolean addGenerationPrompt,
        boolean continueFinalMessage,
        String template,
        Map<String, Object> arguments,
        Optional<ZonedDateTime> now) {
    /** The beginning of the model's answer follows. */
    public static final ChatOptions DEFAULT = new ChatOptions(true, false, "default", Map.of(), Optional.empty());

    /** The conversation alone, as it is trained on. */
    public static final ChatOptions COMPLETE = new ChatOptions(false, false, "default", Map.of(), Optional.empty());

    /** The last message is left open, to be continued. */
    public static final ChatOptions CONTINUE = new ChatOptions(false, true, "default", Map.of(), Optional.empty());

    /**
     * Copies the map.
     *
     * @throws IllegalArgumentException if an answer is to begin and the last message to be continued
     */
    public ChatOptions {
        if (addGenerationPrompt && continueFinalMessage) {
            throw new IllegalArgumentException("either a new answer begins, or the last message is continued");
        }
        arguments = Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
    }

    /**
     * These options with an argument for the template.
     *
     * @param name its name
     * @param value a string, number, boolean, list or map
     */
    public ChatOptions with(String name, Object value) {
        var more = new LinkedHashMap<>(arguments);
        more.put(name, value);
        return new ChatOptions(addGenerationPrompt, continueFinalMessage, template, more, now);
    }

    /**
     * These options with tools described to the model.
     *
     * @param tools a JSON schema each, as maps and lists
     */
    public ChatOptions withTools(List<Map<String, Object>> tools) {
        return with("tools", tools);
    }
}
