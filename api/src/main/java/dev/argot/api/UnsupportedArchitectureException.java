package dev.argot.api;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/** A checkpoint names an architecture ({@code model_type}) that no plug-in describes. The message lists those supported. */
public class UnsupportedArchitectureException extends ArgotException {
    private static final long serialVersionUID = 1L;

    /** The names that would have been accepted. */
    private final transient List<String> supported;

    /**
     * A refusal that lists what is supported.
     *
     * @param source the model or file that names the architecture
     * @param architecture the name found, such as {@code "mamba"}
     * @param supported the names that would have been accepted
     */
    public UnsupportedArchitectureException(String source, String architecture, Collection<String> supported) {
        super(source + ": model_type '" + architecture + "' is not supported. Supported: " + new TreeSet<>(supported));
        this.supported = List.copyOf(new TreeSet<>(supported));
    }

    /** The names that would have been accepted, in alphabetical order. */
    public List<String> supported() {
        return supported;
    }
}
