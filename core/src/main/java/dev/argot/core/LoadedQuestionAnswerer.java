package dev.argot.core;

import dev.argot.api.AnswerOptions;
import dev.argot.api.QuestionAnswerer;
import dev.argot.core.encoding.AnswerFinder;
import java.util.List;

/** An encoder that finds answers, on an engine. Thread-safe: calls run side by side; closing waits for them. */
final class LoadedQuestionAnswerer extends LoadedModel implements QuestionAnswerer {
    private final AnswerFinder finder;

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedQuestionAnswerer(Parts parts) {
        super(parts);
        this.finder = new AnswerFinder(
                parts.compiled(), parts.tokenizer(), parts.description().contextLength());
    }

    @Override
    public List<List<FoundAnswer>> answerAll(List<Question> questions, AnswerOptions options) {
        return whileOpen(() -> finder.answers(questions, options));
    }
}
