package dev.argot.api;

import java.util.List;

/** An encoder with a head that marks the answer to a question in a passage (extractive question answering). */
public non-sealed interface QuestionAnswerer extends Model {
    /**
     * Finds answers. Long passages are read in overlapping windows.
     *
     * @param question untrusted text
     * @param passage untrusted text
     * @param top how many; at least 1
     * @return best first; none overlaps a better one
     * @throws ContextLengthException if the question leaves no room for the passage
     */
    default List<FoundAnswer> answer(String question, String passage, int top) {
        return answerAll(List.of(new Question(question, passage)), AnswerOptions.DEFAULT.withTop(top))
                .get(0);
    }

    /**
     * Finds answers to several questions, computed in batches of similar length. Passages are read in windows of 384 tokens, question
     * included, that overlap by 128 (fewer where the context is shorter); an answer begins and ends with a word of the tokenizer.
     *
     * @param questions questions with passages
     * @param options how many answers, how long
     * @return for each question its answers, best first; none overlaps a better one
     * @throws ContextLengthException if a question leaves no room for the passage
     */
    List<List<FoundAnswer>> answerAll(List<Question> questions, AnswerOptions options);

    /**
     * A question to a passage.
     *
     * @param question untrusted text
     * @param passage untrusted text
     */
    record Question(String question, String passage) {}

    /**
     * An answer found in a passage.
     *
     * @param text the text; empty for "there is none", which is only looked for where {@link AnswerOptions#unanswerable()}
     * @param start where it starts in the passage, in chars
     * @param end where it ends, exclusive
     * @param score probability of start and end together, among all of the window; that there is no answer scores as in the window that
     *     thinks so least
     */
    record FoundAnswer(String text, int start, int end, double score) {}
}
