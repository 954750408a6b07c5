package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.ModelDescription;
import dev.argot.api.Precision;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Describes a model. */
@Command(
        name = "show",
        description = "Show a model's architecture, parameters and memory, without loading its weights.")
final class ShowCommand implements Callable<Integer> {
    @Parameters(paramLabel = "MODEL", description = "A path, a Hub id, stories260k or default.")
    private String model = Argot.DEFAULT_MODEL;

    @Option(names = "--program", description = "Load the model and print the program the engine made of it instead.")
    private boolean program;

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        try (Argot argot = setup.open(spec.commandLine().getErr())) {
            if (program) {
                try (CausalModel loaded = setup.load(argot, model)) {
                    String text = loaded.program();
                    String engine = loaded.engine();
                    if (json) {
                        Json.print(out, j -> {
                            j.writeStringField("model", model);
                            j.writeStringField("engine", engine);
                            j.writeStringField("program", text);
                        });
                    } else {
                        out.println(text);
                    }
                }
                return 0;
            }
            ModelDescription description = argot.describe(model, setup.offline());
            if (json) {
                print(out, description);
            } else {
                list(out, description);
            }
        }
        return 0;
    }

    private static void print(PrintWriter out, ModelDescription d) throws IOException {
        Json.print(out, j -> {
            j.writeStringField("model", d.name());
            j.writeStringField("location", d.location());
            j.writeStringField("format", d.format());
            j.writeStringField("architecture", d.architecture());
            j.writeStringField("kind", d.kind().getSimpleName());
            j.writeNumberField("parameters", d.parameters());
            j.writeNumberField("layers", d.layers());
            j.writeNumberField("hiddenSize", d.hiddenSize());
            j.writeNumberField("vocabularySize", d.vocabularySize());
            j.writeNumberField("contextLength", d.contextLength());
            j.writeStringField("storedType", d.storedType());
            j.writeObjectFieldStart("weightBytes");
            for (Precision precision : Precision.values()) {
                j.writeNumberField(lower(precision), bytes(d, precision));
            }
            j.writeEndObject();
            j.writeNumberField("cacheBytesPerToken", d.cacheBytesPerToken());
            j.writeNumberField("flopsPerToken", d.flopsPerToken());
            j.writeStringField("licence", d.licence());
        });
    }

    private static void list(PrintWriter out, ModelDescription d) {
        line(out, "model", d.name());
        line(out, "location", d.location());
        line(out, "format", d.format() + ", mostly " + d.storedType());
        line(out, "architecture", d.architecture() + " (" + d.kind().getSimpleName() + ")");
        line(out, "parameters", String.format(Locale.ROOT, "%,d", d.parameters()));
        line(out, "layers", d.layers() + " of width " + d.hiddenSize());
        line(out, "vocabulary", String.format(Locale.ROOT, "%,d", d.vocabularySize()));
        line(out, "context", String.format(Locale.ROOT, "%,d tokens", d.contextLength()));
        for (Precision precision : Precision.values()) {
            line(out, "weights", megabytes(bytes(d, precision)) + " as " + lower(precision));
        }
        line(
                out,
                "cache",
                String.format(Locale.ROOT, "%,d bytes a token, ", d.cacheBytesPerToken())
                        + megabytes(d.cacheBytesPerToken() * d.contextLength()) + " for a full context");
        line(out, "compute", String.format(Locale.ROOT, "%,d operations a token", d.flopsPerToken()));
        line(out, "licence", d.licence().isEmpty() ? "not stated" : d.licence());
    }

    private static long bytes(ModelDescription description, Precision precision) {
        return description.weightBytes().getOrDefault(precision, 0L);
    }

    private static String lower(Precision precision) {
        return precision.name().toLowerCase(Locale.ROOT);
    }

    private static String megabytes(long bytes) {
        return String.format(Locale.ROOT, "%,.1f MB", bytes / 1e6);
    }

    private static void line(PrintWriter out, String key, String value) {
        out.printf("%-13s %s%n", key, value);
    }
}
