package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a run has opened; closed together, the last first, all of it even if one fails. Not thread-safe. */
public final class Opened implements AutoCloseable {
    private final Deque<AutoCloseable> resources = new ArrayDeque<>();

    /** Nothing yet. */
    public Opened() {}

    /**
     * Takes over a resource.
     *
     * @param <T> its type
     * @param resource closed with the others
     * @return the same
     */
    public <T extends AutoCloseable> T add(T resource) {
        resources.push(resource);
        return resource;
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                if (failure == null) {
                    failure = new ArgotException("cannot be closed: " + e, e);
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
