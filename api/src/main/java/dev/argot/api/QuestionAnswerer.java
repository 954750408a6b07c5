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
     */
    List<FoundAnswer> answer(String question, String passage, int top);

    /**
     * An answer found in a passage.
     *
     * @param text the text
     * @param start where it starts in the passage, in chars
     * @param end where it ends, exclusive
     * @param score probability of start and end together, among all of the window
     */
    record FoundAnswer(String text, int start, int end, double score) {}
}
