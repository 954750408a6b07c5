package dev.argot.examples.quickstart;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;
import dev.argot.api.LoadOptions;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationResult;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.evaluation.Comparison;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Obtains a model and teaches it the language of law from the sample texts that come with Argot, while a person watches.
 *
 * <p>Arguments, which may be left out: {@code --offline} forbids the network; the model's name, without which the default model is used.
 */
public final class Quickstart {
    private static final String[] PROMPTS = {
        "The capital of France is", "The term \"consideration\" means", "The judgment of the Court of Appeals is"
    };

    private Quickstart() {}

    /**
     * Runs the program.
     *
     * @param arguments see above
     */
    public static void main(String[] arguments) {
        boolean offline = List.of(arguments).contains("--offline");
        String name = Stream.of(arguments)
                .filter(argument -> !argument.equals("--offline"))
                .findFirst()
                .orElse("default");
        try {
            run(
                    name,
                    offline ? LoadOptions.DEFAULT.withoutNetwork() : LoadOptions.DEFAULT,
                    freeFolder(),
                    new Budget.Tokens(16_384),
                    System.out);
        } catch (ArgotException e) {
            System.err.println(e.getMessage());
            System.exit(1);
        }
    }

    /** The first of {@code argot-demo}, {@code argot-demo-2}, … that is not there. */
    private static Path freeFolder() {
        return IntStream.iterate(1, i -> i + 1)
                .mapToObj(i -> Path.of(i == 1 ? "argot-demo" : "argot-demo-" + i))
                .filter(path -> !Files.exists(path) && !Files.exists(path.resolveSibling(path.getFileName() + ".run")))
                .findFirst()
                .orElseThrow();
    }

    static void run(String name, LoadOptions loading, Path folder, Budget budget, PrintStream out) {
        try (Argot argot = Argot.open(ArgotOptions.DEFAULT.withNotices(out::println))) {
            AdaptationSpec spec = AdaptationSpec.builder(name, folder)
                    .loading(loading)
                    .domain("legal")
                    .budget(budget)
                    .batch(256, 1, 1)
                    .learningRate(2e-4) // gentle, for so few tokens
                    .heldOutTokens(2048)
                    .tasks(5, List.of(0))
                    .prompts(PROMPTS)
                    .build();
            AdaptationResult result = argot.adapt(spec, event -> show(event, out), CancellationToken.never());
            AdaptationReport report = argot.reports().read(result.bundle().resolve("report.json"));
            report.comparison().ifPresent(comparison -> show(comparison, out));
            for (AdaptationReport.Sample sample : report.samples()) {
                out.printf(
                        "%n%s%n  before: %s%n  after:  %s%n",
                        sample.prompt(), line(sample.before()), line(sample.after()));
            }
            try (CausalModel adapted =
                    argot.load(CausalModel.class, result.bundle().toString(), loading)) {
                var completion = adapted.complete(
                        PROMPTS[1], Decoding.builder().maxTokens(32).build());
                out.printf(
                        Locale.ROOT,
                        "%nThe bundle answers at %.1f tokens/s.%n",
                        completion.usage().tokensPerSecond());
                if (adapted.description().parameters() < 1_000_000) {
                    out.println("This was the tiny model that is part of Argot: it proves the pipeline, not quality.");
                }
            }
            out.println("Bundle: " + result.bundle() + "\nReport: "
                    + result.bundle().resolve("report.html"));
        }
    }

    private static void show(AdaptationEvent event, PrintStream out) {
        switch (event) {
            case AdaptationEvent.Phase phase ->
                out.println(phase.phase().name().toLowerCase(Locale.ROOT).replace('_', ' ') + " " + phase.detail());
            case AdaptationEvent.Step step
            when step.step() % 4 == 0 || step.step() == step.steps() ->
                out.printf(
                        Locale.ROOT,
                        "  step %d of %d, loss %.3f, %.0f tokens/s, %d s left%n",
                        step.step(),
                        step.steps(),
                        step.loss(),
                        step.tokensPerSecond(),
                        step.remaining().toSeconds());
            case AdaptationEvent.Notice notice -> out.println(notice.text());
            default -> {
                // the rest is in the report
            }
        }
    }

    private static void show(Comparison comparison, PrintStream out) {
        out.printf("%n%-42s %9s %9s%n", "", "before", "after");
        comparison
                .texts()
                .forEach(text -> out.printf(
                        Locale.ROOT,
                        "%-42s %9.4f %9.4f  %+.1f %%%n",
                        "bits per byte, " + text.name() + " text",
                        text.before().bitsPerByte(),
                        text.after().bitsPerByte(),
                        100 * text.bitsPerByteChange()));
        comparison
                .tasks()
                .forEach(task -> out.printf(
                        Locale.ROOT,
                        "%-42s %9.2f %9.2f%n",
                        task.task() + ", "
                                + task.metric().name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        task.before().value(),
                        task.after().value()));
    }

    private static String line(String text) {
        return text.strip().replace('\n', ' ');
    }
}
