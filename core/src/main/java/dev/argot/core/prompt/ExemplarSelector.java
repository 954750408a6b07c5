package dev.argot.core.prompt;

import dev.argot.api.prompt.Example;
import java.util.List;
import java.util.Map;

/** Stand-in. */
interface ExemplarSelector extends AutoCloseable {
    List<Example> select(Map<String, String> inputs, int count);

    @Override
    void close();
}
