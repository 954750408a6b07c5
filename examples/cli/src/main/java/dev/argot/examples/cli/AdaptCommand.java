package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationResult;
import dev.argot.api.adaptation.AdaptationResult.Outcome;
import dev.argot.api.evaluation.Comparison;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Adapts a model. */
@Command(
        name = "adapt",
        sortOptions = false,
        description =
                "Continue the pre-training of a model on texts, and write a bundle with model or adapter, report and card.")
final class AdaptCommand implements Callable<Integer> {
    /** Exit code of a run that was interrupted and can be resumed. */
    private static final int INTERRUPTED = 130;

    /** A step of a large model, and a checkpoint, take a while. */
    private static final int SECONDS_TO_SAVE = 300;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description =
                    "The bundle's folder; must not exist or be empty. Beside it stands DIR.run while the run goes on.")
    private Path out = Path.of("");

    @Option(names = "--resume", description = "Go on from the last checkpoint of a run with the same options.")
    private boolean resume;

    @Mixin
    private AdaptationOptions options = new AdaptationOptions();

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        var progress = new Progress(err, Help.Ansi.AUTO.enabled() && !json);
        AdaptationResult result;
        AdaptationReport report;
        try (Argot argot = setup.open(err);
                var interrupts = new Interrupts(SECONDS_TO_SAVE)) {
            result = argot.adapt(options.spec(setup, out, resume), progress, interrupts.cancellation());
            progress.end();
            if (result.outcome() == Outcome.CANCELLED) {
                err.println("argot: interrupted after step " + result.steps()
                        + "; repeat the command with --resume to go on");
                return INTERRUPTED;
            }
            report = argot.reports().read(out.resolve("report.json"));
        }
        PrintWriter standard = spec.commandLine().getOut();
        if (json) {
            Json.print(standard, j -> {
                j.writeStringField("bundle", result.bundle().toString());
                j.writeStringField("outcome", result.outcome().name().toLowerCase(Locale.ROOT));
                j.writeNumberField("steps", result.steps());
                j.writeNumberField("tokens", result.tokens());
                if (report.comparison().isPresent()) {
                    j.writeArrayFieldStart("heldOut");
                    for (Comparison.TextChange text : report.comparison().get().texts()) {
                        j.writeStartObject();
                        j.writeStringField("text", text.name());
                        j.writeNumberField("bitsPerByteBefore", text.before().bitsPerByte());
                        j.writeNumberField("bitsPerByteAfter", text.after().bitsPerByte());
                        j.writeNumberField("perplexityBefore", text.before().perplexity());
                        j.writeNumberField("perplexityAfter", text.after().perplexity());
                        j.writeEndObject();
                    }
                    for (Comparison.HiddenTokensChange text :
                            report.comparison().get().hiddenTokens()) {
                        HiddenTokenTable.write(j, text);
                    }
                    j.writeEndArray();
                }
            });
        } else {
            print(report, standard);
            standard.println(result.bundle() + ": " + result.steps() + " steps, " + result.tokens()
                    + " tokens; the report is in " + result.bundle().resolve("report.html"));
            standard.flush();
        }
        return 0;
    }

    private static void print(AdaptationReport report, PrintWriter out) {
        report.comparison().ifPresent(comparison -> {
            out.printf("%-60s %9s %9s %9s%n", "", "before", "after", "change");
            for (Comparison.TextChange text : comparison.texts()) {
                out.printf(
                        Locale.ROOT,
                        "%-60s %9.4f %9.4f %+8.2f%%%n",
                        "bits per byte, held-out " + text.name(),
                        text.before().bitsPerByte(),
                        text.after().bitsPerByte(),
                        100 * text.bitsPerByteChange());
            }
            HiddenTokenTable.print(comparison, out);
            for (Comparison.TaskChange task : comparison.tasks()) {
                out.printf(
                        Locale.ROOT,
                        "%-60s %9.3f %9.3f %+9.3f%n",
                        shortened(task.task() + ", " + task.shots() + " shots, "
                                + task.metric().name().toLowerCase(Locale.ROOT).replace('_', ' ')),
                        task.before().value(),
                        task.after().value(),
                        task.difference().value());
            }
        });
        for (AdaptationReport.Sample sample : report.samples()) {
            out.println();
            out.println("prompt  " + sample.prompt().strip());
            out.println("before  " + sample.before().strip().replace("\n", "\n        "));
            out.println("after   " + sample.after().strip().replace("\n", "\n        "));
        }
        out.println();
    }

    private static String shortened(String text) {
        return text.length() <= 60 ? text : text.substring(0, 59) + "…";
    }
}
