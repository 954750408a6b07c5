package dev.argot.api.corpus;

import java.nio.file.Path;
import java.util.List;

/**
 * Prompts with the completions a model shall learn to give, as JSON lines.
 *
 * @param paths files, folders or globs, as in {@link CorpusSource#paths}
 * @param promptKey key of the prompt; default {@code "prompt"}
 * @param completionKey key of the completion; default {@code "completion"}
 */
public record PairSource(List<String> paths, String promptKey, String completionKey) {
    /** Copies the list. */
    public PairSource {
        paths = List.copyOf(paths);
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("pairs need at least one path");
        }
    }

    /**
     * Files with the keys {@code "prompt"} and {@code "completion"}.
     *
     * @param paths files and folders
     */
    public static PairSource of(Path... paths) {
        return new PairSource(List.of(paths).stream().map(Path::toString).toList(), "prompt", "completion");
    }
}
