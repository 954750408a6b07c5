package dev.argot.core.finetuning;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Device;
import dev.argot.api.LoadOptions;
import dev.argot.api.Model;
import dev.argot.api.Precision;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationEvent.Phase;
import dev.argot.api.adaptation.AdaptationListener;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.evaluation.Estimate;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.Metric;
import dev.argot.api.finetuning.FineTuningReport;
import dev.argot.api.finetuning.FineTuningResult;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.FineTuningTask;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.core.adaptation.Environment;
import dev.argot.core.adaptation.Machine;
import dev.argot.core.adaptation.Opened;
import dev.argot.core.adaptation.SpecText;
import dev.argot.core.adaptation.TrainedModel;
import dev.argot.core.adaptation.Workshop;
import dev.argot.core.evaluation.HeadEvaluator;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.Tensor;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/**
 * One fine-tuning from spec to folder. Used once, by one thread.
 *
 * <p>While it goes on, a folder beside the output whose name ends in {@code .run} holds the weights of the best epoch, unless it is the
 * last; it goes in any case.
 */
public final class FineTuning implements AutoCloseable {
    private final Workshop workshop;
    private final FineTuningSpec spec;
    private final AdaptationListener listener;
    private final CancellationToken cancellation;
    private final Instant began;
    private final Opened open = new Opened();

    private final Checkpoint base;
    private final Head head;
    private final Tokenizer tokenizer;
    private final TokenizerProvider tokenizers;
    private final Engine engine;
    private final TrainedModel model;

    private final List<AdaptationReport.TrainingPoint> curve = new ArrayList<>();
    private final List<FineTuningReport.Epoch> epochs = new ArrayList<>();
    private Optional<HeadEvaluation> validation = Optional.empty(); // of the best epoch
    private long step;
    private long tokens;

    /**
     * Opens the model and puts the head on.
     *
     * @param workshop the runtime
     * @param spec what shall be done
     * @param listener is told of it
     * @param cancellation looked at before each step
     */
    public FineTuning(
            Workshop workshop, FineTuningSpec spec, AdaptationListener listener, CancellationToken cancellation) {
        this.workshop = workshop;
        this.spec = spec;
        this.listener = listener;
        this.cancellation = cancellation;
        this.began = workshop.clock().instant();
        LoadOptions loading = spec.loading();
        if (loading.precision() != Precision.FLOAT32) {
            throw new ArgotException("Training needs float32 weights; the spec asks for " + loading.precision() + ".");
        }
        if (inTheWay(spec.out())) {
            throw new ArgotException(spec.out() + " is in the way: expected a folder that does not exist or is empty.");
        }
        phase(Phase.Name.LOAD, spec.model());
        try {
            this.base = open.add(workshop.open(spec.model(), loading.offline()));
            this.head = Head.on(base, workshop.architectures(base), spec.task(), spec.seed());
            if (spec.maxLength() > head.architecture().contextLength()) {
                throw new ArgotException("Rows of " + spec.maxLength() + " tokens do not fit into the context of "
                        + spec.model() + ", " + head.architecture().contextLength() + " tokens.");
            }
            this.tokenizers = workshop.tokenizers(base.tokenizer());
            this.tokenizer = tokenizers.open(base.tokenizer());
            this.engine = workshop.engine(loading);
            if (!engine.trains()) {
                throw new ArgotException("The engine '" + engine.name() + "' does not train.");
            }
            CompiledModel compiled =
                    open.add(engine.compile(head.architecture().graph(), head.weights(), Precision.FLOAT32));
            this.model = open.add(TrainedModel.of(
                    compiled,
                    head.weights(),
                    spec.method(),
                    head.parameters(),
                    head.architecture().buffers(),
                    this::withDropout,
                    spec.seed()));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static boolean inTheWay(Path out) {
        try (Stream<Path> inside = Files.list(out)) {
            return inside.findAny().isPresent();
        } catch (IOException e) {
            return Files.exists(out); // a file
        }
    }

    /**
     * Does it all.
     *
     * @throws CancellationException if it was cancelled
     */
    public FineTuningResult run() {
        Path out = spec.out().toAbsolutePath().normalize();
        Path running = out.resolveSibling(out.getFileName() + ".run");
        if (Files.exists(running)) {
            throw new ArgotException(running + " is in the way: expected none, since the best epoch is kept there.");
        }
        phase(Phase.Name.TOKENIZE, "");
        var encoder = new RowEncoder(spec.task(), tokenizer, spec.maxLength());
        List<? extends LabelledItem> items = spec.task().data().training();
        List<LabelledRow> rows = encoder.encode(items);
        if (rows.isEmpty()) {
            throw new ArgotException("There is nothing to learn from: the items have no token with a label.");
        }
        if (!head.drawn().isEmpty()) {
            listener.onEvent(new AdaptationEvent.Notice("New weights: "
                    + String.join(", ", head.drawn().stream().sorted().toList()) + "."));
        }
        phase(Phase.Name.TRAIN, items.size() + " items");
        try (var best = new BestEpoch(workshop, running)) {
            train(items, rows, best);
            phase(Phase.Name.EVALUATE_AFTER, "epoch " + best.epoch());
            WeightSource weights = best.weights(model.weights(1));
            FineTuningReport report = report(best, test(best));
            phase(Phase.Name.SAVE, out.toString());
            new TunedModelWriter(workshop, spec, base, head, tokenizers).write(out, model, weights, report);
            return new FineTuningResult(out, report);
        }
    }

    // ---- the steps

    private void train(List<? extends LabelledItem> items, List<LabelledRow> rows, BestEpoch best) {
        var batches = new RowBatches(
                rows,
                spec.rows(),
                spec.accumulation(),
                spec.seed(),
                tokenizer.specialTokens().pad().orElse(0));
        long steps = (long) batches.steps() * spec.epochs();
        boolean dropout = dropout() > 0 || (spec.method() instanceof Lora lora && lora.dropout() > 0);
        var request = new Trainer.Request(model.trained(), spec.optimizer(), spec.recompute(), computation());
        try (Trainer trainer = model.training().openTrainer(request);
                Model measured =
                        measurable(model.inference().derive(model.inference().graph()))) {
            long trainBegan = workshop.clock().millis();
            for (int epoch = 1; epoch <= spec.epochs(); epoch++) {
                double losses = 0;
                long scored = 0;
                for (List<List<LabelledRow>> microBatches : batches.pass(epoch - 1)) {
                    checkCancelled();
                    long stepBegan = workshop.clock().millis();
                    var inputs = new ArrayList<Map<String, Tensor>>();
                    for (List<LabelledRow> batch : microBatches) {
                        Map<String, Tensor> one = batches.inputs(batch);
                        if (dropout) {
                            long number = step * spec.accumulation() + inputs.size();
                            one.put(
                                    "dropout_seed",
                                    new Tensor.Longs(new long[] {spec.seed() + number * 0x9E3779B97F4A7C15L}, 1));
                        }
                        inputs.add(one);
                    }
                    double rate = spec.learningRate() * spec.schedule().factor(step, steps);
                    Trainer.Result result = trainer.step(
                            new Trainer.StepRequest(inputs, new Trainer.Update(rate, spec.maxGradientNorm())));
                    step++;
                    if (!result.applied()) {
                        anomaly(result, items, microBatches);
                    }
                    losses += result.loss() * result.tokens();
                    scored += result.tokens();
                    stepped(result, rate, microBatches, stepBegan, trainBegan, steps);
                }
                validate(epoch, losses / Math.max(1, scored), measured, best);
            }
        }
    }

    private double dropout() {
        return spec.dropout().orElse(HiddenDropout.probability(base.config()));
    }

    private Graph withDropout(Graph graph) {
        return HiddenDropout.apply(graph, dropout(), !(spec.task() instanceof FineTuningTask.QuestionAnswering));
    }

    private Precision computation() {
        return spec.computation()
                .orElse(engine.device().kind() == Device.Kind.CPU ? Precision.FLOAT32 : Precision.BFLOAT16);
    }

    private void checkCancelled() {
        if (cancellation.isCancellationRequested()) {
            throw new CancellationException("the fine-tuning was cancelled; nothing was written");
        }
    }

    private void anomaly(
            Trainer.Result result, List<? extends LabelledItem> items, List<List<LabelledRow>> microBatches) {
        List<String> ids = microBatches.stream()
                .flatMap(List::stream)
                .map(row -> items.get(row.item()).id())
                .distinct()
                .toList();
        listener.onEvent(new AdaptationEvent.Anomaly(step, result.loss(), result.gradientNorm(), ids));
        throw new ArgotException("Step " + step + " was not applied: loss " + result.loss() + ", gradient norm "
                + result.gradientNorm() + ". Items in its batch: " + ids
                + ". Lower the learning rate, or leave these items out.");
    }

    private void stepped(
            Trainer.Result result,
            double rate,
            List<List<LabelledRow>> microBatches,
            long stepBegan,
            long trainBegan,
            long steps) {
        long now = workshop.clock().millis();
        long took = Math.max(1, now - stepBegan);
        long trained = microBatches.stream()
                .flatMap(List::stream)
                .mapToLong(LabelledRow::size)
                .sum();
        tokens += trained;
        double speed = trained * 1000.0 / took;
        curve.add(new AdaptationReport.TrainingPoint(step, tokens, result.loss(), rate, result.gradientNorm(), speed));
        listener.onEvent(new AdaptationEvent.Step(
                step,
                steps,
                result.loss(),
                tokens,
                rate,
                result.gradientNorm(),
                result.applied(),
                speed,
                Machine.residentBytes(),
                Duration.ofMillis((now - trainBegan) / step * (steps - step))));
    }

    // ---- measuring

    private void validate(int epoch, double loss, Model measured, BestEpoch best) {
        Map<Metric, Estimate> scores = Map.of();
        Optional<HeadEvaluation> evaluation = Optional.empty();
        List<? extends LabelledItem> items = spec.task().data().validation();
        double value = epoch; // without items the last is kept
        if (!items.isEmpty()) {
            evaluation = Optional.of(evaluate(measured, items));
            scores = evaluation.get().scores();
            Estimate estimate = scores.get(spec.selectBy());
            value = estimate == null || Double.isNaN(estimate.value()) ? Double.NEGATIVE_INFINITY : estimate.value();
        }
        boolean better = best.offer(epoch, value, epoch == spec.epochs(), model);
        if (better) {
            validation = evaluation;
        }
        epochs.add(new FineTuningReport.Epoch(epoch, step, loss, scores));
        if (!items.isEmpty()) {
            listener.onEvent(new AdaptationEvent.Validated(epoch, step, scores, better));
        }
    }

    private HeadEvaluation evaluate(Model measured, List<? extends LabelledItem> items) {
        return new HeadEvaluator(EvaluationListener.NONE, cancellation).evaluate(measured, items);
    }

    /** What the epoch that is kept does on test items. */
    private Optional<HeadEvaluation> test(BestEpoch best) {
        List<? extends LabelledItem> items = spec.task().data().test();
        if (items.isEmpty()) {
            return Optional.empty();
        }
        CompiledModel inference = model.inference();
        CompiledModel kept = best.isLast()
                ? inference.derive(inference.graph())
                : engine.compile(inference.graph(), best.weights(model.weights(1)), Precision.FLOAT32);
        try (Model measured = measurable(kept)) {
            return Optional.of(evaluate(measured, items));
        }
    }

    /** A model that reads rows as long as those it was trained with. */
    private Model measurable(CompiledModel compiled) {
        Architecture a = head.architecture();
        var shortened = new Architecture(
                a.modelType(),
                a.kind(),
                a.graph(),
                a.prefix(),
                a.layers(),
                a.hiddenSize(),
                a.vocabularySize(),
                spec.maxLength(),
                a.buffers(),
                a.labels());
        return workshop.model(spec.model(), head.checkpoint(), shortened, tokenizer, compiled, spec.loading());
    }

    // ---- the report

    private FineTuningReport report(BestEpoch best, Optional<HeadEvaluation> test) {
        Instant now = workshop.clock().instant();
        return new FineTuningReport(
                spec.model(),
                TaskText.of(spec.task()),
                SpecText.method(spec.method()),
                new AdaptationReport.Environment(
                        Environment.version(),
                        Environment.java(),
                        Environment.system(),
                        engine.name(),
                        engine.device().toString(),
                        computation().name().toLowerCase(Locale.ROOT),
                        workshop.threads(),
                        Machine.physicalBytes()),
                now,
                Duration.between(began, now),
                curve,
                epochs,
                best.epoch(),
                validation,
                test,
                configuration(),
                List.of(new AdaptationReport.Licence(spec.model(), base.licence())));
    }

    private Map<String, String> configuration() {
        var text = new LinkedHashMap<String, String>();
        FineTuningTask task = spec.task();
        text.put("model", spec.model());
        text.put("task", TaskText.of(task));
        text.put("labels", String.join(", ", task.labels()));
        text.put("training items", "" + task.data().training().size());
        text.put("validation items", "" + task.data().validation().size());
        text.put("test items", "" + task.data().test().size());
        text.put("method", SpecText.method(spec.method()));
        text.put("optimizer", spec.optimizer().toString());
        text.put("schedule", spec.schedule().toString());
        text.put("learning rate", "" + spec.learningRate());
        text.put("largest gradient norm", "" + spec.maxGradientNorm());
        text.put("dropout", "" + dropout());
        text.put("epochs", "" + spec.epochs());
        text.put("longest row", spec.maxLength() + " tokens");
        text.put("rows", "" + spec.rows());
        text.put("accumulation", "" + spec.accumulation());
        text.put("recompute", "" + spec.recompute());
        text.put("best epoch by", spec.selectBy().label());
        text.put("seed", "" + spec.seed());
        return text;
    }

    // ---- resources

    private void phase(Phase.Name name, String detail) {
        listener.onEvent(new Phase(name, detail));
    }

    @Override
    public void close() {
        open.close();
    }
}
