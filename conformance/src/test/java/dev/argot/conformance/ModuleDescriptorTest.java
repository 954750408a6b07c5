package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares what each module requires, exports, uses and provides with the recorded list, so that a change of it is seen in review.
 *
 * <p>To record anew: {@code mvn -pl conformance -am test -Dtest=ModuleDescriptorTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dargot.descriptors=record}
 */
class ModuleDescriptorTest {
    private static final Path RECORDED = Reactor.ROOT.resolve("conformance/src/test/resources/module-descriptors");

    static List<ModuleReference> modules() {
        return Reactor.ours();
    }

    @Test
    void descriptors_areThoseRecorded() throws IOException {
        var actual = new TreeMap<String, String>();
        Reactor.descriptors().forEach((name, descriptor) -> actual.put(name + ".txt", describe(descriptor)));
        if ("record".equals(System.getProperty("argot.descriptors"))) {
            record(actual);
        }
        assertThat(recorded()).isEqualTo(actual);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void providers_areDeclaredForTheClassPathToo(ModuleReference module) throws IOException {
        var services = new TreeMap<String, Set<String>>();
        try (ModuleReader reader = module.open();
                Stream<String> files = reader.list()) {
            for (String file : files.filter(name -> name.matches("META-INF/services/[^/]+"))
                    .toList()) {
                try (var in = reader.open(file).orElseThrow()) {
                    services.put(
                            file.substring("META-INF/services/".length()),
                            new String(in.readAllBytes(), StandardCharsets.UTF_8)
                                    .lines()
                                    .map(line -> line.replaceAll("#.*", "").strip())
                                    .filter(line -> !line.isEmpty())
                                    .collect(Collectors.toSet()));
                }
            }
        }
        var provided = new TreeMap<String, Set<String>>();
        for (ModuleDescriptor.Provides provides : module.descriptor().provides()) {
            provided.put(provides.service(), Set.copyOf(provides.providers()));
        }
        assertThat(services).isEqualTo(provided);
    }

    @Test
    void providers_haveAPublicConstructorWithoutArguments() throws ReflectiveOperationException {
        for (ModuleReference module : modules()) {
            for (ModuleDescriptor.Provides provides : module.descriptor().provides()) {
                for (String provider : provides.providers()) {
                    Class<?> service = Class.forName(provides.service());
                    assertThat(Class.forName(provider).getConstructor().newInstance())
                            .isInstanceOf(service);
                }
            }
        }
    }

    private static void record(SortedMap<String, String> descriptors) throws IOException {
        Files.createDirectories(RECORDED);
        for (String name : recorded().keySet()) {
            Files.delete(RECORDED.resolve(name));
        }
        for (var descriptor : descriptors.entrySet()) {
            Files.writeString(RECORDED.resolve(descriptor.getKey()), descriptor.getValue());
        }
    }

    private static SortedMap<String, String> recorded() throws IOException {
        var recorded = new TreeMap<String, String>();
        try (Stream<Path> files = Files.list(RECORDED)) {
            for (Path file : files.toList()) {
                recorded.put(file.getFileName().toString(), Files.readString(file));
            }
        }
        return recorded;
    }

    /** One line for each directive, sorted. */
    private static String describe(ModuleDescriptor module) {
        Stream<String> requires = module.requires().stream()
                .filter(r -> !r.modifiers().contains(ModuleDescriptor.Requires.Modifier.MANDATED))
                .map(r -> "requires " + words(r.modifiers()) + r.name());
        Stream<String> exports = module.exports().stream().map(e -> "exports " + e.source() + to(e.targets()));
        Stream<String> opens = module.opens().stream().map(o -> "opens " + o.source() + to(o.targets()));
        Stream<String> uses = module.uses().stream().map(service -> "uses " + service);
        Stream<String> provides = module.provides().stream()
                .map(p -> "provides " + p.service() + " with "
                        + p.providers().stream().sorted().collect(Collectors.joining(", ")));
        return (module.isOpen() ? "open " : "") + "module " + module.name() + "\n"
                + Stream.of(requires, exports, opens, uses, provides)
                        .flatMap(Stream::sorted)
                        .map(line -> line + "\n")
                        .collect(Collectors.joining());
    }

    private static String words(Collection<? extends Enum<?>> modifiers) {
        return modifiers.stream()
                .map(modifier -> modifier.name().toLowerCase(Locale.ROOT) + " ")
                .sorted()
                .collect(Collectors.joining());
    }

    private static String to(Set<String> targets) {
        return targets.isEmpty() ? "" : " to " + targets.stream().sorted().collect(Collectors.joining(", "));
    }
}
