package dev.argot.api.corpus;

import dev.argot.api.prompt.PromptLayout;
import java.nio.file.Path;
import java.util.List;

/**
 * Prompts with the completions a model shall learn to give, as JSON lines.
 *
 * @param paths files, folders or globs, as in {@link CorpusSource#paths}
 * @param promptKey key of the prompt; default {@code "prompt"}
 * @param completionKey key of the completion; default {@code "completion"}
 * @param layout how models that continue texts read a pair: {@link PromptLayout#MESSAGE}, the default, as a message and its answer, or
 *     {@link PromptLayout#TEXT} as one text; the layout in which they will be asked is the one to learn. Encoder-decoders always read the
 *     prompt and write the completion
 */
public record PairSource(List<String> paths, String promptKey, String completionKey, PromptLayout layout) {
    /**
     * Copies the list.
     *
     * @throws IllegalArgumentException if there is no path, or the layout is {@link PromptLayout#TURNS}, which a prompt that is one text does
     *     not have
     */
    public PairSource {
        paths = List.copyOf(paths);
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("pairs need at least one path");
        }
        if (layout == PromptLayout.TURNS) {
            throw new IllegalArgumentException("pairs are laid out as MESSAGE or TEXT, found " + layout);
        }
    }

    /**
     * Pairs laid out as messages with their answers.
     *
     * @param paths files, folders or globs
     * @param promptKey key of the prompt
     * @param completionKey key of the completion
     */
    public PairSource(List<String> paths, String promptKey, String completionKey) {
        this(paths, promptKey, completionKey, PromptLayout.MESSAGE);
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
