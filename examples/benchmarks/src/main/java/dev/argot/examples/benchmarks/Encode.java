package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.EncodeOptions;
import dev.argot.api.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Throughput of Argot's tokenizer over the lines of a text. Arguments: MODEL THREADS REPETITIONS TEXT_FILE. */
final class Encode {
    private static final int LINES_PER_TASK = 512;

    private Encode() {}

    /** Prints the median over the repetitions; the first three runs, in which the JVM compiles the code, are not counted. */
    public static void main(String[] args) throws Exception {
        int repetitions = Integer.parseInt(args[2]);
        List<String> lines = Files.readAllLines(Path.of(args[3]));
        long bytes = lines.stream()
                .mapToLong(line -> line.getBytes(StandardCharsets.UTF_8).length)
                .sum();
        double[] rates = new double[repetitions];
        double[] cores = new double[repetitions];
        long tokens = 0;
        try (var argot = Argot.open();
                var pool = Executors.newFixedThreadPool(Integer.parseInt(args[1]))) {
            Tokenizer tokenizer = argot.tokenizer(args[0], true);
            for (int i = -3; i < repetitions; i++) {
                var run = Report.time(() -> encode(tokenizer, lines, pool));
                if (i >= 0) {
                    rates[i] = bytes / 1e6 / run.seconds();
                    cores[i] = run.cores();
                    tokens = run.value();
                }
            }
        }
        Report.result("megabytes_per_second", Report.median(rates));
        Report.result("tokens", (double) tokens);
        Report.result("cores_used", Report.median(cores));
        Report.peakMemory();
    }

    private static long encode(Tokenizer tokenizer, List<String> lines, ExecutorService pool)
            throws InterruptedException, ExecutionException {
        var tasks = new ArrayList<Callable<Long>>();
        for (int from = 0; from < lines.size(); from += LINES_PER_TASK) {
            var part = lines.subList(from, Math.min(lines.size(), from + LINES_PER_TASK));
            tasks.add(() -> part.stream()
                    .mapToLong(
                            line -> tokenizer.encode(line, EncodeOptions.PLAIN).size())
                    .sum());
        }
        long tokens = 0;
        for (var task : pool.invokeAll(tasks)) {
            tokens += task.get();
        }
        return tokens;
    }
}
