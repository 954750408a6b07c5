package dev.argot.examples.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.argot.api.Argot;
import dev.argot.api.CausalModel;
import dev.argot.api.Precision;
import dev.argot.api.evaluation.Perplexity;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures how well a model predicts a text. */
@Command(name = "perplexity", description = "Measure how well a model predicts a text, with sliding windows.")
final class PerplexityCommand implements Callable<Integer> {
    @Mixin
    private ModelOption model = new ModelOption();

    @Option(names = "--file", paramLabel = "FILE", required = true, description = "A UTF-8 text; - is standard input.")
    private String file = "-";

    @Option(
            names = "--context",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Tokens of a window. Default: ${DEFAULT-VALUE}.")
    private int context;

    @Option(
            names = "--stride",
            paramLabel = "N",
            defaultValue = "512",
            description = "Tokens the window advances. Default: ${DEFAULT-VALUE}.")
    private int stride;

    @Option(names = "--limit", paramLabel = "TOKENS", description = "Look at no more than the first so many tokens.")
    private @Nullable Integer limit;

    @Option(
            names = "--beside",
            paramLabel = "PRECISION",
            description = "Measure with this precision too, and show what is lost beside it.")
    private @Nullable Precision beside;

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
        Perplexity.Window window = window();
        String text = Texts.read(file);
        try (Argot argot = setup.open(err)) {
            Perplexity measured = measure(argot, setup.precision(), text, window, err);
            Perplexity other = beside == null ? null : measure(argot, beside, text, window, err);
            if (!json) {
                out.printf(
                        Locale.ROOT,
                        "perplexity %.4f, %.4f bits a byte (%d tokens, %.2f nats)%n",
                        measured.perplexity(),
                        measured.bitsPerByte(),
                        measured.tokens(),
                        measured.nats());
                if (other != null) {
                    out.printf(
                            Locale.ROOT,
                            "beside %s: perplexity %.4f, %+.2f %%%n",
                            lower(beside),
                            other.perplexity(),
                            100 * loss(measured, other));
                }
                return 0;
            }
            Json.print(out, j -> {
                j.writeStringField("model", model.name());
                j.writeStringField("precision", lower(setup.precision()));
                j.writeNumberField("context", window.context());
                j.writeNumberField("stride", window.stride());
                write(j, measured);
                if (other != null) {
                    j.writeObjectFieldStart("beside");
                    j.writeStringField("precision", lower(beside));
                    write(j, other);
                    j.writeEndObject();
                    j.writeNumberField("perplexityIncrease", loss(measured, other));
                }
            });
        }
        return 0;
    }

    private Perplexity.Window window() {
        try {
            return new Perplexity.Window(context, stride, limit == null ? OptionalInt.empty() : OptionalInt.of(limit));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private Perplexity measure(
            Argot argot, Precision precision, String text, Perplexity.Window window, PrintWriter err) {
        try (CausalModel loaded = setup.load(argot, model.name(), precision)) {
            long start = System.nanoTime();
            Perplexity measured = loaded.perplexity(text, window);
            double seconds = (System.nanoTime() - start) / 1e9;
            err.printf(
                    Locale.ROOT,
                    "argot: %s, %d tokens scored in %.1f s (%.0f tokens/s)%n",
                    loaded.engine(),
                    measured.tokens(),
                    seconds,
                    measured.tokens() / seconds);
            return measured;
        }
    }

    private static void write(JsonGenerator json, Perplexity perplexity) throws IOException {
        json.writeNumberField("tokens", perplexity.tokens());
        json.writeNumberField("nats", perplexity.nats());
        json.writeNumberField("bitsPerByte", perplexity.bitsPerByte());
        json.writeNumberField("perplexity", perplexity.perplexity());
    }

    /** By how much of the other's the perplexity is larger. */
    private static double loss(Perplexity measured, Perplexity other) {
        return measured.perplexity() / other.perplexity() - 1;
    }

    private static String lower(@Nullable Precision precision) {
        return precision == null ? "" : precision.name().toLowerCase(Locale.ROOT);
    }
}
