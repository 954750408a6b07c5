package dev.argot.core.prompt;

import dev.argot.api.prompt.Example;
import java.util.List;
import java.util.Map;

/** The first exemplars of a pool, in its order. Immutable, hence thread-safe. */
record FixedExemplars(List<Example> pool) implements ExemplarSelector {
    @Override
    public List<Example> select(Map<String, String> inputs, int count) {
        return pool.stream()
                .filter(exemplar -> !exemplar.inputs().equals(inputs))
                .limit(count)
                .toList();
    }

    @Override
    public void close() {}
}
