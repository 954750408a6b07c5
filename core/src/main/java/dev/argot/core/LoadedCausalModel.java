package dev.argot.core;

import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenContinuations;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.core.decoding.ContinuationScorer;
import dev.argot.core.decoding.PerplexityMeasure;
import dev.argot.core.decoding.TextGenerator;
import dev.argot.core.encoding.MaskFiller;
import dev.argot.core.encoding.TextEmbedder;
import dev.argot.spi.CompiledModel;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A causal model on an engine. Thread-safe: calls run side by side, each in a session of its own; closing waits for them. */
final class LoadedCausalModel extends LoadedModel implements CausalModel {
    private final CompiledModel compiled;
    private final Decoding defaultDecoding;
    private final OptionalInt bosId;
    private final TextGenerator generator;
    private final ContinuationScorer scorer;
    private final TextEmbedder embedder;

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedCausalModel(Parts parts) {
        super(parts);
        this.compiled = parts.compiled();
        this.defaultDecoding = GenerationDefaults.decoding(parts.checkpoint(), false);
        this.bosId = GenerationDefaults.bosId(parts.checkpoint(), parts.tokenizer());
        this.generator = new TextGenerator(
                compiled,
                parts.tokenizer(),
                parts.description().contextLength(),
                GenerationDefaults.eosIds(parts.checkpoint(), parts.tokenizer()),
                bosId,
                OptionalInt.empty(),
                parts.clock(),
                parts.sessions());
        this.scorer = new ContinuationScorer(
                compiled, parts.tokenizer(), parts.description().contextLength(), parts.sessions());
        this.embedder = embedder(EmbeddingOptions.Pooling.LAST);
    }

    @Override
    public Decoding defaultDecoding() {
        return defaultDecoding;
    }

    @Override
    public Completion complete(CompletionRequest request) {
        return whileOpen(() -> generator.complete(request));
    }

    @Override
    public List<Completion> completeAll(List<String> prompts, Decoding decoding, CancellationToken cancellation) {
        return whileOpen(() -> generator.completeAll(prompts, decoding, cancellation));
    }

    @Override
    public List<Completion> completeTokens(List<int[]> prompts, Decoding decoding, CancellationToken cancellation) {
        return whileOpen(() -> generator.continueAll(prompts, decoding, cancellation));
    }

    @Override
    public List<ContinuationScore> score(String prompt, List<String> continuations) {
        return whileOpen(() -> scorer.score(bosId, prompt, continuations));
    }

    @Override
    public List<List<ContinuationScore>> scoreTokens(List<TokenContinuations> requests, Optional<String> tenant) {
        return whileOpen(() -> scorer.score(requests, tenant));
    }

    @Override
    public Perplexity perplexity(String text, Perplexity.Window window) {
        return whileOpen(() ->
                PerplexityMeasure.measure(compiled, tokenizer(), description().contextLength(), text, window));
    }

    @Override
    public List<TokenCandidate> nextTokens(String text, int top) {
        if (top < 1) {
            throw new IllegalArgumentException("top must be at least 1: " + top);
        }
        return whileOpen(() -> MaskFiller.candidates(tokenizer(), generator.nextLogits(text), top));
    }

    @Override
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        return whileOpen(() -> embedder.embedAll(texts, options));
    }

    @Override
    public int embeddingSize() {
        return description().hiddenSize();
    }
}
