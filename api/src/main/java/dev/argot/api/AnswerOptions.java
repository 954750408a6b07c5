package dev.argot.api;

/**
 * How answers are looked for in passages.
 *
 * @param top how many; at least 1, default 1
 * @param maxAnswerTokens the most tokens of an answer; at least 1, default 15
 * @param unanswerable whether a passage may hold no answer (as in SQuAD 2); then that there is none competes as an answer without text. Only
 *     for models trained so; default false
 */
public record AnswerOptions(int top, int maxAnswerTokens, boolean unanswerable) {
    /** The best answer, which is in the passage. */
    public static final AnswerOptions DEFAULT = new AnswerOptions(1, 15, false);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is below 1
     */
    public AnswerOptions {
        if (top < 1 || maxAnswerTokens < 1) {
            throw new IllegalArgumentException(
                    "top and maxAnswerTokens must be at least 1: " + top + ", " + maxAnswerTokens);
        }
    }

    /**
     * These options with another number of answers.
     *
     * @param count how many; at least 1
     */
    public AnswerOptions withTop(int count) {
        return new AnswerOptions(count, maxAnswerTokens, unanswerable);
    }

    /** These options for passages that may hold no answer. */
    public AnswerOptions asUnanswerable() {
        return new AnswerOptions(top, maxAnswerTokens, true);
    }
}
