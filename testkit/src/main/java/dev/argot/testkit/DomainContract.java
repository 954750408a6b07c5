package dev.argot.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.argot.api.Abbreviation;
import dev.argot.api.DataSource;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.Term;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.AnswerFormat;
import dev.argot.api.prompt.Example;
import dev.argot.spi.DomainProvider;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What every {@link DomainProvider} promises.
 *
 * <p>That terms and abbreviations are unique and not empty, and that each names a source with a licence, {@link Domain} sees to itself:
 * opening the domain is the test.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class DomainContract {
    /** Characters from which a text tells where it comes from. */
    private static final int PASSAGE = 40;

    /** For subclasses. */
    protected DomainContract() {}

    /** The provider to be tested. */
    protected abstract DomainProvider provider();

    @Test
    void name_isLowerCaseAndTheDomainsName() {
        assertThat(provider().name()).matches("[a-z][a-z0-9-]*");
        assertThat(provider().open().name()).isEqualTo(provider().name());
    }

    @Test
    void open_twice_givesTheSameData() {
        Domain first = provider().open();
        Domain second = provider().open();
        assertThat(second.sources()).isEqualTo(first.sources());
        assertThat(second.vocabulary()).isEqualTo(first.vocabulary());
        assertThat(second.abbreviations()).isEqualTo(first.abbreviations());
        assertThat(second.samples()).isEqualTo(first.samples());
        assertThat(second.tasks()).isEqualTo(first.tasks());
    }

    @Test
    void vocabulary_isThere_andIsFoundInAnyCase() {
        Domain domain = provider().open();
        assertThat(domain.vocabulary()).isNotEmpty();
        assertThat(domain.vocabulary()).allSatisfy(term -> {
            assertThat(domain.term(term.text().toUpperCase(Locale.ROOT))).contains(term);
            assertThat(term.text()).matches(".*[\\p{L}\\p{N}].*").doesNotContain("\n", "\t");
        });
    }

    @Test
    void vocabulary_hasDefinitions_thatSayMoreThanTheTerm() {
        assertThat(provider().open().vocabulary().stream()
                        .filter(term -> term.definition().isPresent()))
                .isNotEmpty()
                .allSatisfy(term -> assertThat(term.definition().orElseThrow())
                        .isNotEqualToIgnoringCase(term.text())
                        .matches("(?s).*\\p{L}.*"));
    }

    @Test
    void abbreviations_expandToSomethingElse() {
        Domain domain = provider().open();
        assertThat(domain.abbreviations()).isNotEmpty().allSatisfy(abbreviation -> {
            assertThat(domain.abbreviation(abbreviation.text())).contains(abbreviation);
            assertThat(abbreviation.expansions())
                    .doesNotHaveDuplicates()
                    .noneMatch(abbreviation.text()::equalsIgnoreCase);
        });
    }

    @Test
    void sources_stateALicence_andAreUsed() {
        Domain domain = provider().open();
        Set<String> used = domain.vocabulary().stream().map(Term::source).collect(Collectors.toSet());
        domain.abbreviations().stream().map(Abbreviation::source).forEach(used::add);
        domain.samples().stream().map(Document::source).forEach(used::add);
        domain.tasks().stream().map(Task::source).forEach(used::add);
        assertThat(domain.sources().stream().map(DataSource::id)).containsExactlyInAnyOrderElementsOf(used);
        assertThat(domain.sources()).allSatisfy(source -> assertThat(source.licence())
                .matches("[A-Za-z0-9][A-Za-z0-9.+-]*( (AND|OR|WITH) [A-Za-z0-9.+-]+)*"));
    }

    @Test
    void samples_areReadable() {
        assertThat(provider().open().samples()).allSatisfy(sample -> assertThat(sample.text())
                .doesNotContain("\ufffd", "\f")
                .isEqualTo(sample.text().strip()));
    }

    @Test
    void tasks_canBeAsked() {
        Domain domain = provider().open();
        assertThat(domain.tasks()).isNotEmpty().allSatisfy(task -> {
            assertThat(domain.task(task.name())).contains(task);
            assertThat(task.items()).as(task.name()).isNotEmpty();
            assertThat(examples(task)).allSatisfy(example -> {
                assertThat(example.inputs()).containsOnlyKeys(task.template().slots());
                assertThat(example.inputs().values())
                        .allMatch(value -> value.equals(value.strip()) && !value.isEmpty());
                assertThat(example.answer()).isEqualTo(example.answer().strip()).doesNotContain("\t");
                if (task.answer() instanceof AnswerFormat.Passage) {
                    assertThat(example.answer())
                            .as("a passage ends where the next item would begin")
                            .doesNotContain(task.template().separator());
                } else {
                    assertThat(example.answer()).doesNotContain("\n");
                }
                switch (task.answer()) {
                    case AnswerFormat.Choice ignored ->
                        assertThat(task.options(example))
                                .hasSizeGreaterThan(1)
                                .doesNotHaveDuplicates()
                                .contains(example.answer());
                    case AnswerFormat.Several ignored ->
                        assertThat(task.options(example)).hasSizeGreaterThan(1);
                    case AnswerFormat.Text ignored ->
                        assertThat(task.options(example)).isEmpty();
                    case AnswerFormat.Passage ignored ->
                        assertThat(task.options(example)).isEmpty();
                    case AnswerFormat.Json ignored ->
                        assertThat(task.options(example)).isEmpty();
                }
                assertThat(task.template().render(task.exemplars(), example.inputs()))
                        .endsWith(task.template()
                                .render(List.of(), example.inputs())
                                .substring(task.template().instruction().length()))
                        .doesNotEndWith(" ");
            });
        });
    }

    @Test
    void tasks_showAndTeachNothingThatIsMeasured() {
        assertThat(provider().open().tasks()).allSatisfy(task -> {
            assertThat(examples(task).map(Example::id)).as(task.name()).doesNotHaveDuplicates();
            Set<Map<String, String>> known = Stream.of(task.exemplars(), task.training())
                    .flatMap(List::stream)
                    .map(Example::inputs)
                    .collect(Collectors.toSet());
            assertThat(task.items()).as(task.name()).noneMatch(item -> known.contains(item.inputs()));
            assertThat(task.items().stream().map(Example::inputs))
                    .as(task.name())
                    .doesNotHaveDuplicates();
        });
    }

    @Test
    void tasks_teachNothingThatAnotherMeasures() {
        Domain domain = provider().open();
        Set<String> taught = domain.tasks().stream()
                .flatMap(task -> task.training().stream())
                .flatMap(example -> example.inputs().values().stream())
                .filter(value -> value.length() >= PASSAGE)
                .collect(Collectors.toSet());
        assertThat(domain.tasks()).allSatisfy(task -> assertThat(task.items())
                .as(task.name())
                .noneMatch(item -> item.inputs().values().stream().anyMatch(taught::contains)));
    }

    @Test
    void tasks_measureEveryLabel() {
        assertThat(provider().open().tasks()).allSatisfy(task -> {
            if (task.answer() instanceof AnswerFormat.Choice(List<String> labels)) {
                assertThat(task.items().stream().map(Example::answer).collect(Collectors.toSet()))
                        .as(task.name())
                        .containsAll(labels);
            }
        });
    }

    @Test
    void provider_isFoundByServiceLoader() {
        assertThat(ServiceLoader.load(DomainProvider.class).stream().map(ServiceLoader.Provider::type))
                .extracting(Class::getName)
                .contains(provider().getClass().getName());
    }

    @Test
    void provider_onTheClassPath_readsTheSameData() throws IOException {
        String name = provider().getClass().getName();
        try (IsolatedLoader loader = new IsolatedLoader(location(), provider().getClass())) {
            DomainProvider isolated = ServiceLoader.load(DomainProvider.class, loader).stream()
                    .map(ServiceLoader.Provider::get)
                    .filter(found -> found.getClass().getName().equals(name)
                            && found.getClass().getClassLoader() == loader)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(
                            name + " is not named in META-INF/services/" + DomainProvider.class.getName()));
            assertThat(isolated.getClass().getModule().isNamed()).isFalse();
            assertThat(isolated.open().vocabulary()).isEqualTo(provider().open().vocabulary());
            assertThat(isolated.open().samples()).isEqualTo(provider().open().samples());
            assertThat(isolated.open().tasks()).isEqualTo(provider().open().tasks());
        }
    }

    @Test
    void provider_onTheModulePath_isDeclared() throws URISyntaxException {
        URI location = location().toURI();
        Set<ModuleReference> modules = ModuleFinder.of(Path.of(location)).findAll();
        assertThat(modules).as("module in %s", location).hasSize(1);
        assertThat(modules.iterator().next().descriptor().provides())
                .filteredOn(provides -> provides.service().equals(DomainProvider.class.getName()))
                .flatExtracting(java.lang.module.ModuleDescriptor.Provides::providers)
                .contains(provider().getClass().getName());
    }

    private static Stream<Example> examples(Task task) {
        return Stream.of(task.exemplars(), task.training(), task.items()).flatMap(List::stream);
    }

    private URL location() {
        return Objects.requireNonNull(
                provider().getClass().getProtectionDomain().getCodeSource().getLocation());
    }

    /** Loads the provider's package from its jar or folder into an unnamed module, as the class path does. */
    private static final class IsolatedLoader extends URLClassLoader {
        private final String prefix;

        IsolatedLoader(URL location, Class<?> provider) {
            super(new URL[] {location}, provider.getClassLoader());
            prefix = provider.getPackageName() + ".";
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (!name.startsWith(prefix)) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? findClass(name) : loaded;
            }
        }

        @Override
        public URL getResource(String name) {
            return Optional.ofNullable(findResource(name)).orElseGet(() -> super.getResource(name));
        }
    }
}
