package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;
import dev.argot.api.Device;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.GenerativeModel;
import dev.argot.api.LoadOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.Precision;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.Term;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationEvent.Phase;
import dev.argot.api.adaptation.AdaptationListener;
import dev.argot.api.adaptation.AdaptationPlan;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationReport.VocabularyGain;
import dev.argot.api.adaptation.AdaptationResult;
import dev.argot.api.adaptation.AdaptationResult.Outcome;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.ObjectiveSettings;
import dev.argot.api.adaptation.RetentionGate;
import dev.argot.api.adaptation.VocabularyExtension;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationSpec;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutScore;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.core.bundle.ExtendedCheckpoint;
import dev.argot.core.bundle.ExtendedVocabulary;
import dev.argot.core.bundle.Hashes;
import dev.argot.core.bundle.JsonText;
import dev.argot.core.bundle.MergedWeights;
import dev.argot.core.bundle.VocabularyMiner;
import dev.argot.core.insight.InsideView;
import dev.argot.spi.Architecture;
import dev.argot.spi.AtomicFolder;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.LoraRewrite;
import dev.argot.spi.Objective;
import dev.argot.spi.ObjectiveContext;
import dev.argot.spi.Settings;
import dev.argot.spi.Tensor;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Rewrites;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One adaptation from spec to bundle. Used once, by one thread.
 *
 * <p>With a vocabulary extension the original model is measured, words are mined from what is trained on, and from there on the model
 * is the one with further tokens. What is held out is counted with the original tokenizer in any case.
 *
 * <p>Files: beside the output folder stands a folder with {@code .run} after its name, with {@code corpus/} (curated texts and their
 * manifest), {@code tokenizer/} (the extended one), {@code data/} (tokens) and {@code checkpoints/}; it goes when the bundle is there.
 */
public final class Adaptation implements AutoCloseable {
    private final Workshop workshop;
    private final AdaptationSpec spec;
    private final AdaptationListener listener;
    private final CancellationToken cancellation;
    private final Instant began;
    private final Opened open = new Opened();

    private final Optional<Domain> domain;
    private final TokenizerProvider tokenizers;
    private final Engine engine;
    private final ObjectiveSettings learning;

    // the model, from a vocabulary extension on the extended one
    private Checkpoint checkpoint;
    private Architecture architecture;
    private Tokenizer tokenizer;
    private Objective objective;
    private CompiledModel base;
    private Optional<Extension> extension = Optional.empty();

    /**
     * Opens the model.
     *
     * @param workshop the runtime
     * @param spec what shall be done
     * @param listener is told of it
     * @param cancellation looked at before each step
     */
    public Adaptation(
            Workshop workshop, AdaptationSpec spec, AdaptationListener listener, CancellationToken cancellation) {
        this.workshop = workshop;
        this.spec = spec;
        this.listener = listener;
        this.cancellation = cancellation;
        this.began = workshop.clock().instant();
        LoadOptions loading = spec.loading();
        if (loading.precision() != Precision.FLOAT32) {
            throw new ArgotException("Training needs float32 weights; the spec asks for " + loading.precision() + ".");
        }
        this.domain = spec.domain().or(() -> spec.domainName().map(workshop.argot()::domain));
        phase(Phase.Name.LOAD, spec.model());
        try {
            this.checkpoint = open.add(workshop.open(spec.model(), loading.offline()));
            this.architecture = workshop.architecture(checkpoint);
            this.learning = spec.objective().orElseGet(this::usual);
            if (spec.sequenceLength() > architecture.contextLength()) {
                throw new ArgotException("Rows of " + spec.sequenceLength() + " tokens do not fit into the context of "
                        + spec.model() + ", " + architecture.contextLength() + " tokens.");
            }
            if (spec.gate().isPresent() && spec.vocabulary().isPresent() && architecture.kind() != CausalModel.class) {
                throw new ArgotException(
                        "New tokens change which tokens of a text are hidden, so what is forgotten cannot be"
                                + " measured of a " + architecture.kind().getSimpleName()
                                + ": extend the vocabulary without a retention gate, or hold the gate without.");
            }
            this.tokenizers = workshop.tokenizers(checkpoint.tokenizer());
            this.tokenizer = tokenizers.open(checkpoint.tokenizer());
            this.objective = objective();
            this.engine = workshop.engine(loading);
            if (!engine.trains()) {
                throw new ArgotException("The engine '" + engine.name() + "' does not train.");
            }
            this.base = open.add(engine.compile(
                    architecture.graph(), WeightBinding.bind(architecture, checkpoint), Precision.FLOAT32));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    // ---- the objective

    /** What models of this kind are pre-trained with. */
    private ObjectiveSettings usual() {
        Class<? extends Model> kind = architecture.kind();
        if (kind == CausalModel.class) {
            return ObjectiveSettings.of(ObjectiveSettings.CAUSAL);
        } else if (kind == MaskedModel.class) {
            return ObjectiveSettings.of(ObjectiveSettings.MASKED);
        } else if (kind == Seq2SeqModel.class) {
            return ObjectiveSettings.of(ObjectiveSettings.SPAN_CORRUPTION);
        }
        throw new ArgotException(spec.model() + " holds a " + kind.getSimpleName() + " (" + architecture.modelType()
                + "). Pre-training is continued of models with a language model's head: " + names() + ".");
    }

    private static String names() {
        return Stream.of(CausalModel.class, MaskedModel.class, Seq2SeqModel.class)
                .map(Class::getSimpleName)
                .collect(Collectors.joining(", "));
    }

    /** The objective for the present tokenizer. */
    private Objective objective() {
        var settings = new Settings("objective '" + learning.name() + "'", learning.settings());
        try {
            Objective made = workshop.objectives(learning.name())
                    .open(settings, new ObjectiveContext(tokenizer, architecture.vocabularySize(), terms()));
            settings.requireAllKnown();
            if (made.kind() != architecture.kind()) {
                throw new ArgotException("The objective '" + learning.name() + "' trains a "
                        + made.kind().getSimpleName() + "; " + spec.model() + " is a "
                        + architecture.kind().getSimpleName() + " (" + architecture.modelType() + ").");
            }
            if (made.documentTokens(spec.sequenceLength()) == 0) {
                throw new ArgotException("Rows of " + spec.sequenceLength()
                        + " tokens are too short for the objective '" + learning.name() + "'.");
            }
            return made;
        } catch (IllegalArgumentException e) {
            throw new ArgotException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Tokens in a decoder's row; where completions are learned as well, they may be as long as their prompts. */
    private int targets(int length) {
        int targets = objective.targetTokens(length);
        return targets > 0 && !spec.pairs().isEmpty() ? Math.max(targets, length) : targets;
    }

    private RowLayout layout() {
        return new RowLayout(
                objective,
                spec.sequenceLength(),
                targets(spec.sequenceLength()),
                tokenizer.specialTokens().pad().orElse(0),
                architecture.kind() == Seq2SeqModel.class ? workshop.decoderStart(checkpoint, tokenizer) : 0);
    }

    private RowStream rows(TrainingTexts texts) {
        return new RowStream(texts.stores(), texts.shares(), layout(), spec.seed());
    }

    /** Of encoders only tokens with a label go through the head. */
    private boolean selects() {
        return architecture.kind() == MaskedModel.class;
    }

    // ---- the plan

    /** What the run will take. Reads and tokenizes the corpus, and times a step or two. */
    public AdaptationPlan plan() {
        Path temporary = temporary();
        try {
            Curated curated = curate(temporary);
            Tokenizer original = tokenizer;
            if (spec.vocabulary().isPresent()) {
                extend(mine(spec.vocabulary().get(), curated), temporary);
            }
            try (TrainingTexts texts = texts(temporary, curated, original);
                    TrainedModel model = trainedModel()) {
                return plan(texts, model);
            }
        } finally {
            AtomicFolder.discard(temporary);
        }
    }

    private AdaptationPlan plan(TrainingTexts texts, TrainedModel model) {
        Graph graph = model.training().graph();
        long trainable = model.trainable();
        AdaptationPlan.Memory memory =
                MemoryModel.estimate(graph, model.trained(), model.firstRows(), spec, layout().targets());
        long tokensPerStep = (long) spec.sequenceLength() * spec.rows() * spec.accumulation();
        boolean fits = memory.total() <= Machine.physicalBytes() || Machine.physicalBytes() == 0;
        Optional<Duration> step = fits ? Optional.of(calibrate(texts, model)) : Optional.empty();
        long steps = steps(texts, tokensPerStep, step);
        long all = architecture.graph().parameterCount();
        double perToken = model.layers().isEmpty() ? 6.0 : 4.0;
        return new AdaptationPlan(
                all,
                trainable,
                memory,
                Machine.physicalBytes(),
                texts.trainTokens(),
                steps,
                tokensPerStep,
                perToken * all * steps * tokensPerStep,
                step.map(one -> one.multipliedBy(steps)),
                fits ? List.of() : advice(model));
    }

    private long steps(TrainingTexts texts, long tokensPerStep, Optional<Duration> step) {
        return switch (spec.budget()) {
            case Budget.Tokens tokens -> Math.ceilDiv(tokens.tokens(), tokensPerStep);
            case Budget.Steps steps -> steps.steps();
            case Budget.Epochs epochs ->
                Math.max(1, (long) Math.ceil(epochs.epochs()
                        * texts.trainTokens()
                        / texts.domainShare()
                        / ((double) layout().documentTokens() * spec.rows() * spec.accumulation())));
            case Budget.Time time ->
                Math.max(
                        1,
                        time.duration().toMillis()
                                / Math.max(1, step.orElse(Duration.ofSeconds(1)).toMillis()));
        };
    }

    /** How long a step takes: one micro-batch to warm up, one timed, at a learning rate of zero. */
    private Duration calibrate(TrainingTexts texts, TrainedModel model) {
        RowStream rows = rows(texts);
        var batch = new ArrayList<Row>();
        for (int i = 0; i < spec.rows(); i++) {
            batch.add(rows.next());
        }
        Map<String, Tensor> inputs = TrainingLoop.inputs(batch, selects());
        if (hasDropout()) {
            inputs.put("dropout_seed", new Tensor.Longs(new long[] {0}, 1));
        }
        var request = new Trainer.StepRequest(List.of(inputs), new Trainer.Update(0, spec.maxGradientNorm()));
        try (Trainer trainer = model.training().openTrainer(request(model))) {
            trainer.step(request);
            long began = System.nanoTime();
            trainer.step(request);
            return Duration.ofNanos((System.nanoTime() - began) * spec.accumulation());
        }
    }

    private boolean hasDropout() {
        return spec.method() instanceof Lora lora && lora.dropout() > 0;
    }

    private Trainer.Request request(TrainedModel model) {
        return new Trainer.Request(
                model.trained(), spec.optimizer(), spec.recompute(), computation(), model.firstRows());
    }

    private Precision computation() {
        return spec.computation()
                .orElse(engine.device().kind() == Device.Kind.CPU ? Precision.FLOAT32 : Precision.BFLOAT16);
    }

    /** What would make it fit, the mildest change first. */
    private List<String> advice(TrainedModel model) {
        var advice = new ArrayList<String>();
        long machine = Machine.physicalBytes();
        AdaptationSpec smaller = spec.toBuilder()
                .batch(spec.sequenceLength(), 1, spec.accumulation() * spec.rows())
                .build();
        if (spec.rows() > 1 && memory(model, smaller) <= machine) {
            advice.add("one row at a time with " + smaller.accumulation()
                    + " micro-batches: the same step in less memory");
        }
        AdaptationSpec recomputed = smaller.toBuilder().recompute(true).build();
        if (!spec.recompute() && memory(model, recomputed) <= machine) {
            advice.add("recompute blocks in the backward pass, one row at a time");
        }
        int half = spec.sequenceLength() / 2;
        AdaptationSpec shorter = recomputed.toBuilder()
                .batch(Math.max(2, half), 1, 2 * smaller.accumulation())
                .build();
        if (memory(model, shorter) <= machine) {
            advice.add("rows of " + half + " tokens, recomputed, one at a time");
        }
        if (!(spec.method() instanceof Lora)) {
            advice.add("LoRA instead of " + SpecText.method(spec.method())
                    + ": no gradients or optimizer state for the weights themselves");
        }
        advice.add("a smaller model, or a machine with more than " + (memory(model, recomputed) >> 30) + " GiB");
        return advice;
    }

    private long memory(TrainedModel model, AdaptationSpec wanted) {
        return MemoryModel.estimate(
                        model.training().graph(),
                        model.trained(),
                        model.firstRows(),
                        wanted,
                        targets(wanted.sequenceLength()))
                .total();
    }

    // ---- the run

    /** Does it all. */
    public AdaptationResult run() {
        Path out = spec.out().toAbsolutePath().normalize();
        Path running = out.resolveSibling(out.getFileName() + ".run");
        if (Files.exists(out) && !isEmpty(out)) {
            throw new ArgotException(out + " is in the way: expected a folder that does not exist or is empty.");
        }
        if (Files.exists(running) && !spec.resume()) {
            throw new ArgotException(
                    running + " is there from a run that did not end. Resume it, or delete that folder.");
        }
        var folder = new RunFolder(running, workshop.checkpointFormat());
        try {
            return run(out, folder);
        } catch (CancellationException e) {
            boolean any = !folder.steps().isEmpty();
            if (!any) {
                folder.delete();
            }
            return new AdaptationResult(
                    Outcome.CANCELLED, running, any ? folder.steps().getLast() : 0, 0);
        } catch (RuntimeException | Error e) {
            if (folder.steps().isEmpty()) { // nothing to go on from
                folder.delete();
            }
            throw e;
        }
    }

    private AdaptationResult run(Path out, RunFolder folder) {
        Path running = folder.folder();
        Curated curated = curate(running);
        Tokenizer original = tokenizer;
        Optional<Measured> measured = Optional.empty();
        if (spec.vocabulary().isPresent()) {
            Mined mined = mine(spec.vocabulary().get(), curated);
            measured = Optional.of(measureBefore(mined.heldOut())); // the original model is gone afterwards
            extend(mined, running);
        }
        try (TrainingTexts texts = texts(running, curated, original);
                TrainedModel model = trainedModel()) {
            AdaptationPlan plan = plan(texts, model);
            listener.onEvent(new AdaptationEvent.Planned(plan));
            if (!plan.fits()) {
                throw new ArgotException("This needs about " + (plan.memory().total() >> 20)
                        + " MiB, and the machine has " + (plan.machineBytes() >> 20) + ". What would fit: "
                        + String.join("; or ", plan.advice()) + ".");
            }
            var progress = new TrainingLoop.Progress(plan.steps());
            Measured before = measured.isPresent() ? measured.get() : measureBefore(texts.heldOut());
            phase(Phase.Name.TRAIN, plan.steps() + " steps");
            Outcome outcome = train(folder, texts, model, progress);
            if (outcome == Outcome.CANCELLED) {
                return new AdaptationResult(outcome, running, progress.step, progress.tokens);
            }
            phase(Phase.Name.EVALUATE_AFTER, "");
            Gated gated = gate(texts.heldOut(), model, before.evaluation());
            Measured after;
            try (Model end = measurable(adapted(model, gated.share()))) {
                after = measure(end, texts.heldOut());
            }
            phase(Phase.Name.SAVE, out.toString());
            new ResultWriter(workshop, spec, learning, domain, checkpoint, architecture, tokenizers)
                    .write(
                            out,
                            model,
                            gated.share(),
                            report(plan, progress, curated, before, after, gated),
                            curated.manifest());
            folder.delete();
            return new AdaptationResult(outcome, out, progress.step, progress.tokens);
        }
    }

    private static boolean isEmpty(Path folder) {
        try (Stream<Path> inside = Files.list(folder)) {
            return inside.findAny().isEmpty();
        } catch (IOException e) {
            return false; // a file, or not ours to read: in the way
        }
    }

    private Measured measureBefore(HeldOutTexts texts) {
        phase(Phase.Name.EVALUATE_BEFORE, "");
        try (Model start = measurable(base.derive(base.graph()))) {
            return measure(start, texts);
        }
    }

    private TrainedModel trainedModel() {
        NewRows added = extension
                .map(e -> new NewRows(
                        e.checkpoint().extendedParameters(),
                        e.checkpoint().firstRow(),
                        spec.vocabulary().map(VocabularyExtension::newRowsOnly).orElse(false)))
                .orElse(NewRows.NONE);
        return TrainedModel.of(
                base,
                WeightBinding.bind(architecture, checkpoint),
                spec.method(),
                architecture.buffers(),
                added,
                selects() ? graph -> Rewrites.packed(Rewrites.selectTokens(graph)) : Rewrites::packed,
                spec.seed());
    }

    // ---- words that become tokens

    /**
     * Words found in what is trained on.
     *
     * @param heldOut what they were not looked for in
     */
    private record Mined(List<VocabularyMiner.Candidate> words, HeldOutTexts heldOut) {}

    /** A model's further tokens. */
    private record Extension(ExtendedVocabulary vocabulary, ExtendedCheckpoint checkpoint, VocabularyGain gain) {}

    private Mined mine(VocabularyExtension wanted, Curated curated) {
        phase(Phase.Name.TOKENIZE, "looking for words");
        var miner =
                new VocabularyMiner(tokenizer, domain.map(Domain::vocabulary).orElse(List.of()));
        HeldOutTexts heldOut = TrainingTexts.split(
                spec,
                curated.documents().get(),
                workshop::documents,
                tokenizer,
                document -> miner.add(document.text()));
        return new Mined(miner.candidates(wanted.maxTerms()), heldOut);
    }

    /** From here on the model is the one with further tokens; the old one's weights are freed. */
    private void extend(Mined mined, Path running) {
        if (mined.words().isEmpty()) {
            keepVocabulary();
            return;
        }
        if (spec.method() instanceof Lora lora) {
            MergedWeights.check(architecture.graph(), LoraRewrite.layers(architecture.graph(), lora));
        }
        ExtendedVocabulary vocabulary =
                ExtendedVocabulary.of(tokenizers, checkpoint.tokenizer(), mined.words(), running.resolve("tokenizer"));
        if (vocabulary.pieces().isEmpty()) {
            keepVocabulary();
            return;
        }
        HeldOutText text = mined.heldOut().nearest();
        VocabularyGain gain = vocabulary.gain(
                text.role() == HeldOutText.Role.GENERAL ? "general text" : "held-out text", text.documents().stream());
        listener.onEvent(new AdaptationEvent.Notice(String.format(
                Locale.ROOT,
                "%d new tokens: %s takes %,d tokens instead of %,d (%.1f %% fewer).",
                vocabulary.pieces().size(),
                gain.text(),
                gain.tokensAfter(),
                gain.tokensBefore(),
                100.0 * (gain.tokensBefore() - gain.tokensAfter()) / Math.max(1, gain.tokensBefore()))));
        var extended = new ExtendedCheckpoint(checkpoint, architecture, vocabulary);
        phase(Phase.Name.LOAD, spec.model() + " with " + vocabulary.pieces().size() + " new tokens");
        base.close();
        checkpoint = extended; // what it extends is closed at the end
        architecture = workshop.architecture(extended);
        tokenizer = vocabulary.tokenizer();
        objective = objective();
        base = open.add(
                engine.compile(architecture.graph(), WeightBinding.bind(architecture, checkpoint), Precision.FLOAT32));
        extension = Optional.of(new Extension(vocabulary, extended, gain));
    }

    private void keepVocabulary() {
        listener.onEvent(new AdaptationEvent.Notice(
                "No word that takes several tokens occurs often enough: the vocabulary stays as it is."));
    }

    private Outcome train(RunFolder folder, TrainingTexts texts, TrainedModel model, TrainingLoop.Progress progress) {
        String fingerprint = Hashes.sha256(SpecText.describe(spec, learning) + " "
                + extension.map(e -> e.vocabulary().words()) + computation() + texts.checksum()
                + model.training().graph() + engine.name() + engine.device());
        try (Trainer trainer = model.training().openTrainer(request(model));
                Model measured =
                        measurable(model.inference().derive(model.inference().graph()))) {
            var loop = new TrainingLoop(
                    spec,
                    trainer,
                    () -> rows(texts),
                    texts.stores(),
                    folder,
                    fingerprint,
                    hasDropout(),
                    selects(),
                    () -> scores(measured, texts.heldOut()),
                    listener,
                    cancellation,
                    workshop.clock(),
                    progress);
            if (spec.resume()) {
                loop.resume();
            }
            return loop.run();
        }
    }

    private Model measurable(CompiledModel compiled) {
        return workshop.model(spec.model(), checkpoint, architecture, tokenizer, compiled, spec.loading());
    }

    /** The model with part of what it learned. */
    private CompiledModel adapted(TrainedModel model, double share) {
        CompiledModel inference = model.inference();
        if (share == 1) {
            return inference.derive(inference.graph());
        }
        return model.layers().isEmpty() || extension.isPresent()
                ? engine.compile(inference.graph(), model.weights(share), Precision.FLOAT32)
                : base.derive(inference.graph(), model.weights(share));
    }

    // ---- texts

    /** What curation left. */
    private record Curated(
            Supplier<Stream<Document>> documents, Optional<CurationReport> report, Optional<Path> manifest) {}

    private Curated curate(Path running) {
        phase(Phase.Name.CURATE, "");
        List<CorpusSource> sources = spec.corpus();
        try {
            Files.createDirectories(running);
            if (sources.isEmpty()) {
                Path samples = running.resolve("samples.jsonl");
                Files.writeString(samples, lines(domain().samples()));
                sources = List.of(CorpusSource.of(samples));
            }
        } catch (IOException e) {
            throw new ArgotException(running + ": cannot be written: " + e, e);
        }
        if (!spec.curate()) {
            List<CorpusSource> all = sources;
            return new Curated(() -> workshop.documents(all), Optional.empty(), Optional.empty());
        }
        Path corpus = running.resolve("corpus");
        AtomicFolder.discard(corpus); // of a run that is resumed; the same comes out again
        CurationSpec.Builder curation = CurationSpec.builder(sources.toArray(CorpusSource[]::new))
                .output(corpus)
                .tokenizer(tokenizer)
                .evaluationSets(Stream.concat(spec.heldOut().stream(), spec.generalHeldOut().stream())
                        .toArray(CorpusSource[]::new))
                .seed(spec.seed())
                .cancellation(cancellation);
        domain.ifPresent(curation::domain);
        CurationReport report = workshop.argot().curate(curation.build());
        if (report.out().documents() == 0) {
            throw new ArgotException("Curation kept none of the " + report.in().documents() + " documents: "
                    + report.steps().stream()
                            .filter(step -> !step.dropped().isEmpty())
                            .map(step -> step.name() + " dropped " + step.dropped())
                            .collect(Collectors.joining(", "))
                    + ". A file of many texts is read as one document unless told that its paragraphs are the documents; or"
                    + " take the texts as they are, without curation.");
        }
        return new Curated(
                () -> workshop.documents(List.of(CorpusSource.of(corpus.resolve(CurationSpec.DOCUMENTS)))),
                Optional.of(report),
                Optional.of(corpus.resolve(CurationSpec.MANIFEST)));
    }

    private static String lines(List<Document> documents) {
        return documents.stream()
                .map(d -> JsonText.write(
                        Map.of("id", d.id(), "text", d.text(), "source", d.source(), "licence", d.licence())))
                .map(line -> line.replace('\n', ' ') + "\n") // JSON has no line break inside strings
                .collect(Collectors.joining());
    }

    private Domain domain() {
        return domain.orElseThrow(
                () -> new ArgotException("There is nothing to learn from: name a corpus, or a domain."));
    }

    /**
     * The texts as tokens.
     *
     * @param original the tokenizer the model came with
     */
    private TrainingTexts texts(Path running, Curated curated, Tokenizer original) {
        phase(Phase.Name.TOKENIZE, "");
        Path data = running.resolve("data");
        try {
            Files.createDirectories(data);
        } catch (IOException e) {
            throw new ArgotException(data + ": cannot be made: " + e, e);
        }
        return TrainingTexts.prepare(
                spec, curated.documents().get(), workshop::documents, original, tokenizer, layout(), data);
    }

    private static Path temporary() {
        try {
            return Files.createTempDirectory("argot-plan");
        } catch (IOException e) {
            throw new ArgotException("no temporary folder can be made: " + e, e);
        }
    }

    // ---- measuring

    /** What was measured of a model, how it completes the prompts of the report, and what it looks like inside. */
    private record Measured(Optional<Evaluation> evaluation, Map<String, String> completions, InsideView inside) {}

    private Measured measure(Model model, HeldOutTexts texts) {
        EvaluationSpec.Builder wanted = EvaluationSpec.builder()
                .shots(spec.shots().stream().mapToInt(Integer::intValue).toArray())
                .items(Math.max(1, spec.taskItems()))
                .window(window())
                .seed(spec.seed());
        texts.domain().ifPresent(wanted::text);
        wanted.text(texts.general());
        wanted.terms(terms());
        if (spec.taskItems() > 0 && model instanceof CausalModel) {
            domain.ifPresent(d -> d.tasks().forEach(wanted::task));
            wanted.instructions(tokenizer.chatTemplate().isPresent());
        }
        Evaluation evaluation = workshop.argot().evaluate(model, wanted.build(), EvaluationListener.NONE, cancellation);
        var completions = new LinkedHashMap<String, String>();
        for (String prompt : prompts(texts)) {
            completions.put(prompt, completed(model, prompt));
        }
        return new Measured(
                Optional.of(evaluation),
                completions,
                InsideView.of(model, terms(), texts.nearest().documents(), prompts(texts)));
    }

    private List<String> terms() {
        return domain.map(Domain::vocabulary).orElse(List.of()).stream()
                .map(Term::text)
                .toList();
    }

    /** What a model writes after a prompt, or at its masks. */
    private static String completed(Model model, String prompt) {
        return switch (model) {
            case GenerativeModel generative ->
                generative
                        .complete(
                                prompt,
                                Decoding.greedy().toBuilder().maxTokens(48).build())
                        .text();
            case MaskedModel masked ->
                masked.fillMask(prompt, 5).stream()
                        .map(mask -> mask.candidates().stream()
                                .map(candidate -> candidate.text().strip())
                                .collect(Collectors.joining(", ")))
                        .collect(Collectors.joining("; "));
            default -> "";
        };
    }

    private Perplexity.Window window() {
        int context = Math.min(1024, architecture.contextLength());
        // with another vocabulary as many tokens would be another text: there the texts themselves are cut
        OptionalInt limit = spec.vocabulary().isPresent() ? OptionalInt.empty() : OptionalInt.of(spec.heldOutTokens());
        return new Perplexity.Window(context, Math.max(1, context / 2), limit);
    }

    /** The held-out texts alone. */
    private Map<String, HeldOutScore> scores(Model model, HeldOutTexts texts) {
        EvaluationSpec.Builder wanted =
                EvaluationSpec.builder().window(window()).seed(spec.seed());
        texts.domain().ifPresent(wanted::text);
        wanted.text(texts.general());
        Evaluation evaluation =
                workshop.argot().evaluate(model, wanted.build(), EvaluationListener.NONE, CancellationToken.never());
        return HeldOutScore.of(evaluation);
    }

    /** Prompts of the spec, else for models that continue texts how held-out documents begin. */
    private List<String> prompts(HeldOutTexts texts) {
        if (!spec.prompts().isEmpty() || architecture.kind() != CausalModel.class) {
            return spec.prompts();
        }
        return texts.domain().map(HeldOutText::documents).orElse(List.of()).stream()
                .map(Adaptation::beginning)
                .distinct()
                .limit(3)
                .toList();
    }

    private static String beginning(String text) {
        String[] words = text.strip().split("\\s+", 17);
        return String.join(" ", Arrays.copyOf(words, Math.min(16, words.length)));
    }

    // ---- how much may be forgotten

    /** The share of what was learned that is kept, and what was tried. */
    private record Gated(double share, Optional<AdaptationReport.Gate> gate) {}

    private Gated gate(HeldOutTexts texts, TrainedModel model, Optional<Evaluation> before) {
        if (spec.gate().isEmpty() || before.isEmpty()) {
            return new Gated(1, Optional.empty());
        }
        RetentionGate gate = spec.gate().get();
        Map<String, HeldOutScore> start = HeldOutScore.of(before.get());
        var trials = new ArrayList<AdaptationReport.Gate.Trial>();
        for (int tenths = 10; tenths >= 0; tenths--) {
            double share = tenths / 10.0;
            double change = 0;
            double gain = 0;
            if (tenths > 0 || extension.isPresent()) { // new tokens change texts untrained as well
                try (Model candidate = measurable(adapted(model, share))) {
                    Map<String, HeldOutScore> measured = scores(candidate, texts);
                    change = change(start, measured, "general");
                    gain = -change(start, measured, "domain");
                }
            }
            trials.add(new AdaptationReport.Gate.Trial(share, gain, change));
            if (change <= gate.maxIncrease()) {
                return new Gated(
                        share, Optional.of(new AdaptationReport.Gate(gate.maxIncrease(), trials, share, true)));
            }
            if (gate.action() == RetentionGate.Action.FAIL) {
                throw new ArgotException(String.format(
                        Locale.ROOT,
                        "The loss on general text (%s) rose by %.2f %%; the gate allows %.2f %%. The checkpoints stay; allow"
                                + " more, replay more general text, train less, or let the gate interpolate.",
                        start.values().iterator().next().measure().label(),
                        100 * change,
                        100 * gate.maxIncrease()));
            }
        }
        throw new ArgotException(String.format(
                Locale.ROOT,
                "Bits per byte on general text rises by %.2f %% by the new tokens alone, before any training; the gate allows"
                        + " %.2f %%. Add fewer words, or allow more.",
                100 * trials.getLast().generalChange(),
                100 * gate.maxIncrease()));
    }

    private static double change(Map<String, HeldOutScore> before, Map<String, HeldOutScore> after, String text) {
        HeldOutScore first = before.get(text);
        HeldOutScore second = after.get(text);
        return first == null || second == null ? 0 : second.value() / first.value() - 1;
    }

    // ---- the report

    private AdaptationReport report(
            AdaptationPlan plan,
            TrainingLoop.Progress progress,
            Curated curated,
            Measured before,
            Measured after,
            Gated gated) {
        Instant now = workshop.clock().instant();
        AdaptationReport.Builder report = AdaptationReport.builder(
                        spec.model(),
                        domain.map(Domain::title).orElse("the corpus"),
                        SpecText.method(spec.method()),
                        new AdaptationReport.Environment(
                                Environment.version(),
                                Environment.java(),
                                Environment.system(),
                                engine.name(),
                                engine.device().toString(),
                                computation().name().toLowerCase(Locale.ROOT),
                                workshop.threads(),
                                Machine.physicalBytes()))
                .finished(now, Duration.between(began, now));
        progress.curve.forEach(p ->
                report.training(new AdaptationReport.TrainingPoint((long) p[0], (long) p[1], p[2], p[3], p[4], p[5])));
        double perStep = (double) progress.tokens / Math.max(1, progress.step);
        progress.heldOut.forEach((text, points) -> points.forEach(p -> report.heldOut(
                new AdaptationReport.HeldOutPoint(text, (long) p[0], (long) (p[0] * perStep), p[1] / p[2]))));
        curated.report().ifPresent(report::curation);
        if (before.evaluation().isPresent() && after.evaluation().isPresent()) {
            report.comparison(workshop.argot()
                    .compare(before.evaluation().get(), after.evaluation().get()));
        }
        extension.ifPresent(e -> report.vocabulary(e.gain()));
        gated.gate().ifPresent(report::gate);
        before.completions()
                .forEach((prompt, text) -> report.sample(new AdaptationReport.Sample(
                        prompt, text, after.completions().getOrDefault(prompt, ""))));
        InsideView.changed(before.inside(), after.inside()).ifPresent(report::insight);
        planned(report, "steps", "", (double) plan.steps(), (double) progress.step);
        planned(report, "tokens", "tokens", (double) plan.tokens(), (double) progress.tokens);
        plan.time()
                .ifPresent(time ->
                        planned(report, "time of the steps", "s", time.toMillis() / 1e3, progress.millis / 1e3));
        planned(report, "peak memory", "bytes", (double) plan.memory().total(), (double) Machine.peakBytes());
        report.plan(new AdaptationReport.PlannedQuantity(
                "naive rule, 24 bytes a weight",
                "bytes",
                (double) AdaptationPlan.Memory.ruleOfThumb(plan.parameters()),
                OptionalDouble.empty()));
        report.plan(new AdaptationReport.PlannedQuantity(
                "work", "petaflop/s-days", plan.petaflopDays(), OptionalDouble.empty()));
        report.plan(new AdaptationReport.PlannedQuantity(
                "20 tokens a parameter", "tokens", (double) plan.chinchillaTokens(), OptionalDouble.of((double)
                        progress.tokens)));
        SpecText.describe(spec, learning).forEach(report::configuration);
        report.seed("everything", spec.seed());
        report.licence(new AdaptationReport.Licence(spec.model(), checkpoint.licence()));
        licences().forEach(report::licence);
        return report.build();
    }

    private List<AdaptationReport.Licence> licences() {
        var licences = new LinkedHashSet<AdaptationReport.Licence>();
        if (spec.corpus().isEmpty()) {
            domain.ifPresent(
                    d -> d.samples().forEach(s -> licences.add(new AdaptationReport.Licence(s.source(), s.licence()))));
        }
        spec.corpus()
                .forEach(c -> licences.add(new AdaptationReport.Licence(
                        c.source().isEmpty() ? String.join(", ", c.paths()) : c.source(), c.licence())));
        if (spec.replayShare() > 0 && spec.replay().isEmpty()) {
            licences.add(new AdaptationReport.Licence(
                    "general sample: United States presidential addresses, Shakespeare", "LicenseRef-public-domain"));
        }
        return List.copyOf(licences);
    }

    private static void planned(
            AdaptationReport.Builder report, String name, String unit, double planned, double measured) {
        report.plan(new AdaptationReport.PlannedQuantity(
                name, unit, planned, measured > 0 ? OptionalDouble.of(measured) : OptionalDouble.empty()));
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
