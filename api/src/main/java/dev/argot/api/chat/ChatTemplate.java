package dev.argot.api.chat;

import java.util.List;
import java.util.Set;

/**
 * Lays out conversations as a model was trained to read them. Made from the Jinja template of the checkpoint.
 *
 * <p>What the messages say never becomes a control token: only what the template itself writes does. A template computes with texts, numbers, lists
 * and mappings alone; nothing of the JVM is within its reach, and its steps and output are bounded.
 *
 * <p>Immutable, hence thread-safe.
 */
public interface ChatTemplate {
    /**
     * Lays out a conversation.
     *
     * @param messages in order; at least one
     * @param options whether an answer begins, further arguments
     * @throws ChatTemplateException if the template is malformed, uses what is not known, goes too far, or refuses the conversation
     */
    RenderedChat render(List<ChatMessage> messages, ChatOptions options);

    /** The names of the templates the checkpoint has; mostly {@code "default"} alone. */
    Set<String> names();

    /**
     * A conversation laid out.
     *
     * @param text the text, with control tokens in their own spelling
     * @param ids token ids, to be given to the model as they are
     * @param assistant for each token, whether the model is trained to write it: what stands in a template's {@code generation} blocks; all
     *     false where it has none
     */
    record RenderedChat(String text, int[] ids, boolean[] assistant) {}
}
