package dev.argot.core.bundle;

import dev.argot.api.FileFormatException;
import dev.argot.spi.Adapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** Where an adapter says its base model lies. The name comes from a file that is not trusted. Stateless. */
public final class BasePaths {
    /** Adapters on adapters; more is a mistake. */
    private static final int MAX_DEPTH = 8;

    private BasePaths() {}

    /**
     * The adapters passed on the way to a base, this one included.
     *
     * @param adapter an adapter
     * @param above the real paths of those that led to it
     * @throws FileFormatException if it was passed before
     */
    public static Set<Path> with(Adapter adapter, Set<Path> above) {
        Path real;
        try {
            real = adapter.location().toRealPath();
        } catch (IOException e) {
            throw new FileFormatException(adapter.location(), "cannot be read: " + e, e);
        }
        var all = new LinkedHashSet<>(above);
        if (!all.add(real) || all.size() > MAX_DEPTH) {
            throw error(adapter, "the adapters " + all + " lead back to themselves or are too many");
        }
        return Collections.unmodifiableSet(all);
    }

    /**
     * The base, if it lies in the adapter's own folder; empty if it is named in another way: an absolute path, a Hub id, {@code default}.
     *
     * @param adapter the adapter
     * @throws FileFormatException if it names none, or by a relative path that leaves the folder
     */
    public static Optional<Path> inside(Adapter adapter) {
        String name = adapter.base();
        if (name.isBlank()) {
            throw error(adapter, "expected the base model's path or Hub id, but it is missing");
        }
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
        if (path.isAbsolute()) {
            return Optional.empty();
        }
        for (Path part : path) {
            if (part.toString().equals("..")) {
                throw error(adapter, "a relative path must stay in the adapter's folder, found '" + name + "'");
            }
        }
        Path inside = adapter.location().resolve(path);
        if (!Files.exists(inside)) {
            return Optional.empty();
        }
        try {
            if (!inside.toRealPath().startsWith(adapter.location().toRealPath())) {
                throw error(adapter, "'" + name + "' is a link that leads out of the folder, which is not followed");
            }
        } catch (IOException e) {
            throw new FileFormatException(inside, "cannot be read: " + e, e);
        }
        return Optional.of(inside);
    }

    private static FileFormatException error(Adapter adapter, String problem) {
        return new FileFormatException(adapter.config().file(), "'base_model_name_or_path': " + problem);
    }
}
