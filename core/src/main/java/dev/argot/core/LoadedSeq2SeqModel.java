package dev.argot.core;

import dev.argot.api.CancellationToken;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.Seq2SeqModel;
import dev.argot.api.TokenContinuations;
import dev.argot.core.decoding.ContinuationScorer;
import dev.argot.core.decoding.TextGenerator;
import dev.argot.core.encoding.TextEmbedder;
import dev.argot.core.evaluation.LabelPredictor;
import dev.argot.spi.Tensor;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/** An encoder and a decoder on an engine. Thread-safe: calls run side by side, each in a session of its own; closing waits for them. */
final class LoadedSeq2SeqModel extends LoadedModel implements Seq2SeqModel, LabelPredictor {
    private final Decoding defaultDecoding;
    private final int decoderStartId;
    private final TextGenerator generator;
    private final ContinuationScorer scorer;
    private final TextEmbedder embedder;

    /**
     * A model that owns its checkpoint and compiled model from now on.
     *
     * @param parts what it is made of
     */
    LoadedSeq2SeqModel(Parts parts) {
        super(parts);
        this.defaultDecoding = GenerationDefaults.decoding(parts.checkpoint(), true);
        this.decoderStartId = GenerationDefaults.decoderStartId(parts.checkpoint(), parts.tokenizer());
        this.generator = new TextGenerator(
                parts.compiled(),
                parts.tokenizer(),
                parts.description().contextLength(),
                GenerationDefaults.eosIds(parts.checkpoint(), parts.tokenizer()),
                GenerationDefaults.bosId(parts.checkpoint(), parts.tokenizer()),
                OptionalInt.of(decoderStartId),
                parts.clock(),
                parts.sessions());
        this.scorer = new ContinuationScorer(
                parts.compiled(), parts.tokenizer(), parts.description().contextLength(), parts.sessions());
        this.embedder = embedder(EmbeddingOptions.Pooling.MEAN);
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
    public List<ContinuationScore> score(String prompt, List<String> continuations) {
        return whileOpen(() -> scorer.scoreWritten(start(), prompt, continuations));
    }

    @Override
    public List<List<ContinuationScore>> scoreTokens(List<TokenContinuations> requests) {
        return whileOpen(() -> requests.stream()
                .map(request -> scorer.scoreWritten(start(), request))
                .toList());
    }

    /** What the decoder begins with before what it writes itself: its start token, and what follows that by force. */
    private int[] start() {
        OptionalInt forced = defaultDecoding.tokenRules().forcedBosId();
        return IntStream.concat(IntStream.of(decoderStartId), forced.stream()).toArray();
    }

    @Override
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        return whileOpen(() -> embedder.embedAll(texts, options));
    }

    @Override
    public int embeddingSize() {
        return description().hiddenSize();
    }

    @Override
    public Predictions predict(Map<String, Tensor> inputs) {
        return predictions(inputs);
    }

    @Override
    public int decoderStart() {
        return decoderStartId;
    }
}
