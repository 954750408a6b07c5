package dev.argot.conformance;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Finds the modules under test, as the build made them, and what an application has beside them. */
final class Reactor {
    /** The repository. */
    static final Path ROOT = Path.of(property("argot.root"));

    private Reactor() {}

    /** Descriptors of all modules of the repository, examples included, by name. */
    static SortedMap<String, ModuleDescriptor> descriptors() {
        return ours().stream()
                .map(ModuleReference::descriptor)
                .collect(Collectors.toMap(ModuleDescriptor::name, d -> d, (a, b) -> a, TreeMap::new));
    }

    /** Where each module of the repository lies: a jar, or a folder of classes. */
    static List<ModuleReference> ours() {
        return Arrays.stream(property("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(Reactor::isModular)
                .flatMap(path -> ModuleFinder.of(path).findAll().stream())
                .filter(module -> module.descriptor().name().startsWith("dev.argot."))
                .toList();
    }

    /** What an application that depends on the starter and the domains runs with, apart from {@link #natives()}. */
    static List<Path> applicationModules() {
        return applicationPath().stream().filter(path -> !isNative(path)).toList();
    }

    /** The jars that hold PyTorch's native libraries: no module can be made of them, they go on the class path. */
    static List<Path> natives() {
        return applicationPath().stream().filter(Reactor::isNative).toList();
    }

    /** The libraries of others that modules of the repository are compiled against, from the class path of this test. */
    static List<Path> libraries() {
        return Arrays.stream(property("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> path.toString().endsWith(".jar"))
                .filter(path -> !isModular(path) && !isNative(path))
                .toList();
    }

    /** Folders of main sources of all modules, by module name. */
    static SortedMap<String, Path> sources() {
        try (var found = Files.walk(ROOT, 6)) {
            var sources = new TreeMap<String, Path>();
            for (Path file : found.filter(path -> path.endsWith("src/main/java/module-info.java"))
                    .toList()) {
                String name = Files.readString(file)
                        .lines()
                        .filter(line -> line.matches("(open )?module .*\\{.*"))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException(file + ": no module declaration found"))
                        .replaceAll("(open )?module (\\S+).*", "$2");
                sources.put(name, Objects.requireNonNull(file.getParent()));
            }
            return sources;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> applicationPath() {
        return Arrays.stream(property("argot.application.path").split(File.pathSeparator))
                .map(Path::of)
                .toList();
    }

    private static boolean isModular(Path path) {
        return Files.isDirectory(path)
                ? Files.exists(path.resolve("module-info.class"))
                : path.getFileName().toString().startsWith("argot-");
    }

    private static boolean isNative(Path path) {
        return path.getFileName().toString().matches("pytorch-(native|jni)-.*");
    }

    private static String property(String name) {
        return Objects.requireNonNull(System.getProperty(name), name);
    }
}
