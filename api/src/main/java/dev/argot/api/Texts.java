package dev.argot.api;

/** Checks of strings. */
final class Texts {
    private Texts() {}

    static void requireTrimmed(String what, String value) {
        if (value.isEmpty() || !value.equals(value.strip())) {
            throw new IllegalArgumentException(
                    what + " must not be empty nor begin or end with a blank, found '" + value + "'");
        }
    }
}
