package dev.argot.core.decoding;

/**
 * A prompt's tokens.
 *
 * @param source what an encoder reads; empty where a decoder alone continues the prompt
 * @param start what the decoder begins with, at least one: the prompt itself, or after an encoder a start token
 * @param dropped tokens that truncation took from the prompt
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, not a value
record Prompt(int[] source, int[] start, int dropped) {
    private static final int[] NOTHING = {};

    /**
     * A prompt that a decoder continues.
     *
     * @param ids at least one
     * @param dropped tokens that truncation took from the prompt
     */
    static Prompt of(int[] ids, int dropped) {
        return new Prompt(NOTHING, ids, dropped);
    }

    /** Whether an encoder reads it. */
    boolean isRead() {
        return source.length > 0;
    }

    /** The prompt itself. */
    int[] ids() {
        return isRead() ? source : start;
    }

    /** The tokens whose text the completion's continues. */
    int[] before() {
        return isRead() ? NOTHING : start;
    }
}
