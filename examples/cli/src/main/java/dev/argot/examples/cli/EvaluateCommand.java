package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.Model;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Comparison.TaskChange;
import dev.argot.api.evaluation.Comparison.TextChange;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.Evaluation.InstructionResult;
import dev.argot.api.evaluation.Evaluation.TaskResult;
import dev.argot.api.evaluation.Evaluation.TextResult;
import dev.argot.api.evaluation.EvaluationProgress;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.HeldOutText.Role;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledItem;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures a model, or two side by side: tasks of a domain, held-out texts, plain instructions. */
@Command(
        name = "evaluate",
        description = "Measure a model, or two side by side: tasks of a domain, held-out texts, plain instructions.")
final class EvaluateCommand implements Callable<Integer> {
    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--against",
            paramLabel = "MODEL",
            description = "Measure this model too, and show what changed from it to the other.")
    private @Nullable String against;

    @Option(names = "--domain", paramLabel = "NAME", description = "Measure the tasks of this domain, such as legal.")
    private @Nullable String domain;

    @Option(
            names = "--tasks",
            paramLabel = "NAME",
            split = ",",
            description = "Names of tasks of the domain, separated by commas. Default: all of them.")
    private List<String> tasks = new ArrayList<>();

    @Option(
            names = "--shots",
            paramLabel = "N",
            split = ",",
            defaultValue = "0,1,5",
            description = "Numbers of exemplars in the prompts, separated by commas. Default: ${DEFAULT-VALUE}.")
    private List<Integer> shots = new ArrayList<>();

    @Option(
            names = "--items",
            paramLabel = "N",
            defaultValue = "50",
            description = "The most items of each task, chosen at random; 0: all. Default: ${DEFAULT-VALUE}.")
    private int items;

    @Option(
            names = "--text",
            paramLabel = "NAME=FILE",
            description =
                    "A held-out UTF-8 text of the domain. With a name that was there before, one more document of that text.")
    private List<String> domainTexts = new ArrayList<>();

    @Option(
            names = "--general",
            paramLabel = "NAME=FILE",
            description = "A general UTF-8 text, on which a model should not become worse; otherwise like --text.")
    private List<String> generalTexts = new ArrayList<>();

    @Option(
            names = "--labelled",
            paramLabel = "FILE",
            description =
                    "Measure a task head on labelled items: JSON lines, or columns of words and tags (see fine-tune --help). Takes no"
                            + " other measurement beside it.")
    private @Nullable Path labelled;

    @Option(names = "--instructions", description = "See whether the model follows plain instructions.")
    private boolean instructions;

    @Option(
            names = "--context",
            paramLabel = "N",
            defaultValue = "1024",
            description = "Tokens of the window that texts are scored with. Default: ${DEFAULT-VALUE}.")
    private int context;

    @Option(
            names = "--stride",
            paramLabel = "N",
            defaultValue = "512",
            description = "Tokens the window advances. Default: ${DEFAULT-VALUE}.")
    private int stride;

    @Option(names = "--limit", paramLabel = "TOKENS", description = "Look at no more than so many tokens of each text.")
    private @Nullable Integer limit;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seeds the choice of items and the confidence intervals. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description =
                    "Write the result there as a page and as JSON: evaluation.html and .json, with --against comparison.html and .json.")
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
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Texts.checkFolder(spec, "--out", folder);
        if (labelled != null) {
            evaluateHead(labelled, out);
            return 0;
        }
        prompting.check(spec);
        EvaluationSpec.Builder wanted = wanted();
        try (Argot argot = setup.open(spec.commandLine().getErr());
                var interrupts = new Interrupts()) {
            if (against == null) {
                Evaluation evaluation = evaluate(argot, model.name(), wanted, interrupts);
                if (folder != null) {
                    argot.reports().write(evaluation, folder);
                }
                if (json) {
                    out.println(argot.reports().json(evaluation));
                } else {
                    print(out, evaluation);
                }
            } else {
                Evaluation before = evaluate(argot, against, wanted, interrupts);
                Comparison comparison = argot.compare(before, evaluate(argot, model.name(), wanted, interrupts));
                if (folder != null) {
                    argot.reports().write(comparison, folder);
                }
                if (json) {
                    out.println(argot.reports().json(comparison));
                } else {
                    print(out, comparison);
                }
            }
            out.flush();
        } catch (CancellationException e) {
            throw new ArgotException("The evaluation was cancelled: nothing was written.", e);
        }
        return 0;
    }

    private void evaluateHead(Path file, PrintWriter out) {
        if (against != null || domain != null || instructions || !domainTexts.isEmpty() || !generalTexts.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "--labelled measures a task head: expected no other measurement beside it");
        }
        PrintWriter err = spec.commandLine().getErr();
        try (Argot argot = setup.open(err);
                var interrupts = new Interrupts()) {
            Class<? extends Model> kind =
                    argot.describe(model.name(), setup.offline()).kind();
            List<? extends LabelledItem> items = argot.readLabelled(Heads.items(model.name(), kind), file);
            try (Model loaded = setup.load(argot, kind, model.name())) {
                err.printf("argot: measuring %s (%s)%n", model.name(), loaded.engine());
                long[] begun = {System.nanoTime()};
                HeadEvaluation evaluation = argot.evaluate(
                        loaded, items, progress -> report(err, progress, begun), interrupts.cancellation());
                if (folder != null) {
                    argot.reports().write(evaluation, folder);
                }
                if (json) {
                    out.println(argot.reports().json(evaluation));
                } else {
                    Heads.print(out, evaluation);
                }
                out.flush();
            }
        } catch (CancellationException e) {
            throw new ArgotException("The evaluation was cancelled: nothing was written.", e);
        }
    }

    private EvaluationSpec.Builder wanted() throws IOException {
        try {
            EvaluationSpec.Builder builder = EvaluationSpec.builder()
                    .shots(shots.stream().mapToInt(Integer::intValue).toArray())
                    .items(items == 0 ? Integer.MAX_VALUE : items)
                    .window(new Perplexity.Window(
                            context, stride, limit == null ? OptionalInt.empty() : OptionalInt.of(limit)))
                    .instructions(instructions)
                    .seed(seed);
            if (domain != null) {
                builder.domain(domain, tasks.toArray(String[]::new));
            } else if (!tasks.isEmpty()) {
                throw new IllegalArgumentException("--tasks needs the --domain they belong to");
            }
            texts(domainTexts).forEach((name, documents) -> builder.text(HeldOutText.domain(name, documents)));
            texts(generalTexts).forEach((name, documents) -> builder.text(HeldOutText.general(name, documents)));
            if (domain == null && !instructions && domainTexts.isEmpty() && generalTexts.isEmpty()) {
                throw new IllegalArgumentException(
                        "nothing to measure: give --domain, --text, --general, --instructions or --labelled");
            }
            builder.build(); // says what is wrong before a model is loaded
            return builder;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private static Map<String, List<String>> texts(List<String> options) throws IOException {
        var texts = new LinkedHashMap<String, List<String>>();
        for (String option : options) {
            int at = option.indexOf('=');
            if (at < 1) {
                throw new IllegalArgumentException("expected NAME=FILE, found '" + option + "'");
            }
            texts.computeIfAbsent(option.substring(0, at), name -> new ArrayList<>())
                    .add(Texts.read(option.substring(at + 1)));
        }
        return texts;
    }

    private Evaluation evaluate(Argot argot, String name, EvaluationSpec.Builder wanted, Interrupts interrupts) {
        PrintWriter err = spec.commandLine().getErr();
        try (Model loaded = setup.load(argot, Model.class, name);
                PromptingOptions.Chosen chosen =
                        prompting.choose(argot, setup, loaded, "fixed", Optional.ofNullable(domain), seed)) {
            err.printf("argot: measuring %s (%s)%n", name, loaded.engine());
            long[] begun = {System.nanoTime()};
            return argot.evaluate(
                    loaded,
                    wanted.prompting(chosen.settings()).build(),
                    progress -> report(err, progress, begun),
                    interrupts.cancellation());
        }
    }

    static void report(PrintWriter err, EvaluationProgress progress, long[] begun) {
        if (progress.done() == 0) {
            begun[0] = System.nanoTime();
        } else if (progress.done() == progress.total()) {
            err.printf(
                    Locale.ROOT,
                    "argot: %s: %d done in %.1f s%n",
                    progress.part(),
                    progress.done(),
                    (System.nanoTime() - begun[0]) / 1e9);
        }
    }

    // ---- tables

    private static void print(PrintWriter out, Evaluation evaluation) {
        if (!evaluation.texts().isEmpty()) {
            out.printf("%-20s %-8s %10s %11s %9s%n", "text", "role", "bits/byte", "perplexity", "tokens");
            for (TextResult text : evaluation.texts()) {
                out.printf(
                        Locale.ROOT,
                        "%-20s %-8s %10.4f %11.2f %9d%n",
                        text.name(),
                        role(text.role()),
                        text.perplexity().bitsPerByte(),
                        text.perplexity().perplexity(),
                        text.perplexity().tokens());
            }
        }
        HiddenTokenTable.print(evaluation, out);
        if (!evaluation.tasks().isEmpty()) {
            out.printf(
                    "%-28s %5s %-11s %6s %-13s %8s %5s%n",
                    "task", "shots", "metric", "score", "95 %", "baseline", "items");
            for (TaskResult result : evaluation.tasks()) {
                result.scores()
                        .forEach((metric, score) -> out.printf(
                                Locale.ROOT,
                                "%-28s %5d %-11s %5.1f%% %-13s %8s %5d%n",
                                result.task(),
                                result.shots(),
                                metric.label(),
                                100 * score.value(),
                                interval(score, "%.1f"),
                                result.baseline().isPresent()
                                        ? percent("%.1f%%", result.baseline().getAsDouble())
                                        : "-",
                                result.items().size()));
            }
        }
        evaluation
                .instructions()
                .ifPresent(result -> out.printf(
                        Locale.ROOT,
                        "plain instructions followed: %.1f%% of %d (%s)%n",
                        100 * result.followed().value(),
                        result.items().size(),
                        interval(result.followed(), "%.1f")));
    }

    private static void print(PrintWriter out, Comparison comparison) {
        if (!comparison.texts().isEmpty()) {
            out.printf(
                    "%-20s %-8s %10s %10s %8s %11s %11s%n",
                    "text", "role", "bits/byte", "after", "change", "perplexity", "after");
            for (TextChange text : comparison.texts()) {
                out.printf(
                        Locale.ROOT,
                        "%-20s %-8s %10.4f %10.4f %+7.1f%% %11.2f %11.2f%n",
                        text.name(),
                        role(text.role()),
                        text.before().bitsPerByte(),
                        text.after().bitsPerByte(),
                        100 * text.bitsPerByteChange(),
                        text.before().perplexity(),
                        text.after().perplexity());
            }
        }
        HiddenTokenTable.print(comparison, out);
        if (!comparison.tasks().isEmpty()) {
            out.printf(
                    "%-28s %5s %-11s %6s %6s %7s %s%n", "task", "shots", "metric", "before", "after", "points", "95 %");
            for (TaskChange change : comparison.tasks()) {
                out.printf(
                        Locale.ROOT,
                        "%-28s %5d %-11s %5.1f%% %5.1f%% %+7.1f %s%s%n",
                        change.task(),
                        change.shots(),
                        change.metric().label(),
                        100 * change.before().value(),
                        100 * change.after().value(),
                        100 * change.difference().value(),
                        interval(change.difference(), "%+.1f"),
                        change.difference().excludesZero() ? " *" : "");
            }
        }
        comparison
                .instructions()
                .ifPresent(change -> out.printf(
                        Locale.ROOT,
                        "plain instructions followed: %s before, %s after (%s points)%n",
                        followed(comparison.before()),
                        followed(comparison.after()),
                        interval(change, "%+.1f")));
        comparison
                .domainGain()
                .ifPresent(gain ->
                        out.printf(Locale.ROOT, "%s of domain text: %+.1f%%%n", measure(comparison), -100 * gain));
        comparison
                .generalChange()
                .ifPresent(change ->
                        out.printf(Locale.ROOT, "%s of general text: %+.1f%%%n", measure(comparison), 100 * change));
    }

    private static String measure(Comparison comparison) {
        return comparison.hiddenTokens().stream()
                .findFirst()
                .map(text -> HeldOutScore.of(text.before()).measure().label())
                .orElse("bits/byte");
    }

    private static String followed(Evaluation evaluation) {
        return evaluation
                .instructions()
                .map(InstructionResult::followed)
                .map(share -> percent("%.1f%%", share.value()))
                .orElse("-");
    }

    static String interval(Estimate estimate, String format) {
        return percent(format, estimate.low()) + ".." + percent(format, estimate.high());
    }

    private static String percent(String format, double share) {
        return String.format(Locale.ROOT, format, 100 * share);
    }

    private static String role(Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }
}
