package dev.argot.core.prompt;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.CompletionRequest;
import dev.argot.api.Constraint;
import dev.argot.api.Decoding;
import dev.argot.api.GenerativeModel;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.TokenSink;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RecordAnswer;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.api.prompt.TextAnswer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Puts items to a model. Thread-safe; closing closes the selector of exemplars, not the model. */
public final class CorePrompter implements Prompter {
    /** The most tokens of a record where nothing else is said. */
    private static final int RECORD_TOKENS = 512;

    private static final Set<FinishReason> CUT = Set.of(
            FinishReason.STOP_STRING,
            FinishReason.LENGTH,
            FinishReason.CONTEXT_FULL,
            FinishReason.CANCELLED,
            FinishReason.DEADLINE);

    private static final Pattern META = Pattern.compile("[\\\\\\[\\](){}.*+?^$|/-]");

    private final GenerativeModel model;
    private final PromptSpec spec;
    private final ExemplarSelector selector;
    private final PromptRenderer renderer;
    private final LabelScorer scorer;

    /**
     * A prompter.
     *
     * @param model answers; not closed here
     * @param spec what is asked
     * @param selector chooses exemplars; closed with this
     */
    public CorePrompter(GenerativeModel model, PromptSpec spec, ExemplarSelector selector) {
        this.model = model;
        this.spec = spec;
        this.selector = selector;
        this.renderer = new PromptRenderer(model, spec, selector);
        this.scorer = new LabelScorer(model, spec, renderer);
    }

    @Override
    public PromptSpec spec() {
        return spec;
    }

    @Override
    public RenderedPrompt render(Map<String, String> inputs) {
        return renderer.render(inputs, List.of());
    }

    // ---- written answers

    @Override
    public TextAnswer answer(Map<String, String> inputs, TokenSink sink, CancellationToken cancellation) {
        RenderedPrompt prompt = render(inputs);
        CompletionRequest request =
                switch (model) {
                    case CausalModel ignored ->
                        CompletionRequest.ofTokens(prompt.ids(), decoding()).withTenant(spec.tenant());
                    case Seq2SeqModel ignored -> CompletionRequest.of(prompt.text(), decoding());
                };
        return answered(prompt, model.complete(request.withSink(sink).withCancellation(cancellation)));
    }

    @Override
    public List<TextAnswer> answerAll(List<Map<String, String>> items, CancellationToken cancellation) {
        List<RenderedPrompt> prompts = renderer.renderAll(items, Collections.nCopies(items.size(), List.of()));
        List<Completion> completions =
                switch (model) {
                    case CausalModel causal ->
                        causal.completeTokens(
                                prompts.stream().map(RenderedPrompt::ids).toList(), decoding(), cancellation);
                    case Seq2SeqModel read ->
                        read.completeAll(
                                prompts.stream().map(RenderedPrompt::text).toList(), decoding(), cancellation);
                };
        var answers = new ArrayList<TextAnswer>();
        for (int i = 0; i < prompts.size(); i++) {
            answers.add(answered(prompts.get(i), completions.get(i)));
        }
        return answers;
    }

    private TextAnswer answered(RenderedPrompt prompt, Completion completion) {
        String text = completion.text();
        return new TextAnswer(
                spec.format() instanceof AnswerFormat.Several several ? list(text, several) : text.strip(),
                completion,
                prompt);
    }

    /** The labels of a list, each once; what is cut at its end is no label. */
    private static String list(String text, AnswerFormat.Several several) {
        String separator = several.separator();
        int end = text.length();
        for (int cut = separator.length() - 1; cut > 0 && end == text.length(); cut--) {
            end -= text.endsWith(separator.substring(0, cut)) ? cut : 0;
        }
        return Arrays.stream(text.substring(0, end).stripLeading().split(Pattern.quote(separator), -1))
                .filter(several.labels()::contains)
                .distinct()
                .collect(Collectors.joining(separator));
    }

    /** How an answer of the format is written. */
    private Decoding decoding() {
        Decoding own = spec.decoding().orElseGet(Decoding::greedy);
        Decoding ending = renderer.chatPrompts().map(chat -> chat.ending(own)).orElse(own);
        return switch (spec.format()) {
            case AnswerFormat.Text ignored -> stopping(ending, "\n");
            case AnswerFormat.Passage ignored ->
                renderer.chatPrompts().isPresent() ? stopping(ending) : stopping(ending, "\n\n");
            case AnswerFormat.Choice(List<String> labels) ->
                labels.isEmpty() ? stopping(ending, "\n") : choosing(ending, labels);
            case AnswerFormat.Several several -> listing(ending, several);
            case AnswerFormat.Json(String schema, int ignored) ->
                held(stopping(ending), new Constraint.JsonSchema(schema));
        };
    }

    private Decoding stopping(Decoding decoding, String... stops) {
        var all = new TreeSet<>(decoding.stopStrings());
        all.addAll(List.of(stops));
        int most = renderer.written();
        return decoding.toBuilder()
                .maxTokens(most)
                .minTokens(Math.min(decoding.minTokens(), most))
                .stopStrings(all.toArray(String[]::new))
                .build();
    }

    private static Decoding held(Decoding decoding, Constraint constraint) {
        return decoding.toBuilder().constraint(constraint).build();
    }

    private Decoding choosing(Decoding decoding, List<String> labels) {
        List<String> texts = labels.stream().map(renderer::continuation).toList();
        if (!LabelScorer.nested(labels) || !endsWithLine(labels)) {
            return held(stopping(decoding), new Constraint.Choices(texts));
        }
        List<String> ended = Stream.of("", "\n", "\n\n")
                .flatMap(end -> texts.stream().map(text -> text + end))
                .toList();
        return held(stopping(decoding, "\n"), new Constraint.Choices(ended));
    }

    /** One label or more, at most as many as there are. */
    private Decoding listing(Decoding decoding, AnswerFormat.Several several) {
        List<String> labels = several.labels();
        String one = labels.stream().map(CorePrompter::quoted).collect(Collectors.joining("|", "(", ")"));
        String list = quoted(renderer.continuation("")) + one + "(" + quoted(several.separator()) + one + "){0,"
                + (labels.size() - 1) + "}";
        return endsWithLine(labels)
                ? held(stopping(decoding, "\n"), new Constraint.Regex(list + "\\n{0,2}"))
                : held(stopping(decoding), new Constraint.Regex(list));
    }

    /** Whether a line break ends the answer where it could go on, as it ends an exemplar's; in a chat, the model's own end does. */
    private boolean endsWithLine(List<String> labels) {
        return model instanceof CausalModel
                && renderer.chatPrompts().isEmpty()
                && labels.stream().noneMatch(label -> label.contains("\n"));
    }

    private static String quoted(String text) {
        return META.matcher(text).replaceAll("\\\\$0");
    }

    // ---- choices

    @Override
    public ChoiceAnswer choose(Map<String, String> inputs) {
        return choose(inputs, labels());
    }

    @Override
    public List<ChoiceAnswer> chooseAll(List<Map<String, String>> items) {
        return chooseAll(items, Collections.nCopies(items.size(), labels()));
    }

    @Override
    public ChoiceAnswer choose(Map<String, String> inputs, List<String> options) {
        return chooseAll(List.of(inputs), List.of(options)).get(0);
    }

    @Override
    public List<ChoiceAnswer> chooseAll(List<Map<String, String>> items, List<List<String>> options) {
        return scorer.rank(items, options);
    }

    @Override
    public SeveralAnswer chooseSeveral(Map<String, String> inputs) {
        return scorer.several(inputs);
    }

    private List<String> labels() {
        List<String> labels =
                switch (spec.format()) {
                    case AnswerFormat.Choice(List<String> choice) -> choice;
                    case AnswerFormat.Several(List<String> several, String ignored) -> several;
                    case AnswerFormat.Text ignored -> List.of();
                    case AnswerFormat.Passage ignored -> List.of();
                    case AnswerFormat.Json ignored -> List.of();
                };
        if (labels.isEmpty()) {
            throw new IllegalStateException("the format has no labels to choose from: " + spec.format());
        }
        return labels;
    }

    // ---- records

    @Override
    public <T extends Record> RecordAnswer<T> extract(Map<String, String> inputs, Class<T> type) {
        var format = new AnswerFormat.Json(RecordBinding.schema(type), recordTokens());
        TextAnswer answer = new CorePrompter(model, withFormat(format), selector).answer(inputs);
        FinishReason reason = answer.completion().finishReason();
        if (CUT.contains(reason)) {
            throw new ArgotException("The answer was cut before the " + type.getSimpleName() + " was whole (" + reason
                    + " after " + answer.completion().tokens().size() + " tokens): " + answer.text()
                    + ". Allow more tokens, by AnswerFormat.Json or the decoding's maxTokens.");
        }
        return new RecordAnswer<>(RecordBinding.read(answer.text(), type), answer);
    }

    private int recordTokens() {
        return spec.format() instanceof AnswerFormat.Json json
                ? json.maxTokens()
                : spec.decoding()
                        .map(Decoding::maxTokens)
                        .orElse(Math.min(RECORD_TOKENS, model.description().contextLength() / 2));
    }

    private PromptSpec withFormat(AnswerFormat format) {
        return new PromptSpec(
                spec.template(),
                format,
                spec.exemplars(),
                spec.shots(),
                spec.settings(),
                spec.decoding(),
                spec.retrieval(),
                spec.tenant());
    }

    @Override
    public void close() {
        selector.close();
    }
}
