package dev.argot.core;

import dev.argot.api.Argot;
import dev.argot.api.ArgotException;
import dev.argot.api.ArgotOptions;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Document;
import dev.argot.api.Domain;
import dev.argot.api.EmbeddingModel;
import dev.argot.api.ExportOptions;
import dev.argot.api.GenerativeModel;
import dev.argot.api.LoadOptions;
import dev.argot.api.MaskedModel;
import dev.argot.api.Model;
import dev.argot.api.ModelDescription;
import dev.argot.api.ModelNotFoundException;
import dev.argot.api.Precision;
import dev.argot.api.ProviderException;
import dev.argot.api.QuestionAnswerer;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.SequenceClassifier;
import dev.argot.api.TokenClassifier;
import dev.argot.api.Tokenizer;
import dev.argot.api.UnsupportedArchitectureException;
import dev.argot.api.Verification;
import dev.argot.api.adaptation.AdaptationListener;
import dev.argot.api.adaptation.AdaptationPlan;
import dev.argot.api.adaptation.AdaptationResult;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Reports;
import dev.argot.api.corpus.CorpusSource;
import dev.argot.api.corpus.CurationReport;
import dev.argot.api.corpus.CurationSpec;
import dev.argot.api.evaluation.Comparison;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.Task;
import dev.argot.api.finetuning.FineTuningResult;
import dev.argot.api.finetuning.FineTuningSpec;
import dev.argot.api.finetuning.HeadEvaluation;
import dev.argot.api.finetuning.LabelledItem;
import dev.argot.api.prompt.PromptSpec;
import dev.argot.api.prompt.Prompter;
import dev.argot.api.prompt.ShotSweep;
import dev.argot.api.prompt.ShotSweepSpec;
import dev.argot.api.retrieval.Retriever;
import dev.argot.api.retrieval.RetrieverSpec;
import dev.argot.core.adaptation.Adaptation;
import dev.argot.core.adaptation.Workshop;
import dev.argot.core.bundle.BasePaths;
import dev.argot.core.bundle.Hashes;
import dev.argot.core.bundle.MergedCheckpoint;
import dev.argot.core.bundle.ModelCard;
import dev.argot.core.bundle.PlainFolder;
import dev.argot.core.corpus.LabelledFiles;
import dev.argot.core.decoding.SessionCache;
import dev.argot.core.evaluation.Comparisons;
import dev.argot.core.evaluation.Evaluator;
import dev.argot.core.evaluation.HeadEvaluator;
import dev.argot.core.evaluation.ShotSweeper;
import dev.argot.core.finetuning.FineTuning;
import dev.argot.core.prompt.CorePrompter;
import dev.argot.core.prompt.ExemplarSelector;
import dev.argot.core.prompt.ExemplarSelectors;
import dev.argot.core.prompt.Searches;
import dev.argot.core.report.ReportFiles;
import dev.argot.core.retrieval.CoreRetriever;
import dev.argot.spi.Adapter;
import dev.argot.spi.AdapterFormatProvider;
import dev.argot.spi.Architecture;
import dev.argot.spi.ArchitectureProvider;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Config;
import dev.argot.spi.ElementType;
import dev.argot.spi.Engine;
import dev.argot.spi.EngineProvider;
import dev.argot.spi.ModelSourceProvider;
import dev.argot.spi.ObjectiveProvider;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TextRules;
import dev.argot.spi.TokenizerData;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** The runtime: takes a name through source, format, architecture, weights and engine to a model. Thread-safe. */
final class CoreArgot implements Argot {
    private static final System.Logger LOGGER = System.getLogger(CoreArgot.class.getName());
    private static final Reports REPORTS = new ReportFiles();
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    private final ArgotOptions options;
    private final SessionCache sessions;
    private final Providers providers;
    private final Object lock = new Object();
    private final Map<EngineKey, Engine> engines = new HashMap<>();
    private final Set<LoadedModel> models = new LinkedHashSet<>();
    private boolean closed;

    CoreArgot(ArgotOptions options, Providers providers) {
        this.options = options;
        this.sessions = new SessionCache(options.prefixCacheBytes());
        this.providers = providers;
    }

    @Override
    public <M extends Model> M load(Class<M> kind, String name, LoadOptions loading) {
        checkOpen();
        // Starting an engine takes longer than opening a file, so both are done at once; the engine stays for the next
        // model.
        var starting = new FutureTask<>(() -> engine(loading));
        Thread.ofPlatform().daemon().name("argot-engine").start(starting);
        Checkpoint checkpoint = open(name, loading.offline());
        try (var undo = new Undo()) {
            undo.add(checkpoint);
            Architecture architecture = architecture(checkpoint, kind, name);
            TokenizerProvider tokenizers = tokenizers(checkpoint.tokenizer());
            // Reading the vocabulary takes as long as starting the engine, so both are done at once.
            var tokenizer = new FutureTask<>(() -> tokenizers.open(checkpoint.tokenizer()));
            Thread reader = Thread.ofPlatform().name("argot-tokenizer").start(tokenizer);
            undo.add(() -> join(reader));
            Engine engine = result(starting, "the engine could not be started");
            if (!engine.precisions().contains(loading.precision())) {
                throw new ProviderException("The engine '" + engine.name() + "' on " + engine.device()
                        + " does not support precision " + loading.precision() + ". Supported: "
                        + new TreeSet<>(engine.precisions()));
            }
            CompiledModel compiled = engine.compile(
                    architecture.graph(), WeightBinding.bind(architecture, checkpoint), loading.precision());
            undo.add(compiled);
            LoadedModel model = loaded(new LoadedModel.Parts(
                    Descriptions.describe(name, checkpoint, architecture),
                    architecture,
                    checkpoint,
                    tokenizers,
                    result(tokenizer, "the tokenizer could not be read"),
                    compiled,
                    engineName(engine, loading),
                    loading.precision(),
                    providers.formats(),
                    options.clock(),
                    sessions,
                    this::forget));
            synchronized (lock) {
                checkOpen();
                models.add(model);
            }
            undo.keep();
            LOGGER.log(System.Logger.Level.DEBUG, "loaded {0} with {1}", name, model.engine());
            return kind.cast(model);
        }
    }

    /** The architecture of a checkpoint, with the head that the kind of model wants. */
    private Architecture architecture(Checkpoint checkpoint, Class<? extends Model> kind, String name) {
        Architecture architecture = architecture(checkpoint);
        if (kind.isAssignableFrom(architecture.kind())) {
            return architecture;
        }
        if (kind == EmbeddingModel.class && !GenerativeModel.class.isAssignableFrom(architecture.kind())) {
            ArchitectureProvider provider = architectures(checkpoint);
            return provider.describe(provider.withHead(checkpoint.config(), kind, List.of()));
        }
        throw new ArgotException(name + " holds a " + architecture.kind().getSimpleName() + " ("
                + architecture.modelType() + "), not a " + kind.getSimpleName() + ".");
    }

    private static LoadedModel loaded(LoadedModel.Parts parts) {
        Class<? extends Model> kind = parts.architecture().kind();
        if (kind == CausalModel.class) {
            return new LoadedCausalModel(parts);
        }
        if (kind == Seq2SeqModel.class) {
            return new LoadedSeq2SeqModel(parts);
        }
        if (kind == MaskedModel.class) {
            return new LoadedMaskedModel(parts);
        }
        if (kind == EmbeddingModel.class) {
            return new LoadedEmbeddingModel(parts);
        }
        if (kind == SequenceClassifier.class) {
            return new LoadedSequenceClassifier(parts);
        }
        if (kind == TokenClassifier.class) {
            return new LoadedTokenClassifier(parts);
        }
        if (kind == QuestionAnswerer.class) {
            return new LoadedQuestionAnswerer(parts);
        }
        throw new UnsupportedOperationException(kind.getSimpleName());
    }

    private static String engineName(Engine engine, LoadOptions loading) {
        return engine.name() + " on " + engine.device() + ", "
                + loading.precision().name().toLowerCase(Locale.ROOT);
    }

    private static void join(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static <T> T result(FutureTask<T> task, String failed) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException failure) {
                        throw failure;
                    }
                    throw new ArgotException(failed + ": " + e.getCause(), e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public ModelDescription describe(String name, boolean offline) {
        checkOpen();
        try (Checkpoint checkpoint = open(name, offline)) {
            return Descriptions.describe(name, checkpoint, architecture(checkpoint));
        }
    }

    @Override
    public Tokenizer tokenizer(String name, boolean offline) {
        checkOpen();
        try (Checkpoint checkpoint = open(name, offline)) {
            return tokenizers(checkpoint.tokenizer()).open(checkpoint.tokenizer());
        }
    }

    @Override
    public List<String> domains() {
        return providers.domains().byName().keySet().stream().sorted().toList();
    }

    @Override
    public Domain domain(String name) {
        checkOpen();
        return providers.domains().get(name).open();
    }

    @Override
    public Evaluation evaluate(
            Model model, EvaluationSpec spec, EvaluationListener listener, CancellationToken cancellation) {
        checkOpen();
        var terms = new ArrayList<>(spec.terms());
        var tasks = new ArrayList<Task>();
        if (spec.domain().isPresent()) {
            Domain domain = providers.domains().get(spec.domain().get()).open();
            if (terms.isEmpty()) {
                domain.vocabulary().forEach(term -> terms.add(term.text()));
            }
            if (!spec.taskNames().isEmpty()) {
                spec.taskNames().forEach(name -> tasks.add(task(domain, name)));
            } else if (model
                    instanceof CausalModel) { // others do no tasks; the domain's terms are what they are asked for
                domain.tasks().stream().filter(task -> !task.items().isEmpty()).forEach(tasks::add);
            }
        }
        tasks.addAll(spec.tasks());
        return new Evaluator(model, spec, tasks, terms, this::prompter, listener, cancellation).evaluate();
    }

    private static Task task(Domain domain, String name) {
        return domain.task(name)
                .orElseThrow(() ->
                        new ArgotException("The domain '" + domain.name() + "' has no task '" + name + "'. Its tasks: "
                                + domain.tasks().stream().map(Task::name).toList() + "."));
    }

    @Override
    public Comparison compare(Evaluation before, Evaluation after) {
        return Comparisons.compare(before, after);
    }

    @Override
    public Reports reports() {
        return REPORTS;
    }

    @Override
    public Prompter prompter(GenerativeModel model, PromptSpec spec) {
        checkOpen();
        try (var undo = new Undo()) {
            ExemplarSelector selector = ExemplarSelectors.of(model, spec, searches());
            undo.add(selector);
            var prompter = new CorePrompter(model, spec, selector);
            undo.keep();
            return prompter;
        }
    }

    @Override
    public Retriever retriever(RetrieverSpec spec) {
        checkOpen();
        return new CoreRetriever(spec, searches());
    }

    private Searches searches() {
        return new Searches(
                () -> providers.searches().byName().values().stream()
                        .findFirst()
                        .orElseThrow(() -> providers.searches().missing("No search is there to find texts.")),
                domain -> TextRules.of(providers.domains().get(domain).open()));
    }

    @Override
    public List<Document> documents(CorpusSource source) {
        checkOpen();
        try (Stream<Document> documents = providers.corpora().open(source)) {
            return documents.toList();
        } catch (UncheckedIOException e) {
            throw new ArgotException("cannot read " + source.paths() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public ShotSweep sweep(
            GenerativeModel model, ShotSweepSpec spec, EvaluationListener listener, CancellationToken cancellation) {
        checkOpen();
        return new ShotSweeper(model, spec, asked -> prompter(model, asked), listener, cancellation).run();
    }

    @Override
    public void export(String model, Path folder, ExportOptions exporting) {
        checkOpen();
        try (Checkpoint checkpoint = open(model, exporting.offline())) {
            Architecture architecture = architecture(checkpoint);
            WeightSource weights = WeightBinding.bind(architecture, checkpoint);
            List<StoredTensor> tensors = new ArrayList<>();
            for (Op.Parameter parameter : architecture.graph().parameters()) {
                tensors.add(weights.tensor(parameter));
            }
            ElementType type = exporting
                    .precision()
                    .map(CoreArgot::elementType)
                    .orElseGet(() -> PlainFolder.writable(Descriptions.storedType(checkpoint)));
            TokenizerData tokenizer = checkpoint.tokenizer();
            var files = new LinkedHashMap<String, byte[]>();
            providers.tokenizers().byName().values().stream()
                    .filter(provider -> provider.accepts(tokenizer)) // some checkpoints have none
                    .findFirst()
                    .ifPresent(provider -> files.putAll(provider.files(tokenizer)));
            files.put("README.md", ModelCard.ofExport(checkpoint, folder));
            providers.formats().get("huggingface").save(PlainFolder.request(folder, checkpoint, tensors, type, files));
        }
    }

    private static ElementType elementType(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> ElementType.FLOAT32;
            case BFLOAT16 -> ElementType.BFLOAT16;
            case FLOAT16 -> ElementType.FLOAT16;
            case INT8, INT4 -> throw new IllegalArgumentException("not a format of files: " + precision);
        };
    }

    @Override
    public Verification verify(Path bundle) {
        return Hashes.verify(bundle);
    }

    @Override
    public AdaptationPlan plan(AdaptationSpec spec) {
        checkOpen();
        try (var adaptation =
                new Adaptation(new CoreWorkshop(), spec, AdaptationListener.none(), CancellationToken.never())) {
            return adaptation.plan();
        }
    }

    @Override
    public AdaptationResult adapt(AdaptationSpec spec, AdaptationListener listener, CancellationToken cancellation) {
        checkOpen();
        try (var adaptation = new Adaptation(new CoreWorkshop(), spec, listener, cancellation)) {
            return adaptation.run();
        }
    }

    @Override
    public <T extends LabelledItem> List<T> readLabelled(Class<T> kind, Path file) {
        return LabelledFiles.read(kind, file);
    }

    @Override
    public HeadEvaluation evaluate(
            Model model,
            List<? extends LabelledItem> items,
            EvaluationListener listener,
            CancellationToken cancellation) {
        checkOpen();
        return new HeadEvaluator(listener, cancellation).evaluate(model, items);
    }

    @Override
    public FineTuningResult fineTune(FineTuningSpec spec, AdaptationListener listener, CancellationToken cancellation) {
        checkOpen();
        try (var tuning = new FineTuning(new CoreWorkshop(), spec, listener, cancellation)) {
            return tuning.run();
        }
    }

    /** What adaptations need of this runtime. */
    private final class CoreWorkshop implements Workshop {
        @Override
        public Argot argot() {
            return CoreArgot.this;
        }

        @Override
        public Checkpoint open(String name, boolean offline) {
            return CoreArgot.this.open(name, offline);
        }

        @Override
        public Architecture architecture(Checkpoint checkpoint) {
            return CoreArgot.this.architecture(checkpoint);
        }

        @Override
        public ArchitectureProvider architectures(Checkpoint checkpoint) {
            return CoreArgot.this.architectures(checkpoint);
        }

        @Override
        public TokenizerProvider tokenizers(TokenizerData data) {
            return CoreArgot.this.tokenizers(data);
        }

        @Override
        public Engine engine(LoadOptions loading) {
            return CoreArgot.this.engine(loading);
        }

        @Override
        public Model model(
                String name,
                Checkpoint checkpoint,
                Architecture architecture,
                Tokenizer tokenizer,
                CompiledModel compiled,
                LoadOptions loading) {
            return (Model) loaded(new LoadedModel.Parts(
                    Descriptions.describe(name, checkpoint, architecture),
                    architecture,
                    new BorrowedCheckpoint(checkpoint),
                    tokenizers(checkpoint.tokenizer()),
                    tokenizer,
                    compiled,
                    engineName(engine(loading), loading),
                    loading.precision(),
                    providers.formats(),
                    options.clock(),
                    sessions,
                    model -> {}));
        }

        @Override
        public ObjectiveProvider objectives(String name) {
            return providers.objectives().get(name);
        }

        @Override
        public int decoderStart(Checkpoint checkpoint, Tokenizer tokenizer) {
            return GenerationDefaults.decoderStartId(checkpoint, tokenizer);
        }

        @Override
        public CheckpointFormatProvider checkpointFormat() {
            return providers.formats().get("huggingface");
        }

        @Override
        public AdapterFormatProvider adapterFormat() {
            return providers.adapters().get("peft");
        }

        @Override
        public Stream<Document> documents(List<CorpusSource> sources) {
            return providers.corpora().open(sources);
        }

        @Override
        public int threads() {
            return options.threads().orElse(Runtime.getRuntime().availableProcessors());
        }

        @Override
        public InstantSource clock() {
            return options.clock();
        }
    }

    @Override
    public CurationReport curate(CurationSpec spec) {
        checkOpen();
        return new CurationRun(providers, options, spec).run();
    }

    @Override
    public List<ProviderInfo> providers() {
        return providers.infos();
    }

    private Checkpoint open(String name, boolean offline) {
        return open(resolve(name, offline), offline, Set.of());
    }

    private Checkpoint open(Path path, boolean offline, Set<Path> adaptersAbove) {
        for (AdapterFormatProvider format : providers.adapters().byName().values()) {
            if (format.recognises(path)) {
                return adapted(format.open(path), offline, adaptersAbove);
            }
        }
        for (CheckpointFormatProvider format : providers.formats().byName().values()) {
            if (format.recognises(path)) {
                return format.open(path);
            }
        }
        if (providers.formats().byName().isEmpty()) {
            throw providers.formats().missing("No checkpoint format is there to read " + path + ".");
        }
        throw new ModelNotFoundException(path + " holds no model: expected one of the formats "
                + new TreeSet<>(providers.formats().byName().keySet())
                + " (a folder with config.json and model.safetensors, or a .gguf file).");
    }

    /** A base with an adapter merged into it. */
    private Checkpoint adapted(Adapter adapter, boolean offline, Set<Path> adaptersAbove) {
        try (var undo = new Undo()) {
            undo.add(adapter);
            Set<Path> above = BasePaths.with(adapter, adaptersAbove);
            Path path = BasePaths.inside(adapter).orElseGet(() -> resolve(adapter.base(), offline));
            Checkpoint base = open(path, offline, above);
            undo.add(base);
            TokenizerData own = new TokenizerData.Folder(adapter.location());
            boolean hasTokenizer =
                    providers.tokenizers().byName().values().stream().anyMatch(provider -> provider.accepts(own));
            Config config = adapter.modelConfig().orElse(base.config());
            Architecture architecture = architectures(base).describe(config);
            var merged = new MergedCheckpoint(base, architecture, adapter, hasTokenizer ? own : base.tokenizer());
            undo.keep();
            return merged;
        }
    }

    private Path resolve(String name, boolean offline) {
        Path cache = options.cache().orElseGet(CoreArgot::defaultCache);
        Consumer<String> notices =
                options.notices().orElse(notice -> LOGGER.log(System.Logger.Level.INFO, "{0}", notice));
        var request = new ModelSourceProvider.Request(name, cache, offline, CONNECT_TIMEOUT, notices);
        var sources = new ArrayList<>(providers.sources().byName().values());
        if (sources.isEmpty()) {
            throw providers.sources().missing("No model source is there to find '" + name + "'.");
        }
        sources.sort(Comparator.comparingInt(ModelSourceProvider::order));
        for (ModelSourceProvider source : sources) {
            Optional<Path> path = source.resolve(request);
            if (path.isPresent()) {
                return path.get();
            }
        }
        throw new ModelNotFoundException(
                "There is no model '" + name + "'. Expected 'default', 'stories260k', the path of a folder or"
                        + " GGUF file, or a Hub id such as '" + DEFAULT_MODEL + "'.");
    }

    private static Path defaultCache() {
        String variable = System.getenv("ARGOT_CACHE");
        return variable != null && !variable.isBlank()
                ? Path.of(variable)
                : Path.of(System.getProperty("user.home"), ".cache", "argot");
    }

    private Architecture architecture(Checkpoint checkpoint) {
        return architectures(checkpoint).describe(checkpoint.config());
    }

    private ArchitectureProvider architectures(Checkpoint checkpoint) {
        String type = checkpoint.config().string("model_type");
        var supported = new TreeSet<String>();
        for (ArchitectureProvider provider : providers.architectures().byName().values()) {
            Set<String> types = provider.modelTypes();
            if (types.contains(type)) {
                return provider;
            }
            supported.addAll(types);
        }
        throw new UnsupportedArchitectureException(checkpoint.location().toString(), type, supported);
    }

    private TokenizerProvider tokenizers(TokenizerData data) {
        for (TokenizerProvider provider : providers.tokenizers().byName().values()) {
            if (provider.accepts(data)) {
                return provider;
            }
        }
        throw providers.tokenizers().missing("No tokenizer can be made from " + data.origin() + ".");
    }

    private Engine engine(LoadOptions loading) {
        EngineProvider provider = loading.engine().isPresent()
                ? usable(providers.engines().get(loading.engine().get()))
                : best();
        var key = new EngineKey(provider.name(), new EngineProvider.Request(loading.device(), options.threads()));
        synchronized (lock) {
            checkOpen();
            Engine engine = engines.get(key);
            if (engine == null) {
                engine = provider.open(key.request());
                engines.put(key, engine);
            }
            return engine;
        }
    }

    private static EngineProvider usable(EngineProvider provider) {
        return switch (Providers.availability(provider)) {
            case EngineProvider.Availability.Available available -> provider;
            case EngineProvider.Availability.Unavailable unavailable ->
                throw new ProviderException(
                        "The engine '" + provider.name() + "' cannot run here: " + unavailable.reason());
        };
    }

    private EngineProvider best() {
        var reasons = new ArrayList<String>();
        var candidates = new ArrayList<>(providers.engines().byName().values());
        candidates.sort(Comparator.comparingInt(EngineProvider::priority).reversed());
        for (EngineProvider candidate : candidates) {
            switch (Providers.availability(candidate)) {
                case EngineProvider.Availability.Available available -> {
                    return candidate;
                }
                case EngineProvider.Availability.Unavailable unavailable ->
                    reasons.add(candidate.name() + ": " + unavailable.reason());
            }
        }
        throw providers.engines().missing("No engine can run here " + reasons + ".");
    }

    private void forget(LoadedModel model) {
        synchronized (lock) {
            models.remove(model);
        }
    }

    private void checkOpen() {
        synchronized (lock) {
            if (closed) {
                throw new IllegalStateException("this Argot is closed");
            }
        }
    }

    @Override
    public void close() {
        List<AutoCloseable> open = new ArrayList<>();
        synchronized (lock) {
            closed = true;
            open.addAll(models);
            open.addAll(engines.values());
            engines.clear();
        }
        Closing.closeAll(open);
    }

    /** What makes two loads share an engine. */
    private record EngineKey(String name, EngineProvider.Request request) {}

    /** Closes what was opened, the last first, unless it is kept. */
    private static final class Undo implements AutoCloseable {
        private final List<AutoCloseable> opened = new ArrayList<>();

        void add(AutoCloseable resource) {
            opened.add(0, resource);
        }

        void keep() {
            opened.clear();
        }

        @Override
        public void close() {
            Closing.closeAll(opened);
        }
    }
}
