package dev.argot.examples.benchmarks;

import dev.argot.api.Argot;
import dev.argot.api.ArgotOptions;
import dev.argot.api.Device;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.LoadOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Embedding of the lines of a text. Arguments: MODEL_FOLDER THREADS REPETITIONS TEXT_FILE. */
final class Embed {
    private Embed() {}

    /** Prints the median over the repetitions; the first run is not counted. */
    public static void main(String[] args) throws Exception {
        int repetitions = Integer.parseInt(args[2]);
        List<String> lines = Files.readAllLines(Path.of(args[3]));
        double[] rates = new double[repetitions];
        double[] cores = new double[repetitions];
        try (var argot = Argot.open(ArgotOptions.DEFAULT.withThreads(Integer.parseInt(args[1])));
                var model = argot.load(
                        EmbeddingModel.class,
                        args[0],
                        LoadOptions.DEFAULT.withDevice(Device.CPU).withoutNetwork())) {
            for (int i = -1; i < repetitions; i++) {
                var run = Report.time(() -> model.embedAll(lines, EmbeddingOptions.DEFAULT));
                if (i >= 0) {
                    rates[i] = lines.size() / run.seconds();
                    cores[i] = run.cores();
                }
            }
        }
        Report.result("sentences_per_second", Report.median(rates));
        Report.result("cores_used", Report.median(cores));
        Report.peakMemory();
    }
}
