package dev.argot.spi;

import dev.argot.api.Model;
import java.util.List;
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

    /**
     * The configuration of the same network with another head, as {@code architectures} says it: a bare encoder to embed texts, or a new
     * classifier on top of a pre-trained one, whose weights no checkpoint has.
     *
     * @param config a configuration whose {@code model_type} is one of {@link #modelTypes()}
     * @param kind the kind of model the head makes
     * @param labels names of the classes, for kinds that have them; else empty
     * @throws dev.argot.api.ArgotException if the family has no such head
     */
    Config withHead(Config config, Class<? extends Model> kind, List<String> labels);
}
