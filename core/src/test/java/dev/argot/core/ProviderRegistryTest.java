package dev.argot.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.argot.api.Argot.ProviderInfo;
import dev.argot.api.ProviderException;
import dev.argot.spi.TextAnalysis;
import dev.argot.spi.TextAnalysisProvider;
import dev.argot.spi.TextRules;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProviderRegistryTest {
    private static final String SERVICES = "META-INF/services/" + TextAnalysisProvider.class.getName();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path folder;

    private ProviderRegistry<TextAnalysisProvider> load(String... classNames) throws IOException {
        Path list = folder.resolve(SERVICES);
        Files.createDirectories(list.getParent());
        Files.write(list, List.of(classNames));
        return ProviderRegistry.load(
                TextAnalysisProvider.class,
                "text analysis",
                TextAnalysisProvider::name,
                List.of(new ClassPath(folder)));
    }

    private static String name(Class<?> type) {
        return type.getName();
    }

    @Test
    void load_brokenOnesAmongGoodOnes_reportsThemByNameAndGoesOn() throws IOException {
        // WHEN
        var registry = load(
                "com.example.Missing",
                name(First.class),
                name(FailsToConstruct.class),
                name(FailsToInitialise.class),
                name(NotAProvider.class),
                name(HiddenConstructor.class),
                name(Unlinkable.class),
                name(FailsToNameItself.class),
                name(Second.class));
        // THEN
        assertThat(registry.byName().keySet()).containsExactly("first", "second");
        assertThat(registry.broken())
                .extracting(ProviderInfo::name)
                .containsExactlyInAnyOrder(
                        "com.example.Missing",
                        name(FailsToConstruct.class),
                        name(FailsToInitialise.class),
                        name(NotAProvider.class),
                        name(HiddenConstructor.class),
                        name(Unlinkable.class),
                        name(FailsToNameItself.class));
        assertThat(registry.broken())
                .allSatisfy(info -> {
                    assertThat(info.available()).isFalse();
                    assertThat(info.kind()).isEqualTo("text analysis");
                    assertThat(info.remark())
                            .contains("expected a public class with a public constructor without arguments")
                            .contains(TextAnalysisProvider.class.getName());
                })
                .anySatisfy(info -> assertThat(info.remark()).contains("no coffee"))
                .anySatisfy(info -> assertThat(info.remark()).contains("ProviderRegistryTest$Absent"));
    }

    @Test
    void load_nameTaken_reportsTheSecond() throws IOException {
        // WHEN
        var registry = load(name(First.class), name(AlsoFirst.class));
        // THEN
        assertThat(registry.get("first").getClass().getName()).isEqualTo(name(First.class));
        assertThat(registry.broken()).singleElement().satisfies(info -> {
            assertThat(info.name()).isEqualTo("first");
            assertThat(info.remark()).contains(name(First.class)).contains(name(AlsoFirst.class));
        });
    }

    @Test
    void load_sameClassFromTwoLoaders_countsOnce() throws IOException {
        // GIVEN
        load(name(First.class));
        // WHEN
        var registry = ProviderRegistry.load(
                TextAnalysisProvider.class,
                "text analysis",
                TextAnalysisProvider::name,
                List.of(new ClassPath(folder), new ClassPath(folder)));
        // THEN
        assertThat(registry.byName()).hasSize(1);
        assertThat(registry.broken()).isEmpty();
    }

    @Test
    void get_unknownName_saysWhatThereIsAndWhatToAdd() throws IOException {
        // GIVEN
        var registry = load(name(Second.class), name(First.class), "com.example.Missing");
        // THEN
        assertThatThrownBy(() -> registry.get("ftp"))
                .isInstanceOf(ProviderException.class)
                .hasMessageStartingWith("No text analysis named 'ftp'. Available: [first, second]. "
                        + "Add a module that provides dev.argot.spi.TextAnalysisProvider.")
                .hasMessageContaining("com.example.Missing");
    }

    /** A class path of one folder of lists; classes of this test are defined anew in it, so that they are in no module. */
    private static final class ClassPath extends ClassLoader {
        private final Path folder;

        ClassPath(Path folder) {
            super(ProviderRegistryTest.class.getClassLoader());
            this.folder = folder;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(ProviderRegistryTest.class.getName() + "$")) {
                return super.loadClass(name, resolve);
            }
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            if (name.endsWith("$Absent")) {
                throw new ClassNotFoundException(name);
            }
            try (InputStream in = ProviderRegistryTest.class.getResourceAsStream(
                    name.substring(name.lastIndexOf('.') + 1) + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }

        @Override
        public Enumeration<URL> getResources(String name) throws IOException {
            Path file = folder.resolve(name);
            return Files.exists(file)
                    ? Collections.enumeration(List.of(file.toUri().toURL()))
                    : Collections.emptyEnumeration();
        }
    }

    /** One that can't be opened. */
    public static class First implements TextAnalysisProvider {
        @Override
        public String name() {
            return "first";
        }

        @Override
        public TextAnalysis open(TextRules rules) {
            throw new UnsupportedOperationException();
        }
    }

    /** Another. */
    public static class Second extends First {
        @Override
        public String name() {
            return "second";
        }
    }

    /** Takes a name that is taken. */
    public static class AlsoFirst extends First {}

    /** Its constructor throws. */
    public static class FailsToConstruct extends First {
        /** Throws. */
        public FailsToConstruct() {
            throw new IllegalStateException("no coffee");
        }
    }

    /** Its initialiser throws. */
    public static class FailsToInitialise extends First {
        private static final int FAILURE = Integer.parseInt("none");

        @Override
        public String name() {
            return "number " + FAILURE;
        }
    }

    /** Its name throws. */
    public static class FailsToNameItself extends First {
        @Override
        public String name() {
            throw new UnsupportedOperationException("anonymous");
        }
    }

    /** Implements nothing. */
    public static class NotAProvider {}

    /** Can't be constructed from outside. */
    public static class HiddenConstructor extends First {
        private HiddenConstructor() {}
    }

    /** The class this one needs. */
    public static class Absent extends First {}

    /** Can't be linked, since a class it extends is absent. */
    public static class Unlinkable extends Absent {}
}
