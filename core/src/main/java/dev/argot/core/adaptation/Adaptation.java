package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Decoding;
import dev.argot.api.Domain;
import dev.argot.api.LoadOptions;
import dev.argot.api.Precision;
import dev.argot.api.Tokenizer;
import dev.argot.api.adaptation.AdaptationEvent;
import dev.argot.api.adaptation.AdaptationEvent.Phase;
import dev.argot.api.adaptation.AdaptationListener;
import dev.argot.api.adaptation.AdaptationPlan;
import dev.argot.api.adaptation.AdaptationReport;
import dev.argot.api.adaptation.AdaptationResult;
import dev.argot.api.adaptation.AdaptationResult.Outcome;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Budget;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.api.adaptation.RetentionGate;
import dev.argot.api.evaluation.Evaluation;
import dev.argot.api.evaluation.EvaluationListener;
import dev.argot.api.evaluation.EvaluationSpec;
import dev.argot.api.evaluation.HeldOutText;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.spi.Architecture;
import dev.argot.spi.Checkpoint;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Engine;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.LoraRewrite;
import dev.argot.spi.Tensor;
import dev.argot.spi.TokenizerProvider;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightBinding;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One adaptation from spec to bundle. Used once, by one thread.
 *
 * <p>Files: beside the output folder stands a folder with {@code .run} after its name, with {@code corpus/} (curated texts and their
 * manifest), {@code data/} (tokens) and {@code checkpoints/}; it goes when the bundle is there.
 */
public final class Adaptation implements AutoCloseable {
    private final Workshop workshop;
    private final AdaptationSpec spec;
    private final AdaptationListener listener;
    private final CancellationToken cancellation;
    private final Instant began;
    private final Deque<AutoCloseable> open = new ArrayDeque<>();

    private final Optional<Domain> domain;
    private final Checkpoint checkpoint;
    private final Architecture architecture;
    private final TokenizerProvider tokenizers;
    private final Tokenizer tokenizer;
    private final Engine engine;
    private final CompiledModel base;

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
            this.checkpoint = opened(workshop.open(spec.model(), loading.offline()));
            this.architecture = workshop.architecture(checkpoint);
            if (!CausalModel.class.isAssignableFrom(architecture.kind())) {
                throw new ArgotException(spec.model() + " is a " + architecture.modelType()
                        + ", which continues no text: causal language modelling needs a decoder.");
            }
            if (spec.sequenceLength() > architecture.contextLength()) {
                throw new ArgotException("Rows of " + spec.sequenceLength() + " tokens do not fit into the context of "
                        + spec.model() + ", " + architecture.contextLength() + " tokens.");
            }
            this.tokenizers = workshop.tokenizers(checkpoint.tokenizer());
            this.tokenizer = tokenizers.open(checkpoint.tokenizer());
            this.engine = workshop.engine(loading);
            if (!engine.trains()) {
                throw new ArgotException("The engine '" + engine.name() + "' does not train.");
            }
            this.base = opened(engine.compile(
                    architecture.graph(), WeightBinding.bind(architecture, checkpoint), Precision.FLOAT32));
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        open.push(resource);
        return resource;
    }

    private void phase(Phase.Name name, String detail) {
        listener.onEvent(new Phase(name, detail));
    }

    @Override
    public void close() {
        RuntimeException failure = null;
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                failure = failure == null ? new ArgotException("cannot be closed: " + e, e) : failure;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
