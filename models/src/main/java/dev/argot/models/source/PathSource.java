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
 * Models on disk: a folder, a file, or an archive (zip, wheel, tar, tar.gz) that holds one model, a folder or a GGUF file, which is
 * unpacked into the cache. A tilde at the start is the shell's business and not expanded.
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
        if (Archive.isNamedSo(lower)) {
            return Optional.of(unpacked(path, request));
        }
        if (lower.matches(".*\\.(tar\\.\\w+|7z|rar|gz|xz|bz2|zst)")) {
            throw new FileFormatException(
                    path,
                    "archives of this kind are not read (zip, whl, tar, tar.gz are). Unpack it and name the folder or the .gguf file in it.");
        }
        return Optional.of(path);
    }

    /** A name that can only be meant as a path, so that nothing is looked up on a network. */
    private static boolean meansPath(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        boolean file = List.of(GGUF, ".zip", ".whl", ".tar", ".tgz", ".tar.gz", ".safetensors", ".bin").stream()
                .anyMatch(lower::endsWith);
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
        try (Archive archive = Archive.open(path)) {
            Path folder = request.cache().resolve("archives").resolve(Hashes.sha256(path));
            Optional<String> model = archive.model();
            if (model.isPresent()) {
                return CacheFolder.filled(folder, target -> {
                    request.notices().accept("Unpacking " + path);
                    archive.unpack(member -> Optional.of(member.name())
                            .filter(name -> name.startsWith(model.get()))
                            .map(name ->
                                    target.resolve(name.substring(model.get().length()))));
                });
            }
            Archive.Member file = onlyGguf(archive);
            CacheFolder.filled(folder, target -> {
                request.notices().accept("Unpacking " + file.fileName() + " from " + path);
                archive.unpack(
                        member -> Optional.of(target.resolve(file.fileName())).filter(t -> member.equals(file)));
            });
            return folder.resolve(file.fileName());
        } catch (IOException e) {
            throw new FileFormatException(path, "cannot be read: " + e, e);
        }
    }

    /** The one GGUF file of an archive. */
    static Archive.Member onlyGguf(Archive archive) {
        List<? extends Archive.Member> files = archive.members().stream()
                .filter(member -> member.name().endsWith(GGUF))
                .toList();
        if (files.size() != 1) {
            throw new FileFormatException(
                    archive.file(),
                    "expected one .gguf file or one folder with config.json and .safetensors in the archive, found "
                            + archive.members().stream()
                                    .map(Archive.Member::name)
                                    .limit(20)
                                    .toList()
                            + ". Unpack it and name the file or folder.");
        }
        return files.getFirst();
    }
}
