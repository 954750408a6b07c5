package dev.argot.api.evaluation;

import java.util.List;

/**
 * Text a model has not been trained on, to measure how well it predicts such text.
 *
 * @param name unique in an evaluation, such as {@code "general"}
 * @param role what the text stands for
 * @param documents the texts; each is scored by itself, with nothing in front of it. Untrusted
 */
public record HeldOutText(String name, Role role, List<String> documents) {
    /** Copies the list and checks that there is something. */
    public HeldOutText {
        documents = List.copyOf(documents);
        if (name.isBlank()) {
            throw new IllegalArgumentException("a held-out text needs a name");
        }
        if (documents.isEmpty()) {
            throw new IllegalArgumentException("the held-out text '" + name + "' has no documents");
        }
    }

    /**
     * Text of the domain a model is adapted to.
     *
     * @param name unique in an evaluation
     * @param documents the texts
     */
    public static HeldOutText domain(String name, List<String> documents) {
        return new HeldOutText(name, Role.DOMAIN, documents);
    }

    /**
     * General text, on which a model should not become worse.
     *
     * @param name unique in an evaluation
     * @param documents the texts
     */
    public static HeldOutText general(String name, List<String> documents) {
        return new HeldOutText(name, Role.GENERAL, documents);
    }

    /** What a text stands for. */
    public enum Role {
        /** The language a model is to learn. */
        DOMAIN,
        /** What it could do before, and should not forget. */
        GENERAL
    }
}
