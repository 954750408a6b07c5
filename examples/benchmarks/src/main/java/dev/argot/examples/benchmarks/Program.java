package dev.argot.examples.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A program to measure: a process that prints lines {@code result NAME VALUE}.
 *
 * @param label its name in the table
 * @param command executable and arguments
 * @param script what it reads from standard input; may be empty
 */
record Program(String label, List<String> command, String script) {
    /** The figure added to those printed: seconds from the start of the process to its line {@code token TEXT}. */
    static final String FIRST_TOKEN = "first_token_seconds";

    private static final int LINES_KEPT = 15;

    /** Copies the list. */
    Program {
        command = List.copyOf(command);
    }

    /**
     * Runs it once.
     *
     * @return the figures by name
     * @throws IOException if it cannot be started or fails; the message holds the end of its output
     */
    Map<String, Double> run() throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        // No model is fetched while something is measured, and no other program's telemetry runs beside it.
        builder.environment().put("HF_HUB_OFFLINE", "1");
        builder.environment().put("OPT_OUT_TRACKING", "true");
        long start = System.nanoTime();
        Process process = builder.start();
        try {
            try (var input = process.getOutputStream()) {
                input.write(script.getBytes(StandardCharsets.UTF_8));
            }
            var figures = new LinkedHashMap<String, Double>();
            var last = new ArrayDeque<String>();
            try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
                for (String line = output.readLine(); line != null; line = output.readLine()) {
                    if (line.startsWith("token ")) {
                        figures.put(FIRST_TOKEN, (System.nanoTime() - start) / 1e9);
                    }
                    read(line, figures);
                    last.add(line);
                    if (last.size() > LINES_KEPT) {
                        last.remove();
                    }
                }
            }
            int exit = process.waitFor();
            if (exit != 0) {
                throw new IOException(label + " ended with status " + exit + ": " + String.join("\n", last));
            }
            return figures;
        } finally {
            process.destroy();
        }
    }

    /** Takes the figure of a line, if it holds one. */
    static void read(String line, Map<String, Double> figures) {
        String[] words = line.split(" ", -1);
        if (words.length == 3 && words[0].equals("result")) {
            figures.put(words[1], Double.valueOf(words[2]));
        }
    }
}
