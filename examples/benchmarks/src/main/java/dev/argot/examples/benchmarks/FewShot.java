package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CausalModel;
import dev.argot.api.LoadOptions;
import dev.argot.api.TokenContinuations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Scores labels after many prompts that begin alike with Argot, in float32. Arguments: MODEL THREADS REPETITIONS TOKENS SCORES; the file
 * TOKENS is {@link #write written} before, the scores of the last repetition go to the file SCORES, a line a prompt.
 */
final class FewShot {
    private FewShot() {}

    /** Prints the median over the repetitions; the first run is not counted. */
    public static void main(String[] args) throws Exception {
        int repetitions = Integer.parseInt(args[2]);
        List<TokenContinuations> requests = read(Path.of(args[3]));
        double[] rates = new double[repetitions];
        double[] cores = new double[repetitions];
        try (var argot = Argot.open(ArgotOptions.DEFAULT.withThreads(Integer.parseInt(args[1])));
                var model = argot.load(CausalModel.class, args[0], LoadOptions.DEFAULT.withoutNetwork())) {
            model.scoreTokens(requests.subList(0, Math.min(16, requests.size())), Optional.empty());
            for (int i = 0; i < repetitions; i++) {
                var run = Report.time(() -> model.scoreTokens(requests, Optional.empty()));
                rates[i] = requests.size() / run.seconds();
                cores[i] = run.cores();
                List<String> lines = new ArrayList<>();
                for (var scores : run.value()) {
                    var line = new ArrayList<String>();
                    scores.forEach(score -> line.add(String.format(Locale.ROOT, "%.6f", score.logProbability())));
                    lines.add(String.join(" ", line));
                }
                Files.write(Path.of(args[4]), lines);
            }
        }
        Report.result("prompts_per_second", Report.median(rates));
        Report.result("cores_used", Report.median(cores));
        Report.peakMemory();
    }

    /**
     * Writes random token ids: a line of what all prompts begin with, a line for each label, a line for each prompt's own end.
     *
     * @param file the file
     * @param shared tokens all prompts begin with
     * @param prompts number of prompts
     * @param own tokens each prompt ends with
     * @param labels number of labels
     * @param labelTokens tokens of each
     */
    static void write(Path file, int shared, int prompts, int own, int labels, int labelTokens) throws IOException {
        var random = new Random(7);
        List<String> lines = new ArrayList<>();
        lines.add("shared " + ids(random, shared));
        for (int i = 0; i < labels; i++) {
            lines.add("label " + ids(random, labelTokens));
        }
        for (int i = 0; i < prompts; i++) {
            lines.add("prompt " + ids(random, own));
        }
        Files.write(file, lines);
    }

    /**
     * The largest difference of two programs' scores, a token.
     *
     * @param ours scores that a program wrote
     * @param theirs scores that another wrote of the same labels
     * @param labelTokens tokens of a label
     * @throws IOException if they are not scores of the same labels
     */
    static double largestDifference(Path ours, Path theirs, int labelTokens) throws IOException {
        double[] a = scores(ours);
        double[] b = scores(theirs);
        if (a.length != b.length || a.length == 0) {
            throw new IOException(ours + " has " + a.length + " scores, " + theirs + " has " + b.length);
        }
        return IntStream.range(0, a.length)
                        .mapToDouble(i -> Math.abs(a[i] - b[i]))
                        .max()
                        .orElseThrow()
                / labelTokens;
    }

    private static double[] scores(Path file) throws IOException {
        return Files.readAllLines(file).stream()
                .flatMap(line -> Arrays.stream(line.split(" ", -1)))
                .mapToDouble(Double::parseDouble)
                .toArray();
    }

    private static String ids(Random random, int count) {
        var line = new StringBuilder();
        random.ints(count, 1000, 40_000).forEach(id -> line.append(' ').append(id));
        return line.substring(1);
    }

    static List<TokenContinuations> read(Path file) throws IOException {
        int[] shared = {};
        List<int[]> labels = new ArrayList<>();
        List<TokenContinuations> requests = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ", -1);
            int[] ids = Arrays.stream(words).skip(1).mapToInt(Integer::parseInt).toArray();
            switch (words[0]) {
                case "shared" -> shared = ids;
                case "label" -> labels.add(ids);
                default -> {
                    int[] prompt = Arrays.copyOf(shared, shared.length + ids.length);
                    System.arraycopy(ids, 0, prompt, shared.length, ids.length);
                    requests.add(new TokenContinuations(prompt, labels));
                }
            }
        }
        return requests;
    }
}
