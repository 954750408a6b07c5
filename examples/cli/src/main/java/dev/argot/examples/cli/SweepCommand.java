package dev.argot.examples.cli;

import static java.util.Objects.requireNonNull;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.GenerativeModel;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Task;
import dev.argot.api.prompt.ShotSweep;
import dev.argot.api.prompt.ShotSweepSpec;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code argot sweep}: how many exemplars a task wants. */
@Command(
        name = "sweep",
        description =
                "Measure how many exemplars a task wants: its score at each number of shots, with repeats and confidence intervals, until"
                        + " more no longer help.")
final class SweepCommand implements Callable<Integer> {
    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--against",
            paramLabel = "MODEL",
            description = "Measure this model too, such as the one that was adapted; both curves stand in one chart.")
    private @Nullable String against;

    @Option(names = "--domain", paramLabel = "NAME", required = true, description = "The domain, such as legal.")
    private String domain = "";

    @Option(names = "--task", paramLabel = "NAME", required = true, description = "The task of the domain.")
    private String task = "";

    @Option(
            names = "--shots",
            paramLabel = "N",
            split = ",",
            defaultValue = "0,1,2,4,8,16",
            description = "Numbers of exemplars, separated by commas. Default: ${DEFAULT-VALUE}.")
    private List<Integer> shots = new ArrayList<>();

    @Option(
            names = "--repeats",
            paramLabel = "N",
            defaultValue = "3",
            description =
                    "Measure each number so often, each time with other exemplars drawn. Default: ${DEFAULT-VALUE}.")
    private int repeats;

    @Option(
            names = "--items",
            paramLabel = "N",
            defaultValue = "50",
            description = "The most items, chosen at random; 0: all. Default: ${DEFAULT-VALUE}.")
    private int items;

    @Option(
            names = "--patience",
            paramLabel = "N",
            defaultValue = "2",
            description = "Stop after so many numbers that bring no gain. Default: ${DEFAULT-VALUE}.")
    private int patience;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "Seeds the draws, the choice of items and the confidence intervals. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Write the result there as a page with the curve and as JSON: sweep.html and sweep.json.")
    private @Nullable Path folder;

    @Option(names = "--json", description = "Print one JSON object as the last line.")
    private boolean json;

    @Mixin
    private PromptingOptions prompting = new PromptingOptions();

    @Mixin
    private Setup setup = new Setup();

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Texts.checkFolder(spec, "--out", folder);
        prompting.check(spec);
        try (Argot argot = setup.open(spec.commandLine().getErr());
                var interrupts = new Interrupts()) {
            ShotSweepSpec wanted = wanted(Tasks.find(argot.domain(domain), task));
            var sweeps = new ArrayList<ShotSweep>();
            if (against != null) {
                sweeps.add(sweep(argot, against, wanted, interrupts));
            }
            sweeps.add(sweep(argot, model.name(), wanted, interrupts));
            if (folder != null) {
                argot.reports().write(sweeps, folder);
            }
            if (json) {
                out.println(argot.reports().json(sweeps));
            } else {
                sweeps.forEach(sweep -> print(out, sweep));
            }
            out.flush();
        } catch (CancellationException e) {
            throw new ArgotException("The sweep was cancelled: nothing was written.", e);
        }
        return 0;
    }

    private ShotSweepSpec wanted(Task found) {
        try {
            return ShotSweepSpec.of(found)
                    .withShots(shots.stream().mapToInt(Integer::intValue).toArray())
                    .withRepeats(repeats)
                    .withItems(items == 0 ? Integer.MAX_VALUE : items)
                    .withPatience(patience)
                    .withSeed(seed);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private ShotSweep sweep(Argot argot, String name, ShotSweepSpec wanted, Interrupts interrupts) {
        PrintWriter err = spec.commandLine().getErr();
        try (GenerativeModel loaded = setup.load(argot, GenerativeModel.class, name);
                PromptingOptions.Chosen chosen =
                        prompting.choose(argot, setup, loaded, "random", Optional.of(domain), seed)) {
            err.printf("argot: measuring %s (%s)%n", name, loaded.engine());
            long[] begun = {System.nanoTime()};
            return argot.sweep(
                    loaded,
                    wanted.withSettings(chosen.settings()),
                    progress -> EvaluateCommand.report(err, progress, begun),
                    interrupts.cancellation());
        }
    }

    private static void print(PrintWriter out, ShotSweep sweep) {
        out.printf("%s of %s, %d items%n", sweep.metric().label(), sweep.model(), sweep.items());
        out.printf(
                "%5s %6s %-13s %8s %-13s %-24s %8s%n", "shots", "score", "95 %", "points", "95 %", "draws", "left out");
        for (ShotSweep.Point point : sweep.points()) {
            Estimate score = requireNonNull(point.scores().get(sweep.metric()), "every point has the metric");
            boolean best = point.shots() == sweep.best();
            out.printf(
                    Locale.ROOT,
                    "%5d %5.1f%% %-13s %8s %-13s %-24s %8d%s%n",
                    point.shots(),
                    100 * score.value(),
                    EvaluateCommand.interval(score, "%.1f"),
                    best
                            ? "-"
                            : String.format(
                                    Locale.ROOT,
                                    "%+.1f",
                                    100 * point.difference().value()),
                    best ? "-" : EvaluateCommand.interval(point.difference(), "%+.1f"),
                    point.repeats().stream()
                            .map(value -> String.format(Locale.ROOT, "%.1f", 100 * value))
                            .collect(Collectors.joining(" ")),
                    point.dropped(),
                    best ? "  *" : "");
        }
        out.printf("* best: %d shots; it ended because %s%n", sweep.best(), sweep.stopped());
    }
}
