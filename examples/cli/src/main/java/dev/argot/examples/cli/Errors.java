package dev.argot.examples.cli;

import dev.argot.api.ArgotException;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** Says what went wrong in one line. */
final class Errors {
    private Errors() {}

    /**
     * Reports a failed command on standard error.
     *
     * @return the exit code
     */
    static int report(Exception failure, CommandLine command, boolean verbose) {
        if (verbose) {
            failure.printStackTrace(command.getErr());
        } else {
            command.getErr().println("argot: " + oneLine(message(failure)));
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    private static String message(Throwable failure) {
        if (failure instanceof ArgotException) {
            return String.valueOf(failure.getMessage());
        }
        Throwable cause = failure instanceof UncheckedIOException unchecked ? unchecked.getCause() : failure;
        if (cause instanceof NoSuchFileException missing) {
            return "There is no file " + missing.getFile() + ".";
        }
        return cause + " (run again with --verbose for the stack trace)";
    }

    static String oneLine(String text) {
        String line = text.strip().replaceAll("\\s*\\R\\s*", "; ");
        return line.endsWith(".") && !line.endsWith("..") ? line.substring(0, line.length() - 1) : line;
    }
}
