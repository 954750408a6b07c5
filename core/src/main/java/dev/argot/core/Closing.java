package dev.argot.core;

import dev.argot.api.ArgotException;
import java.util.ArrayList;
import java.util.List;

/** Closes several things. */
final class Closing {
    private Closing() {}

    /**
     * Closes all, in order, even if one fails; the first failure is thrown, with the others suppressed.
     *
     * @param resources what is closed
     */
    static void closeAll(List<? extends AutoCloseable> resources) {
        var failures = new ArrayList<RuntimeException>();
        for (AutoCloseable resource : List.copyOf(resources)) {
            try {
                resource.close();
            } catch (RuntimeException e) {
                failures.add(e);
            } catch (Exception e) {
                failures.add(new ArgotException("closing failed: " + e.getMessage(), e));
            }
        }
        if (!failures.isEmpty()) {
            RuntimeException first = failures.get(0);
            failures.subList(1, failures.size()).forEach(first::addSuppressed);
            throw first;
        }
    }
}
