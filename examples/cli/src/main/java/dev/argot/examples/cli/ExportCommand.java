package dev.argot.examples.cli;

import dev.argot.api.ExportOptions;
import dev.argot.api.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Writes a model as a Hugging Face folder. */
@Command(name = "export", description = "Write any model, such as a GGUF file, as a plain Hugging Face folder.")
final class ExportCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "MODEL",
            description = "A path, a Hub id, stories260k or default.")
    private String model = "";

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "The folder to make; must not exist or be empty.")
    private Path folder = Path.of("");

    @Option(
            names = "--dtype",
            paramLabel = "DTYPE",
            description =
                    "Number format of the weights: float32, bfloat16 or float16. Default: the one they are stored in.")
    private @Nullable Precision dtype;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        ExportOptions options;
        try {
            options = dtype == null ? ExportOptions.DEFAULT : ExportOptions.DEFAULT.withPrecision(dtype);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
        Export.run(
                setup,
                model,
                folder,
                options,
                json,
                spec.commandLine().getOut(),
                spec.commandLine().getErr());
        return 0;
    }
}
