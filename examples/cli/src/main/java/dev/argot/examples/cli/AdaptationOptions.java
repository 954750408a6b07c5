package dev.argot.examples.cli;

import dev.argot.api.Precision;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.AdaptationSpec.OnAnomaly;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.api.adaptation.ObjectiveSettings;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.api.adaptation.RetentionGate;
import dev.argot.api.adaptation.Schedule;
import dev.argot.api.adaptation.VocabularyExtension;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.PairSource;
import dev.argot.api.prompt.PromptLayout;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of an adaptation, shared by {@code plan} and {@code adapt}. */
final class AdaptationOptions {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            description = "The model to adapt. Default: ${DEFAULT-VALUE}.",
            defaultValue = "default")
    private String model = "default";

    @Option(
            names = "--domain",
            paramLabel = "NAME",
            description = "A domain, such as legal: its curation rules, terms and tasks.")
    private @Nullable String domain;

    @Option(
            names = "--corpus",
            paramLabel = "PATH",
            description =
                    "Texts to learn from: files, folders, globs; .jsonl or text, gzip or not. Repeatable. Default: the"
                            + " domain's sample.")
    private List<String> corpus = new ArrayList<>();

    @Option(names = "--paragraphs", description = "Each paragraph of a text file is a document, not the file.")
    private boolean paragraphs;

    @Option(names = "--no-curation", description = "Take the texts as they are.")
    private boolean noCuration;

    @Option(
            names = "--pairs",
            paramLabel = "FILE",
            description = "JSON lines with prompt and completion; only completions are scored. Repeatable.")
    private List<Path> pairs = new ArrayList<>();

    @Option(
            names = "--pairs-keys",
            paramLabel = "PROMPT,COMPLETION",
            split = ",",
            arity = "1",
            description = "The keys of the pairs. Default: prompt,completion.")
    private List<String> pairsKeys = List.of("prompt", "completion");

    @Option(
            names = "--pairs-layout",
            paramLabel = "LAYOUT",
            description =
                    "How a model reads pairs: as a chat message with its answer, or as one text, as the domain's tasks are asked."
                            + " One of: message, text. Default: ${DEFAULT-VALUE}.",
            defaultValue = "message")
    private PromptLayout pairsLayout = PromptLayout.MESSAGE;

    @Option(
            names = "--pairs-share",
            paramLabel = "SHARE",
            description = "Share of the tokens from pairs. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0.5")
    private double pairsShare;

    @Option(
            names = "--objective",
            paramLabel = "NAME",
            description =
                    "What the model learns: causal, masked, span-corruption, or a plug-in's. Default: what models of its kind are"
                            + " pre-trained with.")
    private @Nullable String objective;

    @Option(
            names = "--objective-setting",
            paramLabel = "NAME=VALUE",
            description =
                    "With --objective: a setting of it, such as whole-words=true, mean-span=3.8 or term-factor=4. Repeatable.")
    private Map<String, String> objectiveSettings = new LinkedHashMap<>();

    @Option(
            names = "--method",
            paramLabel = "METHOD",
            description =
                    "full, lora, rslora, dora, or part:NAME,NAME (beginnings of parameter names). Default: ${DEFAULT-VALUE}.",
            defaultValue = "lora")
    private String method = "lora";

    @Option(
            names = "--rank",
            paramLabel = "N",
            description = "Rank of LoRA. Default: ${DEFAULT-VALUE}.",
            defaultValue = "16")
    private int rank;

    @Option(names = "--alpha", paramLabel = "A", description = "Alpha of LoRA. Default: twice the rank.")
    private @Nullable Double alpha;

    @Option(
            names = "--dropout",
            paramLabel = "P",
            description = "Dropout of LoRA. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private double dropout;

    @Option(
            names = "--targets",
            paramLabel = "NAMES",
            split = ",",
            description = "Modules LoRA adapts, such as q_proj,v_proj. Default: ${DEFAULT-VALUE}.",
            defaultValue = Lora.ALL_LINEAR)
    private List<String> targets = List.of(Lora.ALL_LINEAR);

    @Option(
            names = "--tokens",
            paramLabel = "N",
            description = "Train on so many tokens. Default: one pass through the corpus.")
    private @Nullable Long tokens;

    @Option(names = "--steps", paramLabel = "N", description = "Train for so many steps.")
    private @Nullable Long steps;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes through the corpus.")
    private @Nullable Double epochs;

    @Option(names = "--minutes", paramLabel = "N", description = "Train for about so long.")
    private @Nullable Double minutes;

    @Option(
            names = "--sequence",
            paramLabel = "N",
            description = "Tokens in a row. Default: ${DEFAULT-VALUE}.",
            defaultValue = "512")
    private int sequence;

    @Option(
            names = "--rows",
            paramLabel = "N",
            description = "Rows at once. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private int rows;

    @Option(
            names = "--accumulate",
            paramLabel = "N",
            description = "Micro-batches in a step. Default: ${DEFAULT-VALUE}.",
            defaultValue = "4")
    private int accumulate;

    @Option(
            names = "--lr",
            paramLabel = "RATE",
            description = "Highest learning rate. Default: 5e-4 for LoRA, else 5e-5.")
    private @Nullable Double learningRate;

    @Option(
            names = "--schedule",
            paramLabel = "NAME",
            description = "constant, linear or cosine, with --warmup. Default: cosine down to a tenth.")
    private @Nullable String schedule;

    @Option(
            names = "--warmup",
            paramLabel = "SHARE",
            description = "Share of the steps with a rising rate. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0.01")
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
            names = "--bfloat16",
            description = "Compute the steps in bfloat16, the weights staying float32. Default: on a GPU only.")
    private boolean bfloat16;

    @Option(
            names = "--replay",
            paramLabel = "SHARE",
            description = "Share of general text. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0.05")
    private double replay;

    @Option(
            names = "--replay-from",
            paramLabel = "PATH",
            description = "General texts. Default: a sample that comes with Argot.")
    private List<String> replayFrom = new ArrayList<>();

    @Option(
            names = "--held-out",
            paramLabel = "PATH",
            description = "Texts to measure on. Default: a share of the corpus.")
    private List<String> heldOut = new ArrayList<>();

    @Option(
            names = "--held-out-general",
            paramLabel = "PATH",
            description = "General texts to measure retention on. Default: a sample that comes with Argot.")
    private List<String> heldOutGeneral = new ArrayList<>();

    @Option(
            names = "--held-out-tokens",
            paramLabel = "N",
            description = "The most tokens measured of a text. Default: ${DEFAULT-VALUE}.",
            defaultValue = "8192")
    private int heldOutTokens;

    @Option(
            names = "--tasks",
            paramLabel = "ITEMS",
            description = "Items of each of the domain's tasks to measure; 0: none. Default: ${DEFAULT-VALUE}.",
            defaultValue = "20")
    private int tasks;

    @Option(
            names = "--shots",
            paramLabel = "K,K",
            split = ",",
            description = "Exemplars to measure tasks with. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0,1,5")
    private List<Integer> shots = List.of(0, 1, 5);

    @Option(
            names = "--prompt",
            paramLabel = "TEXT",
            description = "A prompt to complete before and after, for encoders with a [MASK]. Repeatable.")
    private List<String> prompts = new ArrayList<>();

    @Option(
            names = "--new-words",
            paramLabel = "N",
            description = "Make up to N words of the domain tokens of their own.")
    private @Nullable Integer newWords;

    @Option(
            names = "--new-rows-only",
            description =
                    "With --new-words and full: of the embeddings train only the rows of new words, as LoRA does anyway.")
    private boolean newRowsOnly;

    @Option(
            names = "--max-forgetting",
            paramLabel = "SHARE",
            description =
                    "Go back towards the original weights until general text is at most this much worse, such as 0.02.")
    private @Nullable Double maxForgetting;

    @Option(names = "--fail-on-forgetting", description = "With --max-forgetting: fail instead.")
    private boolean failOnForgetting;

    @Option(names = "--seed", paramLabel = "N", description = "Default: ${DEFAULT-VALUE}.", defaultValue = "42")
    private long seed;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "STEPS",
            description = "Default: ${DEFAULT-VALUE}.",
            defaultValue = "50")
    private int checkpointEvery;

    @Option(
            names = "--keep-checkpoints",
            paramLabel = "N",
            description = "So many of the newest. Default: ${DEFAULT-VALUE}.",
            defaultValue = "2")
    private int keepCheckpoints;

    @Option(
            names = "--evaluate-every",
            paramLabel = "STEPS",
            description = "Measure held-out text so often; 0: at the ends only. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private int evaluateEvery;

    @Option(
            names = "--patience",
            paramLabel = "N",
            description = "Stop after so many measurements without a new best; 0: never. Default: ${DEFAULT-VALUE}.",
            defaultValue = "0")
    private int patience;

    @Option(
            names = "--skip-anomalies",
            description = "Pass over steps whose loss or gradient is not finite, instead of stopping.")
    private boolean skipAnomalies;

    /** The spec. */
    AdaptationSpec spec(Setup setup, Path out, boolean resume) {
        AdaptationSpec.Builder spec = AdaptationSpec.builder(model, out)
                .loading(setup.options(Precision.FLOAT32))
                .curate(!noCuration)
                .replayShare(replay)
                .heldOutTokens(heldOutTokens)
                .method(method(method, rank, alpha, dropout, targets))
                .optimizer(optimizer(optimizer, weightDecay))
                .batch(sequence, rows, accumulate)
                .recompute(recompute)
                .seed(seed)
                .checkpoints(checkpointEvery, keepCheckpoints)
                .evaluateEvery(evaluateEvery, patience)
                .onAnomaly(skipAnomalies ? OnAnomaly.SKIP : OnAnomaly.STOP, Double.POSITIVE_INFINITY)
                .tasks(tasks, shots)
                .prompts(prompts.toArray(String[]::new))
                .resume(resume);
        if (domain != null) {
            spec.domain(domain);
        }
        if (!corpus.isEmpty()) {
            spec.corpus(source(corpus));
        }
        if (!pairs.isEmpty()) {
            if (pairsKeys.size() != 2) {
                throw new IllegalArgumentException("--pairs-keys: expected two keys, found " + pairsKeys);
            }
            spec.pairs(
                    new PairSource(
                            pairs.stream().map(Path::toString).toList(),
                            pairsKeys.get(0),
                            pairsKeys.get(1),
                            pairsLayout),
                    pairsShare);
        }
        if (!replayFrom.isEmpty()) {
            spec.replay(source(replayFrom));
        }
        if (!heldOut.isEmpty()) {
            spec.heldOut(source(heldOut));
        }
        if (!heldOutGeneral.isEmpty()) {
            spec.generalHeldOut(source(heldOutGeneral));
        }
        if (objective != null) {
            spec.objective(new ObjectiveSettings(objective, objectiveSettings));
        } else if (!objectiveSettings.isEmpty()) {
            throw new IllegalArgumentException("--objective-setting needs the --objective it is for");
        }
        if (learningRate != null) {
            spec.learningRate(learningRate);
        }
        if (schedule != null) {
            spec.schedule(schedule(schedule, warmup));
        }
        if (bfloat16) {
            spec.computation(Precision.BFLOAT16);
        }
        if (newWords != null) {
            spec.vocabulary(new VocabularyExtension(newWords, newRowsOnly));
        }
        if (maxForgetting != null) {
            spec.gate(new RetentionGate(
                    maxForgetting, failOnForgetting ? RetentionGate.Action.FAIL : RetentionGate.Action.INTERPOLATE));
        }
        budget(spec);
        return spec.build();
    }

    private CorpusSource source(List<String> paths) {
        return new CorpusSource(
                paths, paragraphs ? new CorpusSource.Layout.Paragraphs() : CorpusSource.Layout.BY_NAME, "", "");
    }

    /** What {@code --method} and its companions mean. */
    static Method method(String method, int rank, @Nullable Double alpha, double dropout, Collection<String> targets) {
        if (method.startsWith("part:")) {
            return new Method.Partial(Set.of(method.substring("part:".length()).split(",", -1)));
        }
        return switch (method) {
            case "full" -> Method.full();
            case "lora", "rslora", "dora" ->
                new Lora(
                        rank,
                        alpha != null ? alpha : 2.0 * rank,
                        dropout,
                        Set.copyOf(targets),
                        method.equals("rslora"),
                        method.equals("dora"),
                        Map.of(),
                        Map.of());
            default ->
                throw new IllegalArgumentException(
                        "--method: expected full, lora, rslora, dora or part:NAMES, found '" + method + "'");
        };
    }

    /** What {@code --optimizer} and {@code --weight-decay} mean. */
    static Optimizer optimizer(String optimizer, @Nullable Double weightDecay) {
        Optimizer chosen =
                switch (optimizer) {
                    case "adamw" -> Optimizer.AdamW.defaults();
                    case "adafactor" -> Optimizer.Adafactor.defaults();
                    case "sgd" -> Optimizer.Sgd.defaults();
                    default ->
                        throw new IllegalArgumentException(
                                "--optimizer: expected adamw, adafactor or sgd, found '" + optimizer + "'");
                };
        return weightDecay == null ? chosen : chosen.withWeightDecay(weightDecay, chosen.decaysVectors());
    }

    /** What {@code --schedule} and {@code --warmup} mean. */
    static Schedule schedule(String name, double warmup) {
        Schedule.Span rise = Schedule.Span.share(warmup);
        return switch (name) {
            case "constant" -> new Schedule.Constant(rise);
            case "linear" -> new Schedule.Linear(rise);
            case "cosine" -> new Schedule.Cosine(rise, 0.5, 0.1);
            default ->
                throw new IllegalArgumentException(
                        "--schedule: expected constant, linear or cosine, found '" + name + "'");
        };
    }

    private void budget(AdaptationSpec.Builder spec) {
        var budgets = new ArrayList<Budget>();
        if (tokens != null) {
            budgets.add(new Budget.Tokens(tokens));
        }
        if (steps != null) {
            budgets.add(new Budget.Steps(steps));
        }
        if (epochs != null) {
            budgets.add(new Budget.Epochs(epochs));
        }
        if (minutes != null) {
            budgets.add(new Budget.Time(Duration.ofMillis((long) (minutes * 60_000))));
        }
        if (budgets.size() > 1) {
            throw new IllegalArgumentException(
                    "expected one of --tokens, --steps, --epochs and --minutes, found " + budgets);
        }
        budgets.forEach(spec::budget);
    }
}
