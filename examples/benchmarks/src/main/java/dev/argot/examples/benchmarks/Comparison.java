package dev.argot.examples.benchmarks;

import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One line of the table: the same work by Argot and by a peer, in turn.
 *
 * @param work what is done
 * @param figure name of the figure compared
 * @param unit its unit
 * @param higherIsBetter whether a larger figure is better
 * @param argot Argot's program
 * @param peer the peer's program
 * @param goal what is aimed at
 */
record Comparison(
        String work, String figure, String unit, boolean higherIsBetter, Program argot, Program peer, Goal goal) {
    /** The table's head. */
    static final String HEAD =
            """
            | work | Argot | peer | ratio | goal | Argot MB | peer MB | memory | cores |
            | --- | --- | --- | --- | --- | --- | --- | --- | --- |""";

    private static final String MEMORY = "peak_resident_mb";
    private static final String CORES = "cores_used";

    /**
     * Runs both in turn.
     *
     * @param rounds how often
     * @param log takes a line about each round
     * @return the line of the table: medians over the rounds, the ratio being the median of the rounds' ratios
     */
    String measure(int rounds, Consumer<String> log) throws IOException, InterruptedException {
        double[] ours = new double[rounds];
        double[] theirs = new double[rounds];
        double[] ratios = new double[rounds];
        double[] ourMemory = new double[rounds];
        double[] theirMemory = new double[rounds];
        double[] memoryRatios = new double[rounds];
        double cores = Double.POSITIVE_INFINITY;
        for (int i = 0; i < rounds; i++) {
            Map<String, Double> a = argot.run();
            Map<String, Double> p = peer.run();
            ours[i] = figure(a, figure, argot);
            theirs[i] = figure(p, figure, peer);
            ratios[i] = higherIsBetter ? ours[i] / theirs[i] : theirs[i] / ours[i];
            ourMemory[i] = a.getOrDefault(MEMORY, Double.NaN);
            theirMemory[i] = p.getOrDefault(MEMORY, Double.NaN);
            memoryRatios[i] = ourMemory[i] / theirMemory[i];
            cores = Math.min(cores, Math.min(a.getOrDefault(CORES, cores), p.getOrDefault(CORES, cores)));
            log.accept(work + ", round " + (i + 1) + ": Argot " + a + ", " + peer.label() + " " + p);
        }
        double figure = Report.median(ours);
        double ratio = Report.median(ratios);
        return String.format(
                Locale.ROOT,
                "| %s | %s %s | %s: %s | %.2f × | %s | %.0f | %.0f | %.2f × | %s |",
                work,
                range(ours),
                unit,
                peer.label(),
                range(theirs),
                ratio,
                goal.verdict(figure, ratio),
                Report.median(ourMemory),
                Report.median(theirMemory),
                Report.median(memoryRatios),
                Double.isInfinite(cores) ? "–" : String.format(Locale.ROOT, "%.1f", cores));
    }

    private static double figure(Map<String, Double> figures, String name, Program program) throws IOException {
        Double value = figures.get(name);
        if (value == null) {
            throw new IOException(program.label() + " printed no figure '" + name + "', only " + figures.keySet());
        }
        return value;
    }

    /** The median, and the spread where there is one, such as {@code 21.5 (20.9–22.0)}. */
    static String range(double... values) {
        double median = Report.median(values);
        int digits = median >= 100 ? 0 : median >= 10 ? 1 : 2;
        String format = "%." + digits + "f";
        String middle = String.format(Locale.ROOT, format, median);
        if (values.length == 1) {
            return middle;
        }
        double low = IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .min()
                .orElseThrow();
        double high = IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .max()
                .orElseThrow();
        return middle + " (" + String.format(Locale.ROOT, format + "–" + format, low, high) + ")";
    }
}
