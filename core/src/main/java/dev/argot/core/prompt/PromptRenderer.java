package dev.argot.core.prompt;

import dev.argot.api.ArgotException;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.EncodeOptions;
import dev.argot.api.GenerativeModel;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.Tokenizer;
import dev.argot.api.chat.ChatMessage;
import dev.argot.api.chat.ChatTemplate.RenderedChat;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.api.prompt.GiveWay;
import dev.argot.api.prompt.PromptLayout;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.PromptTemplate;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.prompt.RenderedPrompt.Dropped;
import dev.argot.api.prompt.SlotType;
import dev.argot.api.retrieval.Passage;
import dev.argot.core.decoding.OpenText;
import java.nio.charset.StandardCharsets;
import java.text.BreakIterator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Lays out prompts so that they fit a model's context together with their answers, counted with the model's own tokenizer and chat template.
 * Thread-safe, as far as the selector and the retriever are.
 *
 * <p>How much has to give way is found by bisection: a prompt gets no more tokens when more of it is left out.
 */
public final class PromptRenderer {
    /** Tokens that end an answer, where its end is scored. */
    private static final int END = 2;

    private final GenerativeModel model;
    private final Tokenizer tokenizer;
    private final PromptSpec spec;
    private final PromptTemplate template;
    private final ExemplarSelector selector;
    private final Optional<ChatPrompts> chat;
    private final boolean isRead;

    /**
     * A renderer.
     *
     * @param model the model; not closed here
     * @param spec what is asked
     * @param selector chooses exemplars; not closed here
     * @throws ArgotException if the layout needs a chat template, and the model has none
     * @throws IllegalArgumentException if passages are retrieved and the template has no slot for them
     */
    public PromptRenderer(GenerativeModel model, PromptSpec spec, ExemplarSelector selector) {
        this.model = model;
        this.tokenizer = model.tokenizer();
        this.spec = spec;
        this.template = spec.template();
        this.selector = selector;
        this.isRead = model instanceof Seq2SeqModel;
        if (spec.retrieval().isPresent() && !template.showsPassages()) {
            throw new IllegalArgumentException("passages are retrieved; expected a slot '" + PromptTemplate.PASSAGES
                    + "' in the template to show them, found none");
        }
        this.chat = spec.settings().layout() == PromptLayout.TEXT ? Optional.empty() : Optional.of(chat());
    }

    private ChatPrompts chat() {
        var prompts = new ChatPrompts(tokenizer);
        if (!prompts.hasTemplate() || isRead) {
            throw new ArgotException("The layout " + spec.settings().layout() + " needs a model with a chat template; "
                    + model.description().name() + " has none. Use PromptLayout.TEXT.");
        }
        return prompts;
    }

    /** How the model is talked to; empty for plain text. */
    Optional<ChatPrompts> chatPrompts() {
        return chat;
    }

    /**
     * What follows the prompt where the model gives an answer.
     *
     * @param answer an answer
     */
    String continuation(String answer) {
        return chat.isPresent() ? answer : isRead ? answer : template.completion(answer);
    }

    /**
     * The prompt of an item.
     *
     * @param inputs what fills the template's slots
     * @param options what can be chosen from; room for the longest of them is kept; none: the answer is written
     * @throws IllegalArgumentException if the inputs do not fill the template's slots
     * @throws ContextLengthException if it does not fit although everything that may give way did
     */
    public RenderedPrompt render(Map<String, String> inputs, List<String> options) {
        return render(inputs, room(options));
    }

    /**
     * The prompts of several items.
     *
     * @param items what fills the template's slots, for each
     * @param options what can be chosen from, for each; as many lists
     * @throws IllegalArgumentException if inputs do not fill the template's slots
     * @throws ContextLengthException if one does not fit although everything that may give way did; names it where there are several
     */
    List<RenderedPrompt> renderAll(List<Map<String, String>> items, List<List<String>> options) {
        var prompts = new ArrayList<RenderedPrompt>();
        for (int i = 0; i < items.size(); i++) {
            try {
                prompts.add(render(items.get(i), options.get(i)));
            } catch (ContextLengthException e) {
                throw items.size() == 1 ? e : new ContextLengthException(i, e);
            }
        }
        return prompts;
    }

    /**
     * The prompt of an item.
     *
     * @param inputs what fills the template's slots
     * @param room tokens kept for the answer, at least 1
     * @throws IllegalArgumentException if the inputs do not fill the template's slots
     * @throws ContextLengthException if it does not fit although everything that may give way did
     */
    RenderedPrompt render(Map<String, String> inputs, int room) {
        template.check(inputs);
        List<Example> exemplars = spec.shots() == 0 ? List.of() : selector.select(inputs, spec.shots());
        List<Passage> passages = spec.retrieval()
                .map(retrieval -> found(retrieval, String.join("\n", inputValues(inputs))))
                .orElse(List.of());
        int context = model.description().contextLength();
        int limit = isRead ? context : context - Math.max(1, room);
        Shown shown = new Shown(exemplars, passages, inputs);
        Laid laid = lay(shown);
        List<Dropped> dropped = new ArrayList<>();
        for (GiveWay way : spec.settings().giveWay()) {
            if (laid.tokens() <= limit) {
                break;
            }
            Shown before = shown;
            shown = lessOf(way, before, limit);
            dropped.addAll(dropped(way, before, shown));
            laid = lay(shown);
        }
        if (laid.tokens() > limit || room > context) {
            throw tooLong(laid.tokens(), room, context);
        }
        return new RenderedPrompt(laid.text(), laid.ids(), shown.exemplars(), shown.passages(), dropped);
    }

    /** An application's own retriever may find more than it was asked for. */
    private static List<Passage> found(PromptSpec.Retrieval retrieval, String query) {
        return retrieval.retriever().retrieve(query, retrieval.count()).stream()
                .limit(retrieval.count())
                .toList();
    }

    private ContextLengthException tooLong(int tokens, int room, int context) {
        return new ContextLengthException(
                "The prompt has " + tokens + " tokens and its answer needs room for " + room + ", the context of "
                        + model.description().name() + " holds " + context + (isRead ? " for each" : "")
                        + ". What may be left out already is: "
                        + spec.settings().giveWay()
                        + ". Shorten the inputs, ask for a shorter answer, or let more give way.",
                tokens,
                context);
    }

    /** In the order of the slots. */
    private List<String> inputValues(Map<String, String> inputs) {
        return template.slots().stream()
                .map(slot -> inputs.getOrDefault(slot, ""))
                .toList();
    }

    // ---- room for the answer

    private int room(List<String> options) {
        if (options.isEmpty()) {
            return written();
        }
        return spec.format() instanceof AnswerFormat.Several several ? tokens(list(several)) + END : longest(options);
    }

    /** The most tokens of an answer that is written. One held to labels may be spelt with any tokens, each of a byte at least. */
    int written() {
        return switch (spec.format()) {
            case AnswerFormat.Choice(List<String> labels) ->
                labels.isEmpty()
                        ? spec.decoding().orElseGet(Decoding::greedy).maxTokens()
                        : labels.stream()
                                        .mapToInt(label -> bytes(continuation(label)))
                                        .max()
                                        .orElse(1)
                                + (LabelScorer.nested(labels) ? END : 0);
            case AnswerFormat.Several several -> bytes(list(several)) + END;
            case AnswerFormat.Text(int maxTokens) -> written(maxTokens);
            case AnswerFormat.Passage(int maxTokens) -> written(maxTokens);
            case AnswerFormat.Json(String ignored, int maxTokens) -> written(maxTokens);
        };
    }

    private String list(AnswerFormat.Several several) {
        return continuation(String.join(several.separator(), several.labels()));
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private int longest(List<String> options) {
        return options.stream()
                        .mapToInt(option -> tokens(continuation(option)))
                        .max()
                        .orElse(1)
                + (LabelScorer.nested(options) ? END : 0);
    }

    /** What the format allows, or fewer where the decoding says so. */
    private int written(int maxTokens) {
        return Math.min(maxTokens, spec.decoding().map(Decoding::maxTokens).orElse(maxTokens));
    }

    private int tokens(String text) {
        return tokenizer.encode(text, EncodeOptions.PLAIN).size();
    }

    // ---- layout

    /** What a prompt shows. */
    private record Shown(List<Example> exemplars, List<Passage> passages, Map<String, String> inputs) {}

    /** A prompt of some length. */
    @SuppressWarnings("ArrayRecordComponent") // handed over, not a value
    private record Laid(String text, int[] ids, int tokens) {}

    private Laid lay(Shown shown) {
        return switch (spec.settings().layout()) {
            case TEXT -> text(template.render(shown.exemplars(), shown.inputs(), shown.passages()));
            case MESSAGE ->
                chat(List.of(ChatMessage.user(template.render(shown.exemplars(), shown.inputs(), shown.passages())
                        .stripTrailing())));
            case TURNS -> chat(turns(shown));
        };
    }

    private Laid text(String text) {
        if (isRead) {
            return new Laid(text, new int[0], tokenizer.encode(text).size());
        }
        int[] ids = OpenText.ids(tokenizer, text);
        if (ids.length == 0) {
            Tokenizer.SpecialTokens special = tokenizer.specialTokens();
            ids = IntStream.concat(special.bos().stream(), special.eos().stream())
                    .limit(1)
                    .toArray();
        }
        if (ids.length == 0) {
            throw new ArgotException(
                    "The prompt has no tokens, and the model has none that begins or ends a text. Give the"
                            + " template an instruction or a slot.");
        }
        return new Laid(text, ids, ids.length);
    }

    private Laid chat(List<ChatMessage> messages) {
        RenderedChat rendered = chat.orElseThrow().rendered(messages);
        return new Laid(rendered.text(), rendered.ids(), rendered.ids().length);
    }

    private List<ChatMessage> turns(Shown shown) {
        var messages = new ArrayList<ChatMessage>();
        String instruction = template.instruction(shown.passages());
        if (!instruction.isEmpty()) {
            messages.add(ChatMessage.system(instruction));
        }
        for (Example exemplar : shown.exemplars()) {
            messages.add(ChatMessage.user(template.question(exemplar)));
            messages.add(ChatMessage.assistant(exemplar.answer()));
        }
        messages.add(ChatMessage.user(template.question(shown.inputs(), shown.passages())));
        return messages;
    }

    // ---- what gives way

    /** The least left out of one part so that it fits; all of that part where even that is not enough. */
    private Shown lessOf(GiveWay way, Shown shown, int limit) {
        return switch (way) {
            case EXEMPLARS -> {
                List<Example> all = shown.exemplars();
                yield least(
                        all.size(),
                        limit,
                        n -> new Shown(all.subList(n, all.size()), shown.passages(), shown.inputs()));
            }
            case PASSAGES -> {
                List<Passage> all = shown.passages();
                yield least(
                        all.size(),
                        limit,
                        n -> new Shown(shown.exemplars(), all.subList(0, all.size() - n), shown.inputs()));
            }
            case INPUT -> {
                Optional<String> longest = longestText(shown.inputs());
                if (longest.isEmpty()) {
                    yield shown;
                }
                String value = shown.inputs().getOrDefault(longest.get(), "");
                List<Integer> lengths = shorterLengths(value);
                yield least(lengths.size(), limit, n -> {
                    var inputs = new LinkedHashMap<>(shown.inputs());
                    inputs.put(longest.get(), n == 0 ? value : value.substring(0, lengths.get(n - 1)));
                    return new Shown(shown.exemplars(), shown.passages(), inputs);
                });
            }
        };
    }

    /**
     * Bisects between 0, which is known not to fit, and the most.
     *
     * @param most how many steps there are
     * @param limit tokens a prompt may have
     * @param cut what is shown after so many steps
     */
    private Shown least(int most, int limit, IntFunction<Shown> cut) {
        int tooLong = 0;
        int fits = most;
        while (fits - tooLong > 1) {
            int middle = (tooLong + fits) >>> 1;
            if (lay(cut.apply(middle)).tokens() <= limit) {
                fits = middle;
            } else {
                tooLong = middle;
            }
        }
        return cut.apply(fits);
    }

    private Optional<String> longestText(Map<String, String> inputs) {
        String longest = "";
        int length = 0;
        for (var slot : template.types().entrySet()) {
            int chars = inputs.getOrDefault(slot.getKey(), "").length();
            if (slot.getValue() instanceof SlotType.Text && chars > length) {
                longest = slot.getKey();
                length = chars;
            }
        }
        return length == 0 ? Optional.empty() : Optional.of(longest);
    }

    /** Lengths of a text's beginnings, longest first: up to ends of its sentences, then up to ends of the first sentence's words. */
    static List<Integer> shorterLengths(String text) {
        List<Integer> lengths = new ArrayList<>(ends(BreakIterator.getSentenceInstance(Locale.ROOT), text));
        String first = lengths.isEmpty() ? text : text.substring(0, lengths.getLast());
        lengths.addAll(ends(BreakIterator.getWordInstance(Locale.ROOT), first));
        return lengths;
    }

    /** Where its parts end, blanks behind them aside, from the last but one to the first. */
    private static List<Integer> ends(BreakIterator parts, String text) {
        parts.setText(text);
        var ends = new ArrayList<Integer>();
        int longer = endOfText(text, text.length());
        for (int end = parts.last(); end > 0; end = parts.previous()) {
            int length = endOfText(text, end);
            if (length < longer && length > 0) {
                ends.add(length);
                longer = length;
            }
        }
        return ends;
    }

    private static int endOfText(String text, int end) {
        int at = end;
        while (at > 0 && Character.isWhitespace(text.charAt(at - 1))) {
            at--;
        }
        return at;
    }

    private List<Dropped> dropped(GiveWay way, Shown before, Shown after) {
        return switch (way) {
            case EXEMPLARS ->
                before
                        .exemplars()
                        .subList(
                                0, before.exemplars().size() - after.exemplars().size())
                        .stream()
                        .map(exemplar -> new Dropped(
                                way,
                                exemplar.id(),
                                template.question(exemplar).length()
                                        + exemplar.answer().length()))
                        .toList();
            case PASSAGES ->
                before
                        .passages()
                        .subList(after.passages().size(), before.passages().size())
                        .stream()
                        .map(passage ->
                                new Dropped(way, passage.id(), passage.text().length()))
                        .toList();
            case INPUT ->
                template.slots().stream()
                        .filter(slot -> !before.inputs()
                                .getOrDefault(slot, "")
                                .equals(after.inputs().getOrDefault(slot, "")))
                        .map(slot -> new Dropped(
                                way,
                                slot,
                                before.inputs().getOrDefault(slot, "").length()
                                        - after.inputs().getOrDefault(slot, "").length()))
                        .toList();
        };
    }
}
