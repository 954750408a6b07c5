package dev.argot.api.prompt;

import dev.argot.api.CancellationToken;
import dev.argot.api.TokenSink;
import java.util.List;
import java.util.Map;

/**
 * Puts items to a model, zero-, one- or few-shot. Made by {@link dev.argot.api.Argot#prompter}.
 *
 * <p>Inputs, exemplars and passages are untrusted text: control tokens spelled out in them stay text. Every method throws {@link IllegalArgumentException} where
 * inputs do not fill the template's slots, and {@link dev.argot.api.ContextLengthException} where a prompt does not fit although everything
 * that may give way did; of several items it names the first that does not fit, before any is put to the model. Thread-safe; closing frees an index of exemplars, not the model.
 */
public interface Prompter extends AutoCloseable {
    /** What it asks. */
    PromptSpec spec();

    /**
     * The prompt of an item.
     *
     * @param inputs what fills the template's slots
     */
    RenderedPrompt render(Map<String, String> inputs);

    /**
     * Writes an answer; one that fits the format's labels or schema, where it has them. Labels are written as a whole, whatever the decoding's
     * {@code maxTokens}; of {@link AnswerFormat.Several} one that was written twice is once in the answer's text. JSON that needs more tokens than
     * it may have is cut, which the completion's finish reason tells.
     *
     * @param inputs what fills the template's slots
     */
    default TextAnswer answer(Map<String, String> inputs) {
        return answer(inputs, token -> {});
    }

    /**
     * Writes an answer, streamed.
     *
     * @param inputs what fills the template's slots
     * @param sink takes tokens as they come
     */
    default TextAnswer answer(Map<String, String> inputs, TokenSink sink) {
        return answer(inputs, sink, CancellationToken.never());
    }

    /**
     * Writes an answer, streamed, cancellable.
     *
     * @param inputs what fills the template's slots
     * @param sink takes tokens as they come
     * @param cancellation looked at before each token; what there is then of the answer is returned
     */
    TextAnswer answer(Map<String, String> inputs, TokenSink sink, CancellationToken cancellation);

    /**
     * Writes answers as one batch.
     *
     * @param items what fills the template's slots, for each
     * @return one for each, in order
     */
    default List<TextAnswer> answerAll(List<Map<String, String>> items) {
        return answerAll(items, CancellationToken.never());
    }

    /**
     * Writes answers as one batch, cancellable.
     *
     * @param items what fills the template's slots, for each
     * @param cancellation looked at before each token; what there is then of each answer is returned
     * @return one for each, in order
     */
    List<TextAnswer> answerAll(List<Map<String, String>> items, CancellationToken cancellation);

    /**
     * Ranks the labels of {@link AnswerFormat.Choice} or {@link AnswerFormat.Several} by their likelihood.
     *
     * @param inputs what fills the template's slots
     * @throws IllegalStateException if the format has no labels
     */
    ChoiceAnswer choose(Map<String, String> inputs);

    /**
     * Ranks the labels for several items. What their prompts have in common is computed once.
     *
     * @param items what fills the template's slots, for each
     * @return one for each, in order
     * @throws IllegalStateException if the format has no labels
     */
    List<ChoiceAnswer> chooseAll(List<Map<String, String>> items);

    /**
     * Ranks options that belong to an item.
     *
     * @param inputs what fills the template's slots
     * @param options what can be chosen from; at least one, none blank, all different
     * @throws IllegalArgumentException if options are missing, blank or there twice
     */
    ChoiceAnswer choose(Map<String, String> inputs, List<String> options);

    /**
     * Ranks options that belong to the items, as in multiple choice. What their prompts have in common is computed once.
     *
     * @param items what fills the template's slots, for each
     * @param options what can be chosen from, for each item; at least one, all different
     * @return one for each item, in order
     * @throws IllegalArgumentException if there are not as many lists of options as items
     */
    List<ChoiceAnswer> chooseAll(List<Map<String, String>> items, List<List<String>> options);

    /**
     * Chooses some labels of {@link AnswerFormat.Several}, one after the other, each behind those chosen before, and each once. Which comes next,
     * the {@link LabelScoring} says; the answer is over when the model finds its end (a line break, what the template puts behind an answer, an end
     * token) at least as likely as each further label.
     *
     * @param inputs what fills the template's slots
     * @throws IllegalStateException if the format is another
     */
    SeveralAnswer chooseSeveral(Map<String, String> inputs);

    /**
     * Fills in a Java record: its components become a JSON schema (see {@link dev.argot.api.Constraint.JsonSchema#of}), which the output is held
     * to. The answer has at most as many tokens as {@link AnswerFormat.Json} says, with other formats the decoding, and without one
     * 512 or half the context, whichever is less.
     *
     * <p>The record's canonical constructor is called. On the module path it has to be within reach: the record is public in an exported package,
     * or its module declares {@code opens … to dev.argot.core}.
     *
     * @param <T> the record
     * @param inputs what fills the template's slots
     * @param type the record's class
     * @throws IllegalArgumentException if the record has components that JSON does not know, or is out of reach; the message names it
     * @throws dev.argot.api.ArgotException if the answer was cut before the record was whole, or the record's constructor refuses its values
     */
    <T extends Record> RecordAnswer<T> extract(Map<String, String> inputs, Class<T> type);

    @Override
    void close();
}
