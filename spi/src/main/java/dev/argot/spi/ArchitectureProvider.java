package dev.argot.spi;

import java.util.Set;

/** Describes model families as graphs. */
public interface ArchitectureProvider {
    /** Short, stable, lower-case name, such as {@code "huggingface"}. */
    String name();

    /** The {@code model_type}s it can describe. */
    Set<String> modelTypes();

    /**
     * Describes a model.
     *
     * @param config a configuration whose {@code model_type} is one of {@link #modelTypes()}
     * @throws dev.argot.api.FileFormatException if a key is missing, of the wrong type or contradicts another
     */
    Architecture describe(Config config);
}
