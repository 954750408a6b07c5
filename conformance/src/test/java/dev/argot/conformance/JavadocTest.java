package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Javadoc of everything that is exported: no error, no dead link, every type and member described, every parameter too. (A method whose
 * first sentence says what it returns needs no {@code @return}.) The pages lie in {@code conformance/target/apidocs}.
 */
class JavadocTest {
    @Test
    void javadoc_ofAllModules_isComplete() {
        var sources = Reactor.sources();
        sources.keySet().removeIf(name -> name.startsWith("dev.argot.examples"));
        var arguments = new ArrayList<String>(List.of(
                "-d",
                Reactor.ROOT.resolve("conformance/target/apidocs").toString(),
                "-encoding",
                "UTF-8",
                "-quiet",
                "-notimestamp",
                "-Xdoclint:all",
                "-Xmaxwarns",
                "10000",
                "--snippet-path",
                Stream.concat(
                                Stream.of(Reactor.ROOT.resolve("conformance/src/test/java")),
                                sources.values().stream().map(main -> main.resolve("../../test/java")))
                        .map(Path::toString)
                        .collect(Collectors.joining(File.pathSeparator)),
                "--module-path",
                Reactor.libraries().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)),
                "--module",
                String.join(",", sources.keySet())));
        sources.forEach((name, folder) -> {
            arguments.add("--module-source-path");
            arguments.add(name + "=" + folder);
        });

        var output = new StringWriter();
        int status;
        try (var writer = new PrintWriter(output)) {
            status = ToolProvider.findFirst("javadoc")
                    .orElseThrow()
                    .run(writer, writer, arguments.toArray(String[]::new));
        }

        assertThat(output.toString()
                        .lines()
                        .filter(line -> line.matches(".*: (warning|error): .*|(warning|error): .*"))
                        .filter(line -> !line.endsWith("warning: no @return")))
                .isEmpty();
        assertThat(status).as(output.toString()).isZero();
    }
}
