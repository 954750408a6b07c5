package dev.argot.api;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file is not what it claims to be: cut off, contradictory, of an unknown version or type, or dangerous. The message begins with the
 * file's name. Thrown for checkpoints, configurations, tokenizers and archives alike.
 */
public class FileFormatException extends ArgotException {
    private static final long serialVersionUID = 1L;

    /** The file concerned. */
    private final transient @Nullable Path file;

    /**
     * A format error.
     *
     * @param file the file concerned
     * @param problem key or place, what was expected, what was found
     */
    public FileFormatException(Path file, String problem) {
        this(file, problem, null);
    }

    /**
     * A format error with its cause.
     *
     * @param file the file concerned
     * @param problem key or place, what was expected, what was found
     * @param cause what failed underneath, or null
     */
    public FileFormatException(Path file, String problem, @Nullable Throwable cause) {
        super(file + ": " + problem, cause);
        this.file = file;
    }

    /** The file concerned; null only after deserialisation. */
    public @Nullable Path file() {
        return file;
    }
}
