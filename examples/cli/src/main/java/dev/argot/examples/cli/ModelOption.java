package dev.argot.examples.cli;

import picocli.CommandLine.Option;

/** The model that a command asks. */
final class ModelOption {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "default",
            description = "A path, a Hub id, stories260k or default. Default: ${DEFAULT-VALUE}.")
    private String name = "default";

    String name() {
        return name;
    }
}
