package dev.argot.examples.cli;

import dev.argot.api.ExportOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Merges an adapter into its base. */
@Command(
        name = "merge",
        description =
                "Write a bundle or PEFT adapter as a plain Hugging Face folder, the adapter merged into the weights.")
final class MergeCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "BUNDLE",
            description = "A bundle, a PEFT adapter, or any other model.")
    private String model = "";

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "The folder to make; must not exist or be empty.")
    private Path folder = Path.of("");

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Export.run(
                setup,
                model,
                folder,
                ExportOptions.DEFAULT,
                json,
                spec.commandLine().getOut(),
                spec.commandLine().getErr());
        return 0;
    }
}
