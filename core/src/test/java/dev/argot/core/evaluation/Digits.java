package dev.argot.core.evaluation;

import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingOptions;
import java.util.ArrayList;
import java.util.List;

/** Embeds texts by how often they have each digit; remembers the texts of each call. */
final class Digits implements Embedder {
    private final List<List<String>> calls = new ArrayList<>();

    List<List<String>> calls() {
        return calls;
    }

    @Override
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        calls.add(List.copyOf(texts));
        return texts.stream().map(this::counts).toList();
    }

    private float[] counts(String text) {
        var counts = new float[embeddingSize()];
        counts[0] = 0.1f;
        text.chars().filter(Character::isDigit).forEach(digit -> counts[digit - '0' + 1]++);
        return counts;
    }

    @Override
    public int embeddingSize() {
        return 11;
    }
}
