package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.Verification;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares a bundle with its hashes. */
@Command(
        name = "verify",
        description =
                "Compare every file of a bundle with the hash it was written with. Exit code 1: something is wrong.")
final class VerifyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "BUNDLE", description = "The bundle's folder.")
    private Path bundle = Path.of("");

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Verification verification;
        try (Argot argot = Argot.open()) {
            verification = argot.verify(bundle);
        }
        if (json) {
            Json.print(out, j -> {
                j.writeStringField("bundle", bundle.toString());
                j.writeBooleanField("intact", verification.intact());
                j.writeNumberField("files", verification.files());
                j.writeArrayFieldStart("problems");
                for (Verification.Problem problem : verification.problems()) {
                    j.writeStartObject();
                    j.writeStringField("kind", problem.kind().name().toLowerCase(Locale.ROOT));
                    j.writeStringField("file", problem.file());
                    j.writeStringField("detail", problem.detail());
                    j.writeEndObject();
                }
                j.writeEndArray();
            });
        } else if (verification.intact()) {
            out.println(bundle + ": " + verification.files() + " files, all as they were written");
        }
        verification
                .problems()
                .forEach(problem -> spec.commandLine().getErr().println("argot: " + bundle + "/" + problem));
        return verification.intact() ? 0 : 1;
    }
}
