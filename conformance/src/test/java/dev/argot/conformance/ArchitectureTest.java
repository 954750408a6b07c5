package dev.argot.conformance;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMember;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.ThrowsDeclaration;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows of {@code docs/design.md}, and the habits every module shares. */
class ArchitectureTest {
    /** What each module may use beside the JDK, JSpecify's annotations and itself. */
    private static final Map<String, List<String>> ARROWS = Map.ofEntries(
            entry("dev.argot.api", List.of()),
            entry("dev.argot.spi", List.of("dev.argot.api..")),
            entry(
                    "dev.argot.core",
                    List.of(
                            "dev.argot.api..",
                            "dev.argot.spi..",
                            "com.fasterxml.jackson..",
                            "com.github.benmanes.caffeine..",
                            "com.sun.management..")), // of the JDK: the machine's memory
            entry("dev.argot.models", List.of("dev.argot.api..", "dev.argot.spi..", "com.fasterxml.jackson..")),
            entry("dev.argot.engine.gpu", List.of("dev.argot.api..", "dev.argot.spi..", "ai.djl..")),
            entry("dev.argot.engine.reference", List.of("dev.argot.api..", "dev.argot.spi..")),
            entry(
                    "dev.argot.tokenizers.huggingface",
                    List.of("dev.argot.api..", "dev.argot.spi..", "com.fasterxml.jackson..")),
            entry("dev.argot.tokenizers.lucene", List.of("dev.argot.api..", "dev.argot.spi..", "org.apache.lucene..")),
            entry("dev.argot.domains.legal", List.of("dev.argot.api..", "dev.argot.spi..")),
            entry("dev.argot.domains.medical", List.of("dev.argot.api..", "dev.argot.spi..")),
            entry("dev.argot.domains.finance", List.of("dev.argot.api..", "dev.argot.spi..")),
            entry(
                    "dev.argot.testkit",
                    List.of("dev.argot.api..", "dev.argot.spi..", "org.junit.jupiter..", "org.assertj..")),
            entry("dev.argot.examples.quickstart", List.of("dev.argot.api..")),
            entry("dev.argot.examples.cli", List.of("dev.argot.api..", "picocli..", "com.fasterxml.jackson.core..")),
            entry("dev.argot.examples.customdomain", List.of("dev.argot.api..", "dev.argot.spi..")),
            entry(
                    "dev.argot.examples.benchmarks",
                    List.of("dev.argot.api..", "dev.argot.spi..", "picocli..", "de.kherud.llama..")));

    private static final List<String> EVERYWHERE = List.of("java..", "org.jspecify..");

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.argot");

    /** Without the examples, which talk to people. */
    private static final JavaClasses LIBRARY =
            CLASSES.that(DescribedPredicate.not(resideInAnyPackage("dev.argot.examples..", "dev.argot.conformance..")));

    static Stream<String> modules() {
        return ARROWS.keySet().stream().sorted();
    }

    @Test
    void classes_seen_areThoseOfEveryModule() {
        assertThat(Reactor.descriptors().keySet()).isEqualTo(ARROWS.keySet());
        assertThat(LIBRARY).hasSizeGreaterThan(300);
    }

    @ParameterizedTest
    @MethodSource("modules")
    void module_dependencies_followTheArrows(String module) {
        var allowed = Stream.of(List.of(module + ".."), EVERYWHERE, ARROWS.getOrDefault(module, List.of()))
                .flatMap(List::stream)
                .toArray(String[]::new);
        classes()
                .that()
                .resideInAPackage(module + "..")
                .should()
                .onlyDependOnClassesThat(resideInAnyPackage(allowed).or(JavaClass.Predicates.type(void.class)))
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void packages_areInTheModuleTheyAreNamedAfter() {
        for (ModuleDescriptor module : Reactor.descriptors().values()) {
            assertThat(module.packages())
                    .as("packages of %s", module.name())
                    .allMatch(name -> name.equals(module.name()) || name.startsWith(module.name() + "."));
        }
    }

    @Test
    void packages_haveNoCycles() {
        // the packages of api are chapters: Argot, the way into all of them, stands in the first
        slices().matching("dev.argot.(**)")
                .should()
                .beFreeOfCycles()
                .ignoreDependency(resideInAPackage("dev.argot.api.."), resideInAPackage("dev.argot.api.."))
                .check(CLASSES);
    }

    @Test
    void exportedSignatures_showNoThirdPartyType() {
        Set<String> exported = Reactor.descriptors().values().stream()
                .flatMap(module -> module.exports().stream())
                .filter(export -> !export.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toSet());
        classes()
                .that(DescribedPredicate.describe(
                        "are exported", type -> exported.contains(type.getPackageName()) && isVisible(type)))
                .should(showOnlyTypesOf(
                        resideInAnyPackage("dev.argot..", "java..", "org.jspecify..")
                                .or(DescribedPredicate.describe("is primitive", JavaClass::isPrimitive)),
                        resideInAnyPackage("org.junit.jupiter..", "org.assertj..")))
                .check(LIBRARY);
    }

    @Test
    void modules_areNullMarked() {
        ModuleFinder finder = ModuleFinder.of(Stream.concat(
                        Reactor.applicationModules().stream(),
                        Reactor.ours().stream()
                                .filter(module -> !module.descriptor().name().equals("dev.argot.testkit"))
                                .filter(module -> !module.descriptor().name().startsWith("dev.argot.examples"))
                                .map(module -> Path.of(module.location().orElseThrow())))
                .distinct()
                .toArray(Path[]::new));
        List<String> names = Reactor.descriptors().keySet().stream()
                .filter(name -> !name.equals("dev.argot.testkit"))
                .filter(name -> !name.startsWith("dev.argot.examples"))
                .toList();
        Configuration configuration = ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), names);
        ModuleLayer layer = ModuleLayer.boot()
                .defineModulesWithOneLoader(configuration, getClass().getClassLoader());
        for (String name : names) {
            assertThat(layer.findModule(name).orElseThrow().isAnnotationPresent(NullMarked.class))
                    .as("%s is @NullMarked", name)
                    .isTrue();
        }
    }

    @Test
    void library_neverTouchesStandardStreams() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(LIBRARY);
    }

    @Test
    void library_neverThrowsGenericExceptions() {
        NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS.check(LIBRARY);
    }

    @Test
    void library_logsWithSystemLogger() {
        NO_CLASSES_SHOULD_USE_JAVA_UTIL_LOGGING.check(LIBRARY);
    }

    @Test
    void library_keepsNoGlobalState() {
        fields().that().areStatic().should().beFinal().check(LIBRARY);
    }

    private static boolean isVisible(JavaClass type) {
        return isVisible(type.getModifiers())
                && type.getEnclosingClass().map(ArchitectureTest::isVisible).orElse(true);
    }

    private static boolean isVisible(Set<JavaModifier> modifiers) {
        return modifiers.contains(JavaModifier.PUBLIC) || modifiers.contains(JavaModifier.PROTECTED);
    }

    /** A condition on all types a caller can see: super types, members, type arguments, exceptions. */
    private static ArchCondition<JavaClass> showOnlyTypesOf(
            DescribedPredicate<JavaClass> allowed, DescribedPredicate<JavaClass> allowedInTestkit) {
        return new ArchCondition<>("show only types of Argot and the JDK") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                DescribedPredicate<JavaClass> fits =
                        type.getPackageName().startsWith("dev.argot.testkit") ? allowed.or(allowedInTestkit) : allowed;
                var seen = new ArrayList<JavaClass>();
                type.getSuperclass().ifPresent(parent -> seen.addAll(parent.getAllInvolvedRawTypes()));
                type.getInterfaces().forEach(parent -> seen.addAll(parent.getAllInvolvedRawTypes()));
                report(type, type.getFullName(), seen, fits, events);
                for (JavaMember member : type.getMembers()) {
                    if (isVisible(member.getModifiers())) {
                        report(type, member.getFullName(), typesIn(member), fits, events);
                    }
                }
            }
        };
    }

    private static Collection<JavaClass> typesIn(JavaMember member) {
        var types = new ArrayList<JavaClass>(member.getAllInvolvedRawTypes());
        if (member instanceof JavaCodeUnit code) {
            code.getThrowsClause().stream().map(ThrowsDeclaration::getRawType).forEach(types::add);
        }
        if (member instanceof JavaField field) {
            types.add(field.getRawType());
        }
        return types;
    }

    private static void report(
            JavaClass owner,
            String where,
            Collection<JavaClass> types,
            DescribedPredicate<JavaClass> fits,
            ConditionEvents events) {
        for (JavaClass type : types) {
            if (!fits.test(type.getBaseComponentType())) {
                events.add(SimpleConditionEvent.violated(owner, where + " shows " + type.getFullName()));
            }
        }
    }
}
