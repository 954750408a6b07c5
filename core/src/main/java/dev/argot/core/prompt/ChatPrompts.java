package dev.argot.core.prompt;

import dev.argot.api.ArgotException;
import dev.argot.api.Decoding;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatOptions;
import dev.argot.api.chat.ChatTemplate;
import dev.argot.api.chat.ChatTemplate.RenderedChat;
import dev.argot.api.chat.ChatTemplateException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * How questions are put to a model: through the chat template of its tokenizer; where there is none, as they are, with a line break before the
 * answer and an empty line behind it. Immutable, hence thread-safe.
 */
public final class ChatPrompts {
    /** Stands for an answer where a template is asked what it writes behind one. */
    private static final String ANSWER = "Yes";

    private final Tokenizer tokenizer;
    private final Optional<ChatTemplate> template;
    private final boolean takesSystem;
    private final int[] end;

    /**
     * The prompts of a model.
     *
     * @param tokenizer the model's
     * @throws ArgotException if it has a chat template which is malformed
     */
    public ChatPrompts(Tokenizer tokenizer) {
        this.tokenizer = tokenizer;
        this.template = tokenizer.chatTemplate();
        this.takesSystem = template.map(ChatPrompts::takesSystem).orElse(false);
        this.end = template.map(this::end).orElseGet(() -> new int[0]);
    }

    /** Some templates refuse a message of the system. */
    private static boolean takesSystem(ChatTemplate template) {
        try {
            template.render(List.of(ChatMessage.system("Answer."), ChatMessage.user("Is it?")), ChatOptions.DEFAULT);
            return true;
        } catch (ChatTemplateException e) {
            return false;
        }
    }

    /** What a template writes behind an answer, up to its last control token. */
    private int[] end(ChatTemplate template) {
        List<ChatMessage> messages = List.of(ChatMessage.user("Is it?"), ChatMessage.assistant(ANSWER));
        RenderedChat whole = template.render(messages, ChatOptions.COMPLETE);
        int[] open = template.render(messages, ChatOptions.CONTINUE).ids();
        int[] behind = open.length <= whole.ids().length && Arrays.equals(open, Arrays.copyOf(whole.ids(), open.length))
                ? Arrays.copyOfRange(whole.ids(), open.length, whole.ids().length)
                : tokenizer
                        .encode(
                                whole.text().substring(whole.text().lastIndexOf(ANSWER) + ANSWER.length()),
                                EncodeOptions.PLAIN.asTrusted())
                        .ids();
        int length = behind.length;
        while (length > 0 && !tokenizer.isSpecial(behind[length - 1])) {
            length--;
        }
        return Arrays.copyOf(behind, length);
    }

    /** Whether the model has a chat template. */
    public boolean hasTemplate() {
        return template.isPresent();
    }

    /** The name for a reader. */
    public String name() {
        return hasTemplate() ? "chat template" : "plain";
    }

    /**
     * The tokens of a question, up to where the answer begins.
     *
     * @param question untrusted text
     */
    public int[] prompt(String question) {
        return template.isPresent()
                ? rendered(List.of(ChatMessage.user(question))).ids()
                : tokenizer.encode(question + "\n").ids();
    }

    /**
     * A conversation, up to where the model's next answer begins.
     *
     * @param messages in order; where the template refuses a system message, one at the beginning goes in front of the user's first
     * @throws ArgotException if there is no chat template
     */
    RenderedChat rendered(List<ChatMessage> messages) {
        ChatTemplate given = template.orElseThrow(() -> new ArgotException(
                "The model has no chat template (chat_template in tokenizer_config.json, or a file chat_template.jinja)."
                        + " Use PromptLayout.TEXT."));
        return given.render(takesSystem ? messages : withoutSystem(messages), ChatOptions.DEFAULT);
    }

    private static List<ChatMessage> withoutSystem(List<ChatMessage> messages) {
        if (messages.size() < 2 || !messages.get(0).role().equals("system")) {
            return messages;
        }
        var merged = new ArrayList<>(messages.subList(1, messages.size()));
        merged.set(
                0,
                ChatMessage.user(
                        messages.get(0).content() + "\n\n" + merged.get(0).content()));
        return merged;
    }

    /** What the template writes behind an answer, up to its last control token; nothing without a template. A copy. */
    public int[] end() {
        return end.clone();
    }

    /**
     * A question with its answer, as a model learns from it: what {@link #prompt} gives, the answer's tokens, and what the template writes behind
     * them, up to its last control token.
     *
     * @param question untrusted text
     * @param answer untrusted text
     * @return begins with the prompt's tokens
     */
    public int[] answered(String question, String answer) {
        int[] prompt = prompt(question);
        if (template.isPresent()) {
            int[] whole = template.get()
                    .render(List.of(ChatMessage.user(question), ChatMessage.assistant(answer)), ChatOptions.COMPLETE)
                    .ids();
            int behind = whole.length;
            while (behind > 0 && !tokenizer.isSpecial(whole[behind - 1])) {
                behind--;
            }
            // the template may write an answer otherwise than it has answers begin, then what the model is asked counts
            if (behind > prompt.length && Arrays.equals(prompt, Arrays.copyOf(whole, prompt.length))) {
                return Arrays.copyOf(whole, behind);
            }
        }
        return Stream.of(prompt, tokenizer.encode(answer, EncodeOptions.PLAIN).ids(), end)
                .flatMapToInt(Arrays::stream)
                .toArray();
    }

    /** The token with which the model ends its turn; empty without a chat template, or where the template writes none. */
    OptionalInt turnEnd() {
        return Arrays.stream(end).filter(tokenizer::isSpecial).findFirst();
    }

    /**
     * Settings with which an answer ends where it should.
     *
     * @param decoding other settings
     */
    public Decoding ending(Decoding decoding) {
        if (template.isEmpty()) {
            return decoding.toBuilder().stopStrings("\n\n").build();
        }
        var stops = new TreeSet<>(decoding.stopIds());
        turnEnd().ifPresent(stops::add);
        return decoding.toBuilder()
                .stopIds(stops.stream().mapToInt(Integer::intValue).toArray())
                .build();
    }
}
