package dev.argot.core;

import dev.argot.api.ArgotException;
import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionRequest;
import dev.argot.api.Completion;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.Encoding;
import dev.argot.api.ModelDescription;
import dev.argot.api.Precision;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.Tokenizer;
import dev.argot.core.bundle.PlainFolder;
import dev.argot.core.decoding.SessionCache;
import dev.argot.core.encoding.TextEmbedder;
import dev.argot.core.evaluation.LabelPredictor;
import dev.argot.core.insight.AttentionCapture;
import dev.argot.core.insight.InputEmbeddings;
import dev.argot.core.insight.ShownTokens;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.Tensor;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Op;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What loaded models of every kind have in common. Thread-safe: calls run side by side; closing waits for them.
 */
abstract class LoadedModel implements AutoCloseable {
    /** The most tokens of an answer whose attention is shown. */
    private static final int ANSWER = 32;

    private final Parts parts;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Map<String, CompiledModel> derived = new ConcurrentHashMap<>();
    private boolean closed; // guarded by lock

    /**
     * What a model is made of.
     *
     * @param description what it is
     * @param architecture its network
     * @param checkpoint where its weights lie; closed with the model
     * @param tokenizers the provider of the tokenizer
     * @param tokenizer its tokenizer
     * @param compiled what runs it; closed with the model
     * @param engine engine, device and precision for a reader
     * @param precision how its weights are held
     * @param formats writes it
     * @param clock the time
     * @param sessions keeps what prompts begin with
     * @param onClose told once when it is closed
     */
    record Parts(
            ModelDescription description,
            Architecture architecture,
            Checkpoint checkpoint,
            TokenizerProvider tokenizers,
            Tokenizer tokenizer,
            CompiledModel compiled,
            String engine,
            Precision precision,
            ProviderRegistry<CheckpointFormatProvider> formats,
            InstantSource clock,
            SessionCache sessions,
            Consumer<LoadedModel> onClose) {}

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedModel(Parts parts) {
        this.parts = parts;
    }

    /** What it is. */
    public ModelDescription description() {
        return parts.description();
    }

    /** Its tokenizer. */
    public Tokenizer tokenizer() {
        return parts.tokenizer();
    }

    /** Engine, device and precision for a reader. */
    public String engine() {
        return parts.engine();
    }

    /** The engine's program. */
    public String program() {
        return whileOpen(parts.compiled()::program);
    }

    /**
     * Attention weights for a text.
     *
     * @param request the text, layers, heads
     */
    public AttentionMap attention(AttentionRequest request) {
        return whileOpen(() -> {
            List<AttentionMap.Token> sources = ShownTokens.of(
                    tokenizer(), request.text(), fitting(tokenizer().encode(request.text())));
            return AttentionCapture.capture(
                    parts.compiled(),
                    parts.description().name(),
                    sources,
                    targets(request),
                    request.layers(),
                    request.heads());
        });
    }

    /** What the decoder of an encoder-decoder model reads; else nothing. */
    private List<AttentionMap.Token> targets(AttentionRequest request) {
        if (!(this instanceof Seq2SeqModel writer)) {
            if (request.target().isPresent()) {
                throw new IllegalArgumentException("only an encoder-decoder model has a target; "
                        + parts.description().name() + " is a "
                        + parts.description().kind().getSimpleName());
            }
            return List.of();
        }
        int start = GenerationDefaults.decoderStartId(parts.checkpoint(), tokenizer());
        int[] written;
        if (request.target().isPresent()) {
            written = fitting(tokenizer().encode(request.target().get())).ids();
        } else {
            Decoding greedy = writer.defaultDecoding().toBuilder() // with the model's own first token, where it has one
                    .temperature(0)
                    .beams(1)
                    .minTokens(0)
                    .maxTokens(ANSWER)
                    .build();
            written = writer.complete(request.text(), greedy).tokens().stream()
                    .mapToInt(Completion.ScoredToken::id)
                    .toArray();
        }
        // the decoder reads what it wrote, shifted: its start before it, and not the token that ends it
        boolean ended = written.length > 0
                && GenerationDefaults.eosIds(parts.checkpoint(), tokenizer()).contains(written[written.length - 1]);
        int[] read = new int[written.length + (ended ? 0 : 1)];
        System.arraycopy(written, 0, read, 1, read.length - 1);
        read[0] = start;
        return ShownTokens.of(tokenizer(), read);
    }

    private Encoding fitting(Encoding encoding) {
        if (encoding.size() == 0) {
            throw new ArgotException("The text has no token.");
        }
        if (encoding.size() > parts.description().contextLength()) {
            int context = parts.description().contextLength();
            throw new ContextLengthException(
                    "The text has " + encoding.size() + " tokens, the context holds " + context + ". Shorten it.",
                    encoding.size(),
                    context);
        }
        return encoding;
    }

    /**
     * Tokens close to a text.
     *
     * @param text untrusted text
     * @param count how many
     */
    public List<TokenNeighbour> neighbours(String text, int count) {
        return whileOpen(() -> InputEmbeddings.of(parts.compiled(), tokenizer()).nearest(text, count));
    }

    /**
     * Saves the model.
     *
     * @param folder the folder to make
     */
    public void save(Path folder) {
        whileOpen(() -> {
            switch (parts.precision()) {
                case FLOAT32, BFLOAT16, FLOAT16 -> write(folder);
                case INT8, INT4 ->
                    throw new ArgotException(
                            "The model's weights are quantised (" + parts.precision()
                                    + ") and cannot be saved as a Hugging Face folder. Load it with precision FLOAT32 to save it.");
            }
            return folder;
        });
    }

    private void write(Path folder) {
        WeightSource weights = parts.compiled().weights();
        List<StoredTensor> tensors = new ArrayList<>();
        for (Op.Parameter parameter : parts.compiled().graph().parameters()) {
            tensors.add(weights.tensor(parameter));
        }
        parts.formats()
                .get("huggingface")
                .save(PlainFolder.request(
                        folder,
                        parts.checkpoint(),
                        tensors,
                        PlainFolder.writable(parts.description().storedType()),
                        parts.tokenizers().files(parts.checkpoint().tokenizer())));
    }

    /**
     * The model under a rewritten graph, made when it is first asked for. Only while the model is open; closed with it.
     *
     * @param purpose tells the rewritten graphs apart
     * @param rewrite changes the graph
     */
    final CompiledModel derived(String purpose, UnaryOperator<Graph> rewrite) {
        return derived.computeIfAbsent(purpose, key -> parts.compiled()
                .derive(rewrite.apply(parts.compiled().graph())));
    }

    /**
     * Embeds texts with this model.
     *
     * @param pooling how it is pooled where neither caller nor checkpoint says so
     */
    final TextEmbedder embedder(EmbeddingOptions.Pooling pooling) {
        return new TextEmbedder(
                output -> derived(output, graph -> TextEmbedder.graph(graph, output)),
                parts.tokenizer(),
                parts.description().contextLength(),
                parts.checkpoint().sentenceSettings(),
                pooling);
    }

    /**
     * What the model makes of labels, only the tokens that have one going through its head.
     *
     * @param inputs with labels
     */
    final LabelPredictor.Predictions predictions(Map<String, Tensor> inputs) {
        return whileOpen(
                () -> LabelPredictor.Predictions.of(derived("labels", LabelPredictor.Predictions::graph), inputs));
    }

    /** Rows of the token embedding. */
    public int vocabularySize() {
        return parts.architecture().vocabularySize();
    }

    /** Runs something while the model is open. */
    final <T> T whileOpen(Supplier<T> work) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException(
                        "the model " + parts.description().name() + " is closed");
            }
            return work.get();
        } finally {
            lock.readLock().unlock();
        }
    }

    @Override
    public void close() {
        if (lock.getReadHoldCount() > 0) {
            throw new IllegalStateException("a model cannot be closed by a call of its own, such as from a TokenSink");
        }
        lock.writeLock().lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            parts.sessions().forget(parts.compiled());
            var owned = new ArrayList<AutoCloseable>(derived.values());
            owned.add(parts.compiled());
            owned.add(parts.checkpoint());
            Closing.closeAll(owned);
        } finally {
            lock.writeLock().unlock();
            parts.onClose().accept(this);
        }
    }
}
