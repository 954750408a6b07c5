package dev.argot.examples.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;

/** What the measured programs tell the one that started them: lines {@code result NAME VALUE} on standard output. */
final class Report {
    private Report() {}

    /** Tells a figure. */
    static void result(String name, double value) {
        System.out.println("result " + name + " " + String.format(Locale.ROOT, "%.4f", value));
    }

    /** Tells that the first token is there. */
    static void token(String text) {
        System.out.println("token " + text.strip());
        System.out.flush();
    }

    /** Tells the largest resident memory of this process so far; nothing where the system does not say (only Linux does). */
    static void peakMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) {
            return;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM:")) {
                result("peak_resident_mb", Long.parseLong(line.replaceAll("\\D", "")) / 1024.0);
            }
        }
    }

    /** The middle value; the mean of the two middle ones of an even number. */
    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** Runs something and says how long it took and how many cores it kept busy. */
    static <T> Timed<T> time(Callable<T> work) throws Exception {
        Duration processor = processorTime();
        long start = System.nanoTime();
        T value = work.call();
        double seconds = (System.nanoTime() - start) / 1e9;
        return new Timed<>(value, seconds, processorTime().minus(processor).toNanos() / 1e9 / seconds);
    }

    private static Duration processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /**
     * A result and what it took.
     *
     * @param seconds wall time
     * @param cores processor time divided by wall time
     */
    record Timed<T>(T value, double seconds, double cores) {}
}
