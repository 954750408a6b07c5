package dev.argot.examples.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks numbers on the command line. */
final class Numbers {
    private Numbers() {}

    /**
     * Checks a count, before a model is loaded for it.
     *
     * @throws ParameterException if it is below 1
     */
    static void atLeastOne(CommandSpec spec, String option, int value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " must be at least 1: " + value);
        }
    }
}
