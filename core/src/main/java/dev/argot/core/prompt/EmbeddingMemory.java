package dev.argot.core.prompt;

import static java.util.Objects.requireNonNull;

import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.prompt.ExemplarSelection;
import dev.argot.api.prompt.PromptSettings;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Embeds each text once and remembers its vector: for a measurement, which puts the same items with exemplars of the same pool to a model again and
 * again. Thread-safe.
 */
public final class EmbeddingMemory implements Embedder {
    private final Embedder embedder;
    private final Map<Key, float[]> vectors = new ConcurrentHashMap<>();

    private record Key(String text, EmbeddingOptions options) {}

    private EmbeddingMemory(Embedder embedder) {
        this.embedder = embedder;
    }

    /**
     * Settings whose selection embeds each text once, for as long as they are kept.
     *
     * @param settings any
     */
    public static PromptSettings of(PromptSettings settings) {
        return settings.withSelection(of(settings.selection()));
    }

    private static ExemplarSelection of(ExemplarSelection selection) {
        return switch (selection) {
            case ExemplarSelection.Nearest(Embedder embedder) ->
                new ExemplarSelection.Nearest(new EmbeddingMemory(embedder));
            case ExemplarSelection.Diverse(ExemplarSelection base, double lambda) ->
                new ExemplarSelection.Diverse(of(base), lambda);
            case ExemplarSelection.Balanced(ExemplarSelection base) -> new ExemplarSelection.Balanced(of(base));
            case ExemplarSelection.Fixed fixed -> fixed;
            case ExemplarSelection.Random random -> random;
            case ExemplarSelection.Similar similar -> similar;
        };
    }

    /** The vectors are those remembered: not to be changed. */
    @Override
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        List<String> missing = texts.stream()
                .distinct()
                .filter(text -> !vectors.containsKey(new Key(text, options)))
                .toList();
        List<float[]> found = missing.isEmpty() ? List.of() : embedder.embedAll(missing, options);
        for (int i = 0; i < found.size(); i++) {
            vectors.put(new Key(missing.get(i), options), found.get(i));
        }
        return texts.stream()
                .map(text -> requireNonNull(vectors.get(new Key(text, options))))
                .toList();
    }

    @Override
    public int embeddingSize() {
        return embedder.embeddingSize();
    }
}
