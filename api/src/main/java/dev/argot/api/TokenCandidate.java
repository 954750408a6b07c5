package dev.argot.api;

/**
 * A token that may stand at some place.
 *
 * @param id its id
 * @param token the vocabulary's spelling, such as {@code "Ġthe"}
 * @param text what it stands for, such as {@code " the"}
 * @param probability its probability, 0 to 1
 */
public record TokenCandidate(int id, String token, String text, double probability) {}
