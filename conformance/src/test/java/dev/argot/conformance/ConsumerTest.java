package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Uses the library as a stranger does: compiles the program in {@code src/test/resources/stranger} against it and starts a JVM with the
 * launch flags of the README, once on the module path with a descriptor that names {@code dev.argot.api} alone, once on the class path. The
 * one in {@code src/test/resources/sailor} uses a domain that Argot does not bring along, {@code examples/custom-domain}: its jar is put
 * beside the others, and that is all.
 */
class ConsumerTest {
    private static final Path STRANGER = Reactor.ROOT.resolve("conformance/src/test/resources/stranger");
    private static final Path SAILOR = Reactor.ROOT.resolve("conformance/src/test/resources/sailor");
    private static final List<String> SAILING = List.of(
            "domains: [finance, legal, medical, sailing]",
            "jib: A triangular sail before the mast that does not reach behind it.",
            "samples: 3",
            "task: ordinary-words",
            "task: log-entries",
            "task: kinds-of-terms");

    @TempDir
    private Path folder;

    @Test
    void stranger_onModulePath_completesAPrompt() throws Exception {
        Path classes = folder.resolve("module");
        compile(
                "-d",
                classes.toString(),
                "--module-path",
                path(Reactor.applicationModules()),
                STRANGER.resolve("module-info.java").toString(),
                STRANGER.resolve("stranger/Main.java").toString());

        List<String> output = java(
                "--module-path",
                path(Stream.concat(Stream.of(classes), Reactor.applicationModules().stream())
                        .toList()),
                "--class-path",
                path(Reactor.natives()),
                "--enable-native-access=ai.djl.pytorch_engine,com.sun.jna,ALL-UNNAMED",
                "--module",
                "stranger/stranger.Main");

        assertThat(output)
                .contains("program: module stranger", "api: module dev.argot.api")
                .contains("engine pytorch of dev.argot.engine.gpu: available")
                .contains("engine reference of dev.argot.engine.reference: available")
                .anyMatch(line -> line.startsWith("completion: ") && line.length() > 30)
                .noneMatch(line -> line.startsWith("WARNING: "));
    }

    @Test
    void stranger_onClassPath_completesAPrompt() throws Exception {
        Path classes = folder.resolve("classes");
        String application = path(Stream.of(List.of(classes), Reactor.applicationModules(), Reactor.natives())
                .flatMap(List::stream)
                .toList());
        compile(
                "-d",
                classes.toString(),
                "--class-path",
                application,
                STRANGER.resolve("stranger/Main.java").toString());

        List<String> output = java("--class-path", application, "--enable-native-access=ALL-UNNAMED", "stranger.Main");

        assertThat(output)
                .contains("program: unnamed module", "api: unnamed module")
                .anyMatch(line -> line.matches("engine pytorch of .*: available"))
                .anyMatch(line -> line.matches("engine reference of .*: available"))
                .anyMatch(line -> line.startsWith("completion: ") && line.length() > 30)
                .noneMatch(line -> line.startsWith("WARNING: "));
    }

    @Test
    void sailor_onModulePath_findsTheDomainOfAnotherJar() throws Exception {
        Path classes = folder.resolve("module");
        compile(
                "-d",
                classes.toString(),
                "--module-path",
                path(Reactor.applicationModules()),
                SAILOR.resolve("module-info.java").toString(),
                SAILOR.resolve("sailor/Main.java").toString());

        List<String> output = java("--module-path", path(withCustomDomain(classes)), "--module", "sailor/sailor.Main");

        assertThat(output).contains("program: module sailor").containsAll(SAILING);
    }

    @Test
    void sailor_onClassPath_findsTheDomainOfAnotherJar() throws Exception {
        Path classes = folder.resolve("classes");
        String application = path(withCustomDomain(classes));
        compile(
                "-d",
                classes.toString(),
                "--class-path",
                application,
                SAILOR.resolve("sailor/Main.java").toString());

        List<String> output = java("--class-path", application, "sailor.Main");

        assertThat(output).contains("program: unnamed module").containsAll(SAILING);
    }

    private static List<Path> withCustomDomain(Path classes) {
        Path domain = Reactor.ours().stream()
                .filter(module -> module.descriptor().name().equals("dev.argot.examples.customdomain"))
                .map(module -> Path.of(module.location().orElseThrow()))
                .findFirst()
                .orElseThrow();
        return Stream.concat(Stream.of(classes, domain), Reactor.applicationModules().stream())
                .toList();
    }

    private static void compile(String... arguments) {
        var output = new StringWriter();
        try (var writer = new PrintWriter(output)) {
            int status = ToolProvider.findFirst("javac").orElseThrow().run(writer, writer, arguments);
            assertThat(status).as(output.toString()).isZero();
        }
    }

    private List<String> java(String... arguments) throws IOException, InterruptedException {
        var command = new ArrayList<String>(
                List.of(ProcessHandle.current().info().command().orElseThrow()));
        command.addAll(List.of(arguments));
        Path output = folder.resolve("output.txt");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        boolean ended = process.waitFor(2, TimeUnit.MINUTES);
        if (!ended) {
            process.destroyForcibly();
        }
        String text = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(ended).as("ended within two minutes; printed:%n%s", text).isTrue();
        assertThat(process.exitValue()).as(text).isZero();
        return text.lines().toList();
    }

    private static String path(List<Path> entries) {
        return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
