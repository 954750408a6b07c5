package dev.argot.core.evaluation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Plain instructions with a rule that a machine can check, from {@code instructions.tsv}. They measure whether a model still does as it
 * is told, not what it knows.
 */
final class Instructions {
    private static final String RESOURCE = "instructions.tsv";

    private Instructions() {}

    /**
     * An instruction.
     *
     * @param id unique
     * @param rule what is checked, for a reader
     * @param pattern matches the whole completion, blanks around it aside, where the instruction is followed
     * @param text what is asked
     */
    record Instruction(String id, String rule, Pattern pattern, String text) {
        boolean isFollowedBy(String completion) {
            return pattern.matcher(completion.strip()).matches();
        }
    }

    /** Reads them. */
    static List<Instruction> load() {
        try (InputStream in = Instructions.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException(
                        "the resource " + RESOURCE + " is missing beside " + Instructions.class);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Instructions::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Instruction parse(String line) {
        List<String> columns = List.of(line.split("\t", -1));
        return new Instruction(columns.get(0), columns.get(1), Pattern.compile(columns.get(2)), columns.get(3));
    }
}
