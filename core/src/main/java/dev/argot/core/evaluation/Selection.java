package dev.argot.core.evaluation;

import dev.argot.spi.Tensor;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Only tokens with a label go through a model's head: inputs for a graph from {@link dev.argot.spi.graph.Rewrites#selectTokens}. Stateless.
 */
public final class Selection {
    private static final long IGNORED = -100;

    private Selection() {}

    /**
     * Replaces the labels of all tokens by those of the tokens that have one, and says which these are.
     *
     * @param inputs with {@code labels} [B, T]
     * @return a copy with {@code labels} [B, M] and {@code selected} [B, M]; rows with fewer labels than others are filled with token 0,
     *     unscored
     */
    public static Map<String, Tensor> of(Map<String, Tensor> inputs) {
        if (!(inputs.get("labels") instanceof Tensor.Longs labels)) {
            throw new IllegalArgumentException("the input 'labels' is missing");
        }
        int rows = Math.toIntExact(labels.shape()[0]);
        int width = Math.toIntExact(labels.shape()[1]);
        int most = 1;
        for (int r = 0; r < rows; r++) {
            int count = 0;
            for (int i = 0; i < width; i++) {
                count += labels.data()[r * width + i] == IGNORED ? 0 : 1;
            }
            most = Math.max(most, count);
        }
        var selected = new long[rows * most];
        var kept = new long[rows * most];
        Arrays.fill(kept, IGNORED);
        for (int r = 0; r < rows; r++) {
            int next = r * most;
            for (int i = 0; i < width; i++) {
                if (labels.data()[r * width + i] != IGNORED) {
                    selected[next] = i;
                    kept[next++] = labels.data()[r * width + i];
                }
            }
        }
        var result = new LinkedHashMap<>(inputs);
        result.put("labels", new Tensor.Longs(kept, rows, most));
        result.put("selected", new Tensor.Longs(selected, rows, most));
        return result;
    }
}
