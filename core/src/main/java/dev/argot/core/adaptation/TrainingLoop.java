package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationListener;
import dev.argot.api.adaptation.AdaptationResult.Outcome;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.AdaptationSpec.OnAnomaly;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.core.evaluation.Selection;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The steps of an adaptation. Everything a step depends on, the rows, the learning rate, the dropout's seed, is a function of the spec and
 * the step's number; the trainer's tensors are all that a checkpoint must hold beside that number. So a resumed run goes on to the bit.
 */
final class TrainingLoop {
    private final AdaptationSpec spec;
    private final Trainer trainer;
    private final Supplier<RowStream> rows;
    private final List<TokenStore> stores;
    private final RunFolder folder;
    private final String fingerprint;
    private final boolean dropout;
    private final boolean selects;
    private final Supplier<Map<String, HeldOutScore>> heldOut;
    private final AdaptationListener listener;
    private final CancellationToken cancellation;
    private final InstantSource clock;
    private final Progress progress;

    /**
     * A loop at the beginning of a run, or where {@code progress} says.
     *
     * @param rows starts the stream of rows anew
     * @param stores of the mixture, for the names of documents
     * @param fingerprint of all that must be the same for a resumed run
     * @param dropout whether the trainer wants a seed for dropout
     * @param selects whether the trained graph takes the tokens with a label alone
     * @param heldOut measures held-out texts with the present weights
     */
    TrainingLoop(
            AdaptationSpec spec,
            Trainer trainer,
            Supplier<RowStream> rows,
            List<TokenStore> stores,
            RunFolder folder,
            String fingerprint,
            boolean dropout,
            boolean selects,
            Supplier<Map<String, HeldOutScore>> heldOut,
            AdaptationListener listener,
            CancellationToken cancellation,
            InstantSource clock,
            Progress progress) {
        this.spec = spec;
        this.trainer = trainer;
        this.rows = rows;
        this.stores = List.copyOf(stores);
        this.folder = folder;
        this.fingerprint = fingerprint;
        this.dropout = dropout;
        this.selects = selects;
        this.heldOut = heldOut;
        this.listener = listener;
        this.cancellation = cancellation;
        this.clock = clock;
        this.progress = progress;
    }

    /** Goes on from the newest checkpoint, if there is one. */
    void resume() {
        Optional<RunFolder.Saved> newest = folder.newest();
        if (newest.isEmpty()) {
            return;
        }
        try (RunFolder.Saved saved = newest.get()) {
            String found = saved.state().string("fingerprint");
            if (!found.equals(fingerprint)) {
                throw new ArgotException(saved.folder()
                        + ": the checkpoint belongs to another run (spec, model or data differ). Repeat the command it was"
                        + " begun with, or begin anew with another output folder.");
            }
            restore(saved);
            listener.onEvent(new AdaptationEvent.Resumed(saved.step(), saved.folder()));
        }
    }

    private void restore(RunFolder.Saved saved) {
        trainer.restore(saved.checkpoint().tensors());
        progress.read(saved.state());
    }

    /** Runs the steps that are left. */
    Outcome run() {
        RowStream stream = rows.get();
        stream.skip(progress.step * spec.rows() * spec.accumulation());
        if (progress.step == 0 && spec.evaluateEvery() > 0) {
            measure();
            if (spec.patience() > 0) {
                save(); // the best may be where it started
            }
        }
        long began = clock.millis();
        long beganAt = progress.step;
        while (progress.step < progress.steps) {
            if (cancellation.isCancellationRequested()) {
                save();
                return Outcome.CANCELLED;
            }
            long stepBegan = clock.millis();
            List<Row> batch = batch(stream);
            double rate = spec.learningRate() * spec.schedule().factor(progress.step, progress.steps);
            Trainer.Result result = trainer.step(new Trainer.StepRequest(
                    microBatches(batch), new Trainer.Update(rate, spec.maxGradientNorm(), spec.anomalyAbove())));
            if (!result.applied()) {
                anomaly(result, batch);
            }
            long now = clock.millis();
            progress.stepped(result, rate, now - stepBegan, (long) batch.size() * spec.sequenceLength());
            long left = (now - began) / (progress.step - beganAt) * (progress.steps - progress.step);
            listener.onEvent(progress.event(result, rate, Duration.ofMillis(left)));
            if (spec.evaluateEvery() > 0
                    && (progress.step % spec.evaluateEvery() == 0 || progress.step == progress.steps)) {
                boolean best = measure();
                if (best) {
                    save();
                } else if (spec.patience() > 0 && progress.sinceBest >= spec.patience()) {
                    backToBest();
                    return Outcome.STOPPED_EARLY;
                }
            }
            boolean due = spec.checkpointEvery() > 0 && progress.step % spec.checkpointEvery() == 0;
            // what follows the last step takes a while as well
            if (progress.saved != progress.step && (due || progress.step == progress.steps)) {
                save();
            }
        }
        return Outcome.FINISHED;
    }

    private List<Row> batch(RowStream stream) {
        var batch = new ArrayList<Row>();
        for (int i = 0; i < spec.rows() * spec.accumulation(); i++) {
            batch.add(stream.next());
        }
        return batch;
    }

    private List<Map<String, Tensor>> microBatches(List<Row> batch) {
        var result = new ArrayList<Map<String, Tensor>>();
        for (int from = 0; from < batch.size(); from += spec.rows()) {
            Map<String, Tensor> inputs = inputs(batch.subList(from, from + spec.rows()), selects);
            if (dropout) {
                long number = progress.step * spec.accumulation() + result.size();
                inputs.put(
                        "dropout_seed", new Tensor.Longs(new long[] {spec.seed() + number * 0x9E3779B97F4A7C15L}, 1));
            }
            result.add(inputs);
        }
        return result;
    }

    /**
     * Rows as the inputs of a packed graph.
     *
     * @param selects whether the graph takes the tokens with a label alone
     */
    static Map<String, Tensor> inputs(List<Row> batch, boolean selects) {
        var inputs = new LinkedHashMap<String, Tensor>();
        inputs.put("input_ids", stack(batch.stream().map(Row::ids).toList()));
        inputs.put("position_ids", stack(batch.stream().map(Row::positions).toList()));
        inputs.put("document_ids", stack(batch.stream().map(Row::pieces).toList()));
        inputs.put("labels", stack(batch.stream().map(Row::labels).toList()));
        List<Row.Decoder> decoders =
                batch.stream().flatMap(row -> row.decoder().stream()).toList();
        if (!decoders.isEmpty()) {
            inputs.put("decoder_input_ids", stack(decoders.stream().map(Row.Decoder::ids).toList()));
            inputs.put(
                    "decoder_position_ids",
                    stack(decoders.stream().map(Row.Decoder::positions).toList()));
            inputs.put(
                    "decoder_document_ids",
                    stack(decoders.stream().map(Row.Decoder::pieces).toList()));
        }
        return selects ? Selection.of(inputs) : inputs;
    }

    private static Tensor stack(List<long[]> rows) {
        int width = rows.get(0).length;
        var all = new long[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) {
            System.arraycopy(rows.get(i), 0, all, i * width, width);
        }
        return new Tensor.Longs(all, rows.size(), width);
    }

    private void anomaly(Trainer.Result result, List<Row> batch) {
        Set<String> documents = new LinkedHashSet<>();
        for (Row row : batch) {
            for (Row.Source source : row.documents()) {
                documents.add(stores.get(source.store()).name(source.document()));
            }
        }
        long step = progress.step + 1;
        listener.onEvent(
                new AdaptationEvent.Anomaly(step, result.loss(), result.gradientNorm(), List.copyOf(documents)));
        if (spec.onAnomaly() == OnAnomaly.STOP) {
            throw new ArgotException("Step " + step + " was not applied: loss " + result.loss() + ", gradient norm "
                    + result.gradientNorm() + ". Documents in its batch: " + documents + ". The checkpoints in "
                    + folder.folder() + " are from before; lower the learning rate, leave these documents out, or have"
                    + " such steps skipped.");
        }
    }

    /** Measures held-out texts; true where the domain's is the best so far. */
    private boolean measure() {
        Map<String, HeldOutScore> measured = heldOut.get();
        measured.forEach((text, score) -> listener.onEvent(new AdaptationEvent.HeldOut(progress.step, text, score)));
        return progress.measured(measured);
    }

    private void backToBest() {
        if (progress.best == progress.step) {
            return;
        }
        try (RunFolder.Saved best = folder.open(progress.best)) {
            listener.onEvent(new AdaptationEvent.Notice("Held-out loss no longer falls: back to step " + best.step()));
            trainer.restore(best.checkpoint().tensors());
        }
    }

    private void save() {
        progress.saved = progress.step;
        Map<String, StoredTensor> tensors = trainer.state();
        Path path = folder.save(progress.step, progress.write(fingerprint), tensors);
        folder.prune(
                spec.keepCheckpoints(),
                Double.isFinite(progress.bestLoss) ? Optional.of(progress.best) : Optional.empty());
        listener.onEvent(new AdaptationEvent.Checkpoint(progress.step, path));
    }

    /** Where a run is. What the report shows of it is here as well, so that a resumed run shows all of it. */
    static final class Progress {
        /** Points kept of a curve: beyond that, every second one goes. */
        private static final int MAX_POINTS = 2000;

        long step;
        long steps;
        long tokens;
        long millis;
        long best;
        double bestLoss = Double.POSITIVE_INFINITY;
        int sinceBest;
        long saved = -1;
        private int every = 1;
        /** Points of the training curve: step, tokens, loss, learning rate, gradient norm, tokens per second. */
        final List<double[]> curve = new ArrayList<>();
        /** Points of the held-out curves by text: step, nats, tokens. */
        final Map<String, List<double[]>> heldOut = new LinkedHashMap<>();

        Progress(long steps) {
            this.steps = steps;
        }

        private void stepped(Trainer.Result result, double rate, long took, long trained) {
            step++;
            tokens += trained;
            millis += took;
            if (step % every == 0) {
                curve.add(new double[] {
                    step, tokens, result.loss(), rate, result.gradientNorm(), trained * 1000.0 / Math.max(1, took)
                });
                if (curve.size() > MAX_POINTS) {
                    every *= 2;
                    curve.removeIf(point -> (long) point[0] % every != 0);
                }
            }
        }

        private AdaptationEvent.Step event(Trainer.Result result, double rate, Duration left) {
            long trained = tokens / step;
            return new AdaptationEvent.Step(
                    step,
                    steps,
                    result.loss(),
                    tokens,
                    rate,
                    result.gradientNorm(),
                    result.applied(),
                    curve.isEmpty() ? trained * 1000.0 * step / Math.max(1, millis) : curve.get(curve.size() - 1)[5],
                    Machine.residentBytes(),
                    left);
        }

        private boolean measured(Map<String, HeldOutScore> measured) {
            measured.forEach((text, p) -> heldOut.computeIfAbsent(text, t -> new ArrayList<>())
                    .add(new double[] {step, p.nats(), p.tokens()}));
            HeldOutScore domain = measured.get("domain");
            double loss = domain == null ? Double.NaN : domain.loss();
            if (loss < bestLoss) {
                bestLoss = loss;
                best = step;
                sinceBest = 0;
                return true;
            }
            sinceBest++;
            return false;
        }

        private Map<String, Object> write(String fingerprint) {
            var state = new LinkedHashMap<String, Object>();
            state.put("fingerprint", fingerprint);
            state.put("step", step);
            state.put("steps", steps);
            state.put("tokens", tokens);
            state.put("millis", millis);
            state.put("best", best);
            state.put("best_loss", Double.isInfinite(bestLoss) ? "none" : (Object) bestLoss);
            state.put("since_best", (long) sinceBest);
            state.put("curve_every", (long) every);
            state.put("curve", rows(curve));
            var texts = new LinkedHashMap<String, Object>();
            heldOut.forEach((text, curve) -> texts.put(text, rows(curve)));
            state.put("held_out", texts);
            return state;
        }

        private static List<List<Double>> rows(List<double[]> curve) {
            return curve.stream().map(p -> Arrays.stream(p).boxed().toList()).toList();
        }

        private void read(dev.argot.spi.Config state) {
            step = number(state, "step");
            steps = number(state, "steps");
            tokens = number(state, "tokens");
            millis = number(state, "millis");
            best = number(state, "best");
            bestLoss = state.values().get("best_loss") instanceof Number n ? n.doubleValue() : Double.POSITIVE_INFINITY;
            sinceBest = (int) number(state, "since_best");
            every = (int) number(state, "curve_every");
            saved = step;
            curve.clear();
            curve.addAll(points(state.list("curve")));
            heldOut.clear();
            state.object("held_out").values().forEach((text, points) -> {
                if (points instanceof List<?> list) {
                    heldOut.put(text, points(list));
                }
            });
        }

        private static long number(dev.argot.spi.Config state, String key) {
            return (long) state.number(key);
        }

        private static List<double[]> points(List<?> list) {
            var points = new ArrayList<double[]>();
            for (Object point : list) {
                if (point instanceof List<?> numbers) {
                    points.add(numbers.stream()
                            .mapToDouble(n -> n instanceof Number number ? number.doubleValue() : Double.NaN)
                            .toArray());
                }
            }
            return points;
        }
    }
}
