package dev.argot.examples.cli;

import dev.argot.api.ArgotException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Reads texts, and looks where results go. */
final class Texts {
    private Texts() {}

    /**
     * Reads a file of UTF-8 text; a byte order mark at its start is none of it.
     *
     * @param file its path, or {@code -} for standard input
     */
    static String read(String file) throws IOException {
        if (!file.equals("-") && Files.isDirectory(Path.of(file))) {
            throw new ArgotException(file + ": expected a file, found a folder.");
        }
        byte[] bytes = file.equals("-") ? System.in.readAllBytes() : Files.readAllBytes(Path.of(file));
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.startsWith("\ufeff") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new ArgotException(
                    (file.equals("-") ? "standard input" : file) + ": expected UTF-8 text, found other bytes.", e);
        }
    }

    /**
     * Checks where a result is to be written, before hours are spent on it.
     *
     * @param folder the folder, made when the result is there; null: none
     * @throws ParameterException if a file is in its place
     */
    static void checkFolder(CommandSpec spec, String option, @Nullable Path folder) {
        if (folder != null && Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new ParameterException(spec.commandLine(), option + ": expected a folder, found the file " + folder);
        }
    }
}
