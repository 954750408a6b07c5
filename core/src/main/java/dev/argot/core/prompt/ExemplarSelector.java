package dev.argot.core.prompt;

import dev.argot.api.prompt.Example;
import java.util.List;
import java.util.Map;

/** Chooses exemplars of a pool for an item; never one whose inputs are the item's own. Thread-safe. */
public interface ExemplarSelector extends AutoCloseable {
    /**
     * Chooses exemplars.
     *
     * @param inputs the item's
     * @param count the most
     * @return in the order in which they are shown
     */
    List<Example> select(Map<String, String> inputs, int count);

    /**
     * Shows the same exemplars for every item.
     *
     * @param exemplars in the order in which they are shown
     */
    static ExemplarSelector showing(List<Example> exemplars) {
        record Showing(List<Example> exemplars) implements ExemplarSelector {
            @Override
            public List<Example> select(Map<String, String> inputs, int count) {
                return exemplars;
            }

            @Override
            public void close() {} // holds nothing
        }
        return new Showing(exemplars);
    }

    @Override
    void close();
}
