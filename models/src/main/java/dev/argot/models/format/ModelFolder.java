package dev.argot.models.format;

import dev.argot.api.FileFormatException;
import dev.argot.spi.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A folder whose files are read by name, and never one outside it: names are plain file names, and a symbolic link must lead to a file in
 * the folder. The exception are links into the {@code blobs} folder beside {@code snapshots}, the layout of Hugging Face's own cache.
 */
final class ModelFolder {
    /** Largest JSON file read; those of published models are far below. */
    private static final long MAX_JSON_BYTES = 256L << 20;

    private final Path folder;
    /** The model's folder: this one, or one above it. */
    private final Path model;

    ModelFolder(Path folder) {
        this(folder, folder);
    }

    private ModelFolder(Path folder, Path model) {
        this.folder = folder;
        this.model = model;
    }

    Path path() {
        return folder;
    }

    /** The file's path if it is there, whatever it is. */
    boolean has(String name) {
        return Files.exists(folder.resolve(name), LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * A file of the folder.
     *
     * @param name a plain file name; may come from an untrusted file
     * @param namedBy the file that names it, for messages
     */
    Path file(String name, Path namedBy) {
        Path file = entry(name, namedBy);
        Path real = inside(file);
        if (!Files.isRegularFile(real)) {
            throw new FileFormatException(file, "expected a file, found a folder or something else");
        }
        return file;
    }

    /**
     * A folder in the folder.
     *
     * @param name a plain name; may come from an untrusted file
     * @param namedBy the file that names it, for messages
     */
    ModelFolder subfolder(String name, Path namedBy) {
        Path entry = entry(name, namedBy);
        if (!Files.isDirectory(inside(entry))) {
            throw new FileFormatException(entry, "expected a folder, found a file or something else");
        }
        return new ModelFolder(entry, model);
    }

    private Path entry(String name, Path namedBy) {
        if (name.isEmpty()
                || name.equals(".")
                || name.equals("..")
                || name.startsWith("~")
                || name.chars().anyMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ')) {
            throw new FileFormatException(
                    namedBy, "expected the name of a file in the same folder, found '" + printable(name) + "'");
        }
        Path file;
        try {
            file = folder.resolve(name);
        } catch (InvalidPathException e) {
            throw new FileFormatException(namedBy, "not a file name: '" + printable(name) + "'", e);
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileFormatException(namedBy, "names '" + name + "', but there is no such file in the folder");
        }
        return file;
    }

    private Path inside(Path file) {
        try {
            Path real = file.toRealPath();
            Path root = model.toRealPath();
            boolean inside = real.startsWith(root);
            Path parent = root.getParent();
            if (!inside
                    && parent != null
                    && parent.getFileName() != null
                    && parent.getFileName().toString().equals("snapshots")) {
                inside = real.startsWith(parent.resolveSibling("blobs"));
            }
            if (!inside) {
                throw new FileFormatException(
                        file, "a symbolic link that leads out of the folder is not followed. Copy the file instead.");
            }
            return real;
        } catch (IOException e) {
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
    }

    /** A JSON file of the folder. */
    Config config(String name) {
        Path file = file(name, folder);
        return new Config(file, Json.object(file, bytes(file, MAX_JSON_BYTES)));
    }

    /** A JSON file that may be missing. */
    Optional<Config> optionalConfig(String name) {
        return has(name) ? Optional.of(config(name)) : Optional.empty();
    }

    /** A JSON file of the folder that holds a list. */
    List<@Nullable Object> list(String name) {
        Path file = file(name, folder);
        return Json.list(file, bytes(file, MAX_JSON_BYTES));
    }

    private static byte[] bytes(Path file, long limit) {
        try {
            long size = Files.size(file);
            if (size > limit) {
                throw new FileFormatException(file, "expected at most " + limit + " bytes, found " + size);
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
    }

    /** The {@code license} of the front matter of {@code README.md}, the model card of the Hub; else empty. */
    String licence() {
        if (!has("README.md")) {
            return "";
        }
        Path file = file("README.md", folder);
        List<String> lines;
        try (var stream = Files.newInputStream(file)) {
            // The front matter stands at the very beginning.
            lines = new String(stream.readNBytes(64 << 10), java.nio.charset.StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new FileFormatException(file, "cannot be read: " + e, e);
        }
        if (lines.isEmpty() || !lines.getFirst().strip().equals("---")) {
            return "";
        }
        for (String line : lines.subList(1, lines.size())) {
            if (line.strip().equals("---")) {
                return "";
            }
            if (line.startsWith("license:")) {
                return line.substring("license:".length()).strip().replaceAll("^['\"]|['\"]$", "");
            }
        }
        return "";
    }

    /** The start of a name from an untrusted file, without control characters. */
    static String printable(String name) {
        return name.codePoints()
                .limit(200)
                .mapToObj(c -> Character.isISOControl(c) ? String.format("\\u%04x", c) : Character.toString(c))
                .collect(java.util.stream.Collectors.joining());
    }
}
