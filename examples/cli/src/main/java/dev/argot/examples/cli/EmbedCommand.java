package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.Embedder;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.EmbeddingOptions.Pooling;
import dev.argot.api.Model;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Embeds texts. */
@Command(
        name = "embed",
        description = "Embed texts: print a vector for each, one a line; with --query, rank them by closeness to it.")
final class EmbedCommand implements Callable<Integer> {
    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Any model: a path or a Hub id.")
    private String model = "";

    @ArgGroup(multiplicity = "1")
    private TextLines source = new TextLines();

    @Option(
            names = "--query",
            paramLabel = "TEXT",
            description = "Print the cosine of each text's vector with this text's instead, closest first.")
    private @Nullable String query;

    @Option(
            names = "--pooling",
            paramLabel = "HOW",
            description = "Which hidden states make the vector: ${COMPLETION-CANDIDATES}. Default: what the model's"
                    + " sentence-transformers files say, else mean, for decoders last.")
    private @Nullable Pooling pooling;

    @Option(names = "--raw", description = "Leave the vectors' lengths as they are. Default: length 1.")
    private boolean raw;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Cut longer texts. Default: what the model's files say, else its context.")
    private @Nullable Integer maxTokens;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (maxTokens != null) {
            Numbers.atLeastOne(spec, "--max-tokens", maxTokens);
        }
        var options = new EmbeddingOptions(
                Optional.ofNullable(pooling),
                !raw,
                maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens));
        List<String> texts = source.read();
        var all = new ArrayList<>(texts);
        if (query != null) {
            all.add(query);
        }
        try (Argot argot = setup.open(err);
                Model loaded = setup.loadEmbedder(argot, model)) {
            if (!(loaded instanceof Embedder embedder)) {
                throw new ArgotException(
                        model + " is a " + loaded.description().kind().getSimpleName() + ", which does not embed.");
            }
            long start = System.nanoTime();
            List<float[]> vectors = embedder.embedAll(all, options);
            double seconds = (System.nanoTime() - start) / 1e9;
            err.printf(
                    Locale.ROOT,
                    "argot: %s, %d texts in %.2f s (%.1f texts/s)%n",
                    loaded.engine(),
                    texts.size(),
                    seconds,
                    texts.size() / seconds);
            print(out, loaded.engine(), texts, vectors, embedder.embeddingSize());
        }
        return 0;
    }

    private void print(PrintWriter out, String engine, List<String> texts, List<float[]> vectors, int size)
            throws IOException {
        double[] cosines = query == null
                ? new double[texts.size()]
                : texts.isEmpty() ? new double[0] : cosines(vectors.subList(0, texts.size()), vectors.getLast());
        List<Integer> order = IntStream.range(0, texts.size())
                .boxed()
                .sorted(Comparator.comparingDouble(i -> -cosines[i])) // stable: without a query as they are
                .toList();
        if (!json) {
            for (int i : order) {
                if (query == null) {
                    out.println(numbers(vectors.get(i)));
                } else {
                    out.printf(Locale.ROOT, "%.4f\t%s%n", cosines[i], texts.get(i));
                }
            }
            return;
        }
        Json.print(out, j -> {
            j.writeStringField("model", model);
            j.writeStringField("engine", engine);
            j.writeNumberField("size", size);
            if (query != null) {
                j.writeStringField("query", query);
            }
            j.writeArrayFieldStart("texts");
            for (int i : order) {
                j.writeStartObject();
                j.writeStringField("text", texts.get(i));
                if (query != null) {
                    j.writeNumberField("cosine", cosines[i]);
                }
                write(j, vectors.get(i));
                j.writeEndObject();
            }
            j.writeEndArray();
        });
    }

    private static void write(JsonGenerator j, float[] vector) throws IOException {
        j.writeArrayFieldStart("vector");
        for (float x : vector) {
            j.writeNumber(x);
        }
        j.writeEndArray();
    }

    private static String numbers(float[] vector) {
        var line = new StringBuilder();
        for (float x : vector) {
            line.append(line.isEmpty() ? "" : " ").append(x);
        }
        return line.toString();
    }

    private static double[] cosines(List<float[]> vectors, float[] query) {
        return vectors.stream()
                .mapToDouble(v -> dot(v, query) / Math.sqrt(dot(v, v) * dot(query, query)))
                .toArray();
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }
}
