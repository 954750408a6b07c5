package dev.argot.spi;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/** Finds a model by name: on disk, in an archive, on a hub. Asked in the order of {@link #order()}; the first that answers wins. */
public interface ModelSourceProvider {
    /** Short, stable, lower-case name, such as {@code "path"}, {@code "default"} or {@code "hub"}. */
    String name();

    /** Smaller is asked earlier. Argot's own: path 100, default 200, embedded 300, hub 1000. */
    int order();

    /**
     * Resolves a name to a file or folder on disk.
     *
     * @param request name, cache, network
     * @return where it lies; empty if this source does not know such names
     * @throws dev.argot.api.ModelNotFoundException if the name is of this source's kind, but there is nothing or it may not be fetched
     */
    Optional<Path> resolve(Request request);

    /**
     * A name to resolve.
     *
     * @param name as given by the user
     * @param cache folder in which downloads are kept; may not exist yet
     * @param offline whether the network is forbidden
     * @param connectTimeout longest wait for a connection
     * @param notices takes one-line remarks meant for a person
     */
    record Request(String name, Path cache, boolean offline, Duration connectTimeout, Consumer<String> notices) {}
}
