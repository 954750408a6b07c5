package dev.argot.core.evaluation;

import dev.argot.api.CancellationToken;
import dev.argot.api.Completion;
import dev.argot.api.TokenSink;
import dev.argot.api.prompt.ChoiceAnswer;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.RecordAnswer;
import dev.argot.api.prompt.RenderedPrompt;
import dev.argot.api.prompt.SeveralAnswer;
import dev.argot.api.prompt.TextAnswer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A prompter whose answers a test writes down. */
final class ScriptedPrompter implements Prompter {
    private final PromptSpec spec;
    private final Function<Map<String, String>, Scripted> script;
    private boolean closed;

    /**
     * An answer.
     *
     * @param text the text; of several labels with their separator
     * @param dropped what did not fit
     */
    record Scripted(String text, List<RenderedPrompt.Dropped> dropped) {
        Scripted(String text) {
            this(text, List.of());
        }
    }

    ScriptedPrompter(PromptSpec spec, Function<Map<String, String>, Scripted> script) {
        this.spec = spec;
        this.script = script;
    }

    boolean isClosed() {
        return closed;
    }

    @Override
    public PromptSpec spec() {
        return spec;
    }

    @Override
    public RenderedPrompt render(Map<String, String> inputs) {
        return new RenderedPrompt(
                "", new int[0], List.of(), List.of(), script.apply(inputs).dropped());
    }

    @Override
    public TextAnswer answer(Map<String, String> inputs) {
        String text = script.apply(inputs).text();
        var usage = new Completion.Usage(0, 0, 0, 0, Duration.ZERO, Duration.ZERO);
        return new TextAnswer(
                text,
                new Completion(text, List.of(), Completion.FinishReason.STOP_TOKEN, usage, 0, List.of()),
                render(inputs));
    }

    @Override
    public TextAnswer answer(Map<String, String> inputs, TokenSink sink, CancellationToken cancellation) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<TextAnswer> answerAll(List<Map<String, String>> items, CancellationToken cancellation) {
        return items.stream().map(this::answer).toList();
    }

    @Override
    public ChoiceAnswer choose(Map<String, String> inputs) {
        return new ChoiceAnswer(
                List.of(new ChoiceAnswer.Ranked(script.apply(inputs).text(), 1, 0, 1)), render(inputs));
    }

    @Override
    public List<ChoiceAnswer> chooseAll(List<Map<String, String>> items) {
        return items.stream().map(this::choose).toList();
    }

    @Override
    public ChoiceAnswer choose(Map<String, String> inputs, List<String> options) {
        return choose(inputs);
    }

    @Override
    public List<ChoiceAnswer> chooseAll(List<Map<String, String>> items, List<List<String>> options) {
        return chooseAll(items);
    }

    @Override
    public SeveralAnswer chooseSeveral(Map<String, String> inputs) {
        return new SeveralAnswer(
                Arrays.stream(script.apply(inputs).text().split(", ", -1))
                        .map(label -> new ChoiceAnswer.Ranked(label, 1, 0, 1))
                        .toList(),
                render(inputs));
    }

    @Override
    public <T extends Record> RecordAnswer<T> extract(Map<String, String> inputs, Class<T> type) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        closed = true;
    }
}
