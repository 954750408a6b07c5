package dev.argot.api.prompt;

/**
 * A Java record that a model filled in.
 *
 * @param <T> its type
 * @param value the record
 * @param answer the JSON it was read from, and what was asked
 */
public record RecordAnswer<T extends Record>(T value, TextAnswer answer) {}
