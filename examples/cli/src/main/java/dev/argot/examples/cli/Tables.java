package dev.argot.examples.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Lists of tokens as text. */
final class Tables {
    private Tables() {}

    /** Refuses a number of tokens that makes no list. */
    static void checkTop(CommandSpec spec, int top) {
        if (top < 1) {
            throw new ParameterException(spec.commandLine(), "--top must be at least 1: " + top);
        }
    }

    /** Prints two lists under the headings before and after. */
    static void sideBySide(PrintWriter out, List<String> before, List<String> after) {
        List<String> left = new ArrayList<>(List.of("before"));
        left.addAll(before);
        List<String> right = new ArrayList<>(List.of("after"));
        right.addAll(after);
        int width = left.stream().mapToInt(String::length).max().orElse(0);
        for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
            String first = i < left.size() ? left.get(i) : "";
            out.println((first + " ".repeat(width - first.length() + 3) + (i < right.size() ? right.get(i) : ""))
                    .stripTrailing());
        }
    }
}
