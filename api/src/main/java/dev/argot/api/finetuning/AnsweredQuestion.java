package dev.argot.api.finetuning;

import java.util.List;

/**
 * A question to a passage, with the places of the passage that answer it.
 *
 * @param id names the item
 * @param question untrusted text
 * @param passage untrusted text
 * @param answers right answers, the first of which is learned; none where the passage does not tell
 */
public record AnsweredQuestion(String id, String question, String passage, List<Answer> answers)
        implements LabelledItem {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if an answer does not stand in the passage where it says
     */
    public AnsweredQuestion {
        answers = List.copyOf(answers);
        for (Answer answer : answers) {
            if (answer.text().isEmpty() || !passage.startsWith(answer.text(), answer.start())) {
                throw new IllegalArgumentException(id + ": expected the answer '" + answer.text() + "' at char "
                        + answer.start() + " of the passage, which has "
                        + (answer.start() < 0 || answer.start() >= passage.length()
                                ? passage.length() + " chars"
                                : "'"
                                        + passage.substring(
                                                answer.start(),
                                                Math.min(
                                                        passage.length(),
                                                        answer.start() + Math.max(1, answer.text().length())))
                                        + "' there"));
            }
        }
    }

    /**
     * A place of the passage.
     *
     * @param text what stands there
     * @param start where it starts, in chars
     */
    public record Answer(String text, int start) {
        /** Where it ends, exclusive, in chars. */
        public int end() {
            return start + text.length();
        }
    }
}
