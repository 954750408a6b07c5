package dev.argot.api.chat;

import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.TokenSink;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A conversation with a model through its chat template. What was said is kept; when it no longer fits into the model's context together
 * with the answer, the oldest exchanges are left out of the prompt, the system message stays. Not thread-safe.
 *
 * <p>What was said is not run again by the model as long as its memory is kept ({@link CompletionRequest#withTenant}); each conversation is a
 * tenant of its own unless it is given one.
 */
public final class Conversation {
    private final CausalModel model;
    private final ChatTemplate template;
    private final Decoding decoding;
    private final ChatOptions options;
    private final int budget;
    private final List<ChatMessage> messages = new ArrayList<>();
    private String tenant = UUID.randomUUID().toString();
    private int dropped;

    /**
     * A conversation in which nothing was said yet.
     *
     * @param model answers; not closed here
     * @param decoding how answers are written; of the model's context {@code maxTokens} are kept for them, but no more than half of it
     * @param options what the template is told
     * @throws ArgotException if the model has no chat template
     */
    public Conversation(CausalModel model, Decoding decoding, ChatOptions options) {
        this.model = model;
        this.decoding = decoding;
        this.options = options;
        this.template = model.tokenizer()
                .chatTemplate()
                .orElseThrow(
                        () -> new ArgotException(
                                "The model " + model.description().name()
                                        + " has no chat template: expected chat_template in tokenizer_config.json, or a file"
                                        + " chat_template.jinja. Models that only continue text are prompted with complete()."));
        int context = model.description().contextLength();
        this.budget = Math.max(context - decoding.maxTokens(), context / 2);
    }

    /**
     * A conversation in which nothing was said yet, with the model's own settings.
     *
     * @param model answers; not closed here
     * @throws ArgotException if the model has no chat template
     */
    public static Conversation with(CausalModel model) {
        return new Conversation(model, model.defaultDecoding(), ChatOptions.DEFAULT);
    }

    /**
     * Puts a message behind those said, without asking for an answer: a system message, or an earlier conversation.
     *
     * @param message the message
     */
    public Conversation add(ChatMessage message) {
        messages.add(message);
        return this;
    }

    /**
     * Lets this conversation share the model's memory of what prompts begin with, such as a long system message, with other
     * conversations and requests of the same tenant.
     *
     * @param tenant any name
     */
    public Conversation forTenant(String tenant) {
        this.tenant = tenant;
        return this;
    }

    /**
     * Says something and waits for the answer; both are kept.
     *
     * @param text untrusted text
     * @throws ContextLengthException if this message and the system message alone do not fit
     * @throws ChatTemplateException if the template refuses the conversation
     */
    public Completion say(String text) {
        return say(text, Optional.empty());
    }

    /**
     * Says something and takes the answer as it comes; both are kept.
     *
     * @param text untrusted text
     * @param sink takes the tokens
     * @throws ContextLengthException if this message and the system message alone do not fit
     * @throws ChatTemplateException if the template refuses the conversation
     */
    public Completion say(String text, TokenSink sink) {
        return say(text, Optional.of(sink));
    }

    private Completion say(String text, Optional<TokenSink> sink) {
        messages.add(ChatMessage.user(text));
        try {
            CompletionRequest request =
                    CompletionRequest.ofTokens(prompt(), decoding).withTenant(tenant);
            Completion answer = model.complete(sink.map(request::withSink).orElse(request));
            messages.add(ChatMessage.assistant(answer.text()));
            return answer;
        } catch (RuntimeException e) {
            messages.removeLast(); // as if it had not been said
            throw e;
        }
    }

    /** The prompt: all that was said, or as many of the last exchanges as fit. */
    private int[] prompt() {
        List<ChatMessage> system =
                messages.stream().takeWhile(m -> m.role().equals("system")).toList();
        int first = system.size();
        while (true) {
            var said = new ArrayList<>(system);
            said.addAll(messages.subList(first, messages.size()));
            int[] ids = template.render(said, options).ids();
            if (ids.length <= budget) {
                dropped = first - system.size();
                return ids;
            }
            int next = nextExchange(first);
            if (next < 0) {
                int context = model.description().contextLength();
                throw new ContextLengthException(
                        "The message, with the system message and what the chat template writes, has " + ids.length
                                + " tokens; the context of "
                                + model.description().name() + " holds " + context
                                + ", of which " + (context - budget) + " are kept for the answer. Shorten the message,"
                                + " or ask for a shorter answer.",
                        ids.length,
                        context);
            }
            first = next;
        }
    }

    /** Where the exchange after that at an index begins, or -1: templates want the user to speak first. */
    private int nextExchange(int from) {
        for (int i = from + 1; i < messages.size(); i++) {
            if (messages.get(i).role().equals("user")) {
                return i;
            }
        }
        return -1;
    }

    /** All that was said, in order; a copy. */
    public List<ChatMessage> messages() {
        return List.copyOf(messages);
    }

    /** How many messages were left out of the last prompt. */
    public int dropped() {
        return dropped;
    }
}
