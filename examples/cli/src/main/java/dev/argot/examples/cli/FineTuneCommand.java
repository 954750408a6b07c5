package dev.argot.examples.cli;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.Precision;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.AnsweredQuestion;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.FineTuningResult;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledData;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.finetuning.LabelledText;
import dev.argot.api.finetuning.TaggedText;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Fine-tunes an encoder with a task head. */
@Command(
        name = "fine-tune",
        sortOptions = false,
        description = {
            "Put a head on an encoder and train it on labelled items.",
            "Items are JSON lines: text and label, labels or score; words (or tokens) and tags; question, context and answers."
                    + " Words and tags may also be the first and last column of a file, sentences parted by blank lines (CoNLL)."
        })
final class FineTuneCommand implements Callable<Integer> {
    /** Exit code of a run that was interrupted. */
    private static final int INTERRUPTED = 130;

    private static final int SECONDS_TO_STOP = 60;

    @Option(names = "--model", required = true, paramLabel = "MODEL", description = "An encoder, such as a BERT.")
    private String model = "";

    @Option(
            names = "--task",
            required = true,
            paramLabel = "TASK",
            description = "classification, multi-label, regression, tagging or question-answering.")
    private String task = "";

    @Option(names = "--train", required = true, paramLabel = "FILE", description = "Items to learn from.")
    private Path train = Path.of("");

    @Option(
            names = "--validation",
            paramLabel = "FILE",
            description = "Items measured after each epoch, to keep the best. Default: a share of those to learn from.")
    private @Nullable Path validation;

    @Option(
            names = "--validation-share",
            paramLabel = "SHARE",
            description = "Without --validation: so many are held out; 0: none, the last epoch is kept. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0.1")
    private double validationShare;

    @Option(names = "--test", paramLabel = "FILE", description = "Items measured once at the end.")
    private @Nullable Path test;

    @Option(
            names = "--test-share",
            paramLabel = "SHARE",
            description = "Without --test: so many of those to learn from are held out. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private double testShare;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "The model's folder; must not exist or be empty.")
    private Path out = Path.of("");

    @Option(
            names = "--method",
            paramLabel = "METHOD",
            description =
                    "Weights trained beside the head: full, lora, rslora, dora, or part:NAME,NAME. Default: ${DEFAULT-VALUE}.",
            defaultValue = "full")
    private String method = "full";

    @Option(names = "--lora", description = "The same as --method lora.")
    private boolean lora;

    @Option(
            names = "--rank",
            paramLabel = "N",
            description = "Rank of LoRA. Default: ${DEFAULT-VALUE}.",
            defaultValue = "16")
    private int rank;

    @Option(names = "--alpha", paramLabel = "A", description = "Alpha of LoRA. Default: twice the rank.")
    private @Nullable Double alpha;

    @Option(
            names = "--lora-dropout",
            paramLabel = "P",
            description = "Dropout of LoRA. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private double loraDropout;

    @Option(
            names = "--targets",
            paramLabel = "NAMES",
            split = ",",
            description = "Modules LoRA adapts, such as query,value. Default: ${DEFAULT-VALUE}.",
            defaultValue = Lora.ALL_LINEAR)
    private List<String> targets = List.of(Lora.ALL_LINEAR);

    @Option(
            names = "--epochs",
            paramLabel = "N",
            description = "Passes through the items. Default: ${DEFAULT-VALUE}.",
            defaultValue = "3")
    private int epochs;

    @Option(
            names = "--max-length",
            paramLabel = "N",
            description = "The most tokens of a row. Default: ${DEFAULT-VALUE}.",
            defaultValue = "128")
    private int maxLength;

    @Option(
            names = "--rows",
            paramLabel = "N",
            description = "Rows at once. Default: ${DEFAULT-VALUE}.",
            defaultValue = "16")
    private int rows;

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description = "Micro-batches in a step. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private int accumulate;

    @Option(
            names = "--lr",
            paramLabel = "RATE",
            description = "Highest learning rate. Default: 5e-4 for LoRA, else 5e-5.")
    private @Nullable Double learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description = "constant, linear or cosine. Default: ${DEFAULT-VALUE}.",
            defaultValue = "linear")
    private String schedule = "linear";

    @Option(
            names = "--warmup",
            paramLabel = "SHARE",
            description = "Share of the steps with a rising rate. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0.1")
    private double warmup;

    @Option(
            names = "--optimizer",
            paramLabel = "NAME",
            description = "adamw, adafactor or sgd. Default: ${DEFAULT-VALUE}.",
            defaultValue = "adamw")
    private String optimizer = "adamw";

    @Option(names = "--weight-decay", paramLabel = "D", description = "Weight decay. Default: the optimizer's.")
    private @Nullable Double weightDecay;

    @Option(names = "--recompute", description = "Less memory for a third more work.")
    private boolean recompute;

    @Option(
            names = "--select-by",
            paramLabel = "METRIC",
            description = "What the best epoch is chosen by, such as macro_f1. Default: the task's first metric.")
    private @Nullable Metric selectBy;

    @Option(names = "--seed", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "42")
    private long seed;

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
        FineTuningResult result;
        try (Argot argot = setup.open(err);
                var interrupts = new Interrupts(SECONDS_TO_STOP)) {
            result = argot.fineTune(wanted(argot), progress, interrupts.cancellation());
            progress.end();
        } catch (CancellationException e) {
            progress.end();
            err.println("argot: interrupted; nothing was written");
            return INTERRUPTED;
        }
        PrintWriter standard = spec.commandLine().getOut();
        FineTuningReport report = result.report();
        if (json) {
            Json.print(standard, j -> {
                j.writeStringField("folder", result.folder().toString());
                j.writeNumberField("bestEpoch", report.bestEpoch());
                for (String which : List.of("validation", "test")) {
                    var evaluation = which.equals("test") ? report.test() : report.validation();
                    if (evaluation.isPresent()) {
                        j.writeObjectFieldStart(which);
                        for (Map.Entry<Metric, Estimate> score :
                                evaluation.get().scores().entrySet()) {
                            j.writeObjectFieldStart(score.getKey().name().toLowerCase(Locale.ROOT));
                            j.writeNumberField("value", score.getValue().value());
                            j.writeNumberField("low", score.getValue().low());
                            j.writeNumberField("high", score.getValue().high());
                            j.writeEndObject();
                        }
                        j.writeEndObject();
                    }
                }
            });
            return 0;
        }
        report.validation().ifPresent(e -> print(standard, "validation items", e));
        report.test().ifPresent(e -> print(standard, "test items", e));
        standard.println(result.folder() + ": epoch " + report.bestEpoch() + " of "
                + report.epochs().size() + "; the report is in "
                + result.folder().resolve("report.html"));
        standard.flush();
        return 0;
    }

    private static void print(PrintWriter out, String which, HeadEvaluation evaluation) {
        out.println(which);
        Heads.print(out, evaluation);
        out.println();
    }

    private FineTuningSpec wanted(Argot argot) {
        FineTuningSpec.Builder builder = FineTuningSpec.builder(model, task(argot), out)
                .loading(setup.options(Precision.FLOAT32))
                .method(AdaptationOptions.method(lora ? "lora" : method, rank, alpha, loraDropout, targets))
                .optimizer(AdaptationOptions.optimizer(optimizer, weightDecay))
                .schedule(AdaptationOptions.schedule(schedule, warmup))
                .epochs(epochs)
                .maxLength(maxLength)
                .batch(rows, accumulate)
                .recompute(recompute)
                .seed(seed);
        if (learningRate != null) {
            builder.learningRate(learningRate);
        }
        if (selectBy != null) {
            builder.selectBy(selectBy);
        }
        return builder.build();
    }

    private FineTuningTask task(Argot argot) {
        return switch (task) {
            case "classification" -> classification(argot, SequenceClassifier.Kind.SINGLE_LABEL);
            case "multi-label" -> classification(argot, SequenceClassifier.Kind.MULTI_LABEL);
            case "regression" -> classification(argot, SequenceClassifier.Kind.REGRESSION);
            case "tagging" -> FineTuningTask.Tagging.of(data(argot, TaggedText.class));
            case "question-answering" -> new FineTuningTask.QuestionAnswering(data(argot, AnsweredQuestion.class));
            default ->
                throw new IllegalArgumentException(
                        "--task: expected classification, multi-label, regression, tagging or question-answering, found '"
                                + task + "'");
        };
    }

    private FineTuningTask classification(Argot argot, SequenceClassifier.Kind outputs) {
        return FineTuningTask.Classification.of(outputs, data(argot, LabelledText.class));
    }

    private <T extends LabelledItem> LabelledData<T> data(Argot argot, Class<T> kind) {
        List<T> items = argot.readLabelled(kind, train);
        LabelledData<T> split = LabelledData.split(
                items, validation == null ? validationShare : 0, test == null ? testShare : 0, seed);
        var data = new LabelledData<>(
                split.training(),
                validation == null ? split.validation() : argot.readLabelled(kind, validation),
                test == null ? split.test() : argot.readLabelled(kind, test));
        if (data.validation().isEmpty() && validationShare > 0 && validation == null) {
            throw new ArgotException(train + ": too few items to hold any out for validation; name a file with --validation,"
                    + " or --validation-share 0.");
        }
        return data;
    }
}
