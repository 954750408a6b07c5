package dev.argot.core;

import dev.argot.api.ArgotException;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.Model;
import dev.argot.api.ModelDescription;
import dev.argot.api.Precision;
import dev.argot.api.Tokenizer;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.core.bundle.PlainFolder;
import dev.argot.core.decoding.ContinuationScorer;
import dev.argot.core.decoding.PerplexityMeasure;
import dev.argot.core.decoding.TextGenerator;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CheckpointFormatProvider;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Op;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A causal model on an engine. Thread-safe: calls run side by side, each in a session of its own; closing waits for them. */
final class LoadedCausalModel implements CausalModel {
    private final ModelDescription description;
    private final Checkpoint checkpoint;
    private final TokenizerProvider tokenizers;
    private final Tokenizer tokenizer;
    private final CompiledModel compiled;
    private final String engine;
    private final Precision precision;
    private final ProviderRegistry<CheckpointFormatProvider> formats;
    private final Consumer<Model> onClose;
    private final Decoding defaultDecoding;
    private final OptionalInt bosId;
    private final TextGenerator generator;
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed; // guarded by lock

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param description what it is
     * @param checkpoint where its weights lie; closed with the model
     * @param tokenizers the provider of the tokenizer
     * @param tokenizer its tokenizer
     * @param compiled what runs it; closed with the model
     * @param engine engine, device and precision for a reader
     * @param precision how its weights are held
     * @param formats writes it
     * @param clock the time
     * @param onClose told once when it is closed
     */
    LoadedCausalModel(
            ModelDescription description,
            Checkpoint checkpoint,
            TokenizerProvider tokenizers,
            Tokenizer tokenizer,
            CompiledModel compiled,
            String engine,
            Precision precision,
            ProviderRegistry<CheckpointFormatProvider> formats,
            InstantSource clock,
            Consumer<Model> onClose) {
        this.description = description;
        this.checkpoint = checkpoint;
        this.tokenizers = tokenizers;
        this.tokenizer = tokenizer;
        this.compiled = compiled;
        this.engine = engine;
        this.precision = precision;
        this.formats = formats;
        this.onClose = onClose;
        this.defaultDecoding = GenerationDefaults.decoding(checkpoint);
        this.bosId = GenerationDefaults.bosId(checkpoint, tokenizer);
        this.generator = new TextGenerator(
                compiled,
                tokenizer,
                description.contextLength(),
                GenerationDefaults.eosIds(checkpoint, tokenizer),
                bosId,
                clock);
    }

    @Override
    public ModelDescription description() {
        return description;
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public String engine() {
        return engine;
    }

    @Override
    public Decoding defaultDecoding() {
        return defaultDecoding;
    }

    @Override
    public String program() {
        return whileOpen(compiled::program);
    }

    @Override
    public Completion complete(CompletionRequest request) {
        return whileOpen(() -> generator.complete(request));
    }

    @Override
    public List<Completion> completeAll(List<String> prompts, Decoding decoding) {
        return whileOpen(() -> generator.completeAll(prompts, decoding));
    }

    @Override
    public List<Completion> completeTokens(List<int[]> prompts, Decoding decoding) {
        return whileOpen(() -> generator.continueAll(prompts, decoding));
    }

    @Override
    public List<ContinuationScore> score(String prompt, List<String> continuations) {
        return whileOpen(() -> ContinuationScorer.score(
                compiled, tokenizer, description.contextLength(), bosId, prompt, continuations));
    }

    @Override
    public Perplexity perplexity(String text, Perplexity.Window window) {
        return whileOpen(
                () -> PerplexityMeasure.measure(compiled, tokenizer, description.contextLength(), text, window));
    }

    @Override
    public void save(Path folder) {
        whileOpen(() -> {
            switch (precision) {
                case FLOAT32, BFLOAT16, FLOAT16 -> write(folder);
                case INT8, INT4 ->
                    throw new ArgotException(
                            "The model's weights are quantised (" + precision
                                    + ") and cannot be saved as a Hugging Face folder. Load it with precision FLOAT32 to save it.");
            }
            return folder;
        });
    }

    private void write(Path folder) {
        WeightSource weights = compiled.weights();
        List<StoredTensor> tensors = new ArrayList<>();
        for (Op.Parameter parameter : compiled.graph().parameters()) {
            tensors.add(weights.tensor(parameter));
        }
        formats.get("huggingface")
                .save(PlainFolder.request(
                        folder,
                        checkpoint,
                        tensors,
                        PlainFolder.writable(description.storedType()),
                        tokenizers.files(checkpoint.tokenizer())));
    }

    private <T> T whileOpen(Supplier<T> work) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("the model " + description.name() + " is closed");
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
            Closing.closeAll(List.of(compiled, checkpoint));
        } finally {
            lock.writeLock().unlock();
            onClose.accept(this);
        }
    }
}
