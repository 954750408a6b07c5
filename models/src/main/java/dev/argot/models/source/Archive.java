package dev.argot.models.source;

import dev.argot.api.FileFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** An archive from a source that is not trusted, whose directory was validated when it was opened: names stay inside, no links. */
sealed interface Archive extends AutoCloseable permits ZipArchive, TarArchive {
    /** A file in an archive. */
    interface Member {
        /** Relative path with slashes. */
        String name();

        /** Its bytes when unpacked. */
        long size();

        /** The name without folders. */
        default String fileName() {
            return name().substring(name().lastIndexOf('/') + 1);
        }
    }

    /** The archive's path. */
    Path file();

    /** The files, without folders, in the archive's order. */
    List<? extends Member> members();

    /**
     * Unpacks some files.
     *
     * @param targets where a file goes; empty: it is left out
     * @throws FileFormatException if the content is not what the directory says; some files are there then
     */
    void unpack(Function<Member, Optional<Path>> targets) throws IOException;

    @Override
    void close();

    /** Whether the name is that of an archive that is read. */
    static boolean isNamedSo(String name) {
        return name.toLowerCase(Locale.ROOT).matches(".*\\.(zip|whl|tar|tgz|tar\\.gz)");
    }

    /** Opens an archive by the end of its name. */
    static Archive open(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".zip") || name.endsWith(".whl") ? new ZipArchive(file) : new TarArchive(file);
    }

    /** Refuses a name that would leave the folder it is unpacked to. */
    static void checkName(Path archive, String name) {
        boolean fine = !name.isEmpty()
                && !name.startsWith("/")
                && !name.startsWith("~")
                && name.chars().noneMatch(c -> c == '\\' || c == ':' || c < ' ');
        String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        for (String part : path.split("/", -1)) {
            fine &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
        }
        if (!fine) {
            throw new FileFormatException(
                    archive,
                    "entry '" + name.replaceAll("\\p{Cntrl}", "?") + "' would leave the folder it is unpacked to");
        }
    }

    /** The file to be written for a member, if any; its folder is made. */
    static Optional<Path> target(Function<Member, Optional<Path>> targets, Member member) throws IOException {
        Optional<Path> target = targets.apply(member);
        if (target.isPresent()) {
            Files.createDirectories(
                    Objects.requireNonNull(target.get().toAbsolutePath().getParent()));
        }
        return target;
    }

    /** The beginning of the names of a model's files, such as {@code "model/"} or empty: the one folder with configuration and weights. */
    default Optional<String> model() {
        Set<String> names = members().stream().map(Member::name).collect(Collectors.toSet());
        List<String> roots = names.stream()
                .filter(name -> name.matches("([^/]+/)?(adapter_)?config\\.json"))
                .map(name -> name.substring(0, name.lastIndexOf('/') + 1))
                .distinct()
                .filter(root -> names.stream()
                        .anyMatch(name -> name.startsWith(root)
                                && name.indexOf('/', root.length()) < 0
                                && name.endsWith(".safetensors")))
                .toList();
        return roots.size() == 1 ? Optional.of(roots.getFirst()) : Optional.empty();
    }
}
