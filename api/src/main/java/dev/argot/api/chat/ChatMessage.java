package dev.argot.api.chat;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A message of a conversation.
 *
 * @param role who says it: {@code "system"}, {@code "user"}, {@code "assistant"}, {@code "tool"}, or what the model's template knows
 * @param content what is said; untrusted: control tokens spelled out in it stay text
 * @param fields further fields that templates read, such as {@code tool_calls} or {@code name}: strings, numbers, booleans, lists and maps
 *     of these; untrusted as well
 * @param trusted whether control tokens spelled out in the message become control tokens; for text the program itself wrote; default false
 */
public record ChatMessage(String role, String content, Map<String, Object> fields, boolean trusted) {
    /** Copies the map. */
    public ChatMessage {
        fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
    }

    /**
     * A message without further fields.
     *
     * @param role who says it
     * @param content what is said
     */
    public ChatMessage(String role, String content) {
        this(role, content, Map.of(), false);
    }

    /** This message with control tokens spelled out in it read as such. For text the program itself wrote. */
    public ChatMessage asTrusted() {
        return new ChatMessage(role, content, fields, true);
    }

    /**
     * What the model is told before the conversation.
     *
     * @param content what is said
     */
    public static ChatMessage system(String content) {
        return new ChatMessage("system", content);
    }

    /**
     * What the user says.
     *
     * @param content what is said
     */
    public static ChatMessage user(String content) {
        return new ChatMessage("user", content);
    }

    /**
     * What the model said.
     *
     * @param content what is said
     */
    public static ChatMessage assistant(String content) {
        return new ChatMessage("assistant", content);
    }
}
