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

    @Override
    void close();
}
