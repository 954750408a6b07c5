package dev.argot.examples.cli;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Texts on the command line, or in a file, one a line. An argument group of which one option is given. */
final class TextLines {
    @Option(names = "--text", paramLabel = "TEXT", description = "A text itself; may be repeated.")
    private String @Nullable [] texts;

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "A UTF-8 file with one text a line; - is standard input.")
    private @Nullable String file;

    /** The texts; of a file without lines that are blank. */
    List<String> read() throws IOException {
        if (texts != null) {
            return List.of(texts);
        }
        return Texts.read(file == null ? "-" : file)
                .lines()
                .filter(line -> !line.isBlank())
                .toList();
    }
}
