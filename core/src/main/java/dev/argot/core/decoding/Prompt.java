package dev.argot.core.decoding;

/**
 * A prompt's tokens.
 *
 * @param ids at least one
 * @param dropped tokens that truncation took from the start
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, not a value
record Prompt(int[] ids, int dropped) {}
