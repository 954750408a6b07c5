package dev.argot.core.evaluation;

import dev.argot.api.AttentionMap;
import dev.argot.api.AttentionRequest;
import dev.argot.api.CancellationToken;
import dev.argot.api.CausalModel;
import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Completion.Usage;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContinuationScore;
import dev.argot.api.Decoding;
import dev.argot.api.EmbeddingOptions;
import dev.argot.api.ModelDescription;
import dev.argot.api.TokenCandidate;
import dev.argot.api.TokenContinuations;
import dev.argot.api.TokenNeighbour;
import dev.argot.api.Tokenizer;
import dev.argot.api.evaluation.Perplexity;
import dev.argot.core.decoding.PieceTokenizer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.IntStream;

/** A model whose answers a test writes down. Each character is a token. Remembers the prompts. */
public final class ScriptedModel implements CausalModel {
    private final List<String> prompts = new ArrayList<>();
    private final List<Decoding> decodings = new ArrayList<>();
    private final List<Integer> batches = new ArrayList<>();
    private final int contextLength;
    private final Tokenizer tokenizer;
    private final ToDoubleBiFunction<String, String> logProbability;
    private final Function<String, String> answer;

    /**
     * A model.
     *
     * @param contextLength characters of a prompt and its completion
     * @param logProbability of a continuation after a prompt
     * @param answer what it writes after a prompt, before any stop string
     */
    public ScriptedModel(
            int contextLength, ToDoubleBiFunction<String, String> logProbability, Function<String, String> answer) {
        this(contextLength, letters(), logProbability, answer);
    }

    /**
     * A model with a tokenizer of its own.
     *
     * @param contextLength tokens of a prompt and its completion
     * @param tokenizer its tokenizer
     * @param logProbability of a continuation after a prompt
     * @param answer what it writes after a prompt, before any stop string
     */
    public ScriptedModel(
            int contextLength,
            Tokenizer tokenizer,
            ToDoubleBiFunction<String, String> logProbability,
            Function<String, String> answer) {
        this.contextLength = contextLength;
        this.tokenizer = tokenizer;
        this.logProbability = logProbability;
        this.answer = answer;
    }

    /** A tokenizer of ASCII characters. */
    public static Tokenizer letters() {
        var pieces = new ArrayList<String>();
        pieces.add("<end>");
        IntStream.rangeClosed(9, 126).forEach(c -> pieces.add(String.valueOf((char) c)));
        return new PieceTokenizer(pieces.toArray(String[]::new));
    }

    public List<String> prompts() {
        return prompts;
    }

    /** How it was asked to complete, in order. */
    public List<Decoding> decodings() {
        return decodings;
    }

    /** How many prompts of token ids were put to it at once, for each call in order. */
    public List<Integer> batches() {
        return batches;
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public List<ContinuationScore> score(String prompt, List<String> continuations) {
        prompts.add(prompt);
        return continuations.stream()
                .map(text -> new ContinuationScore(text, logProbability.applyAsDouble(prompt, text), text.length()))
                .toList();
    }

    @Override
    public List<List<ContinuationScore>> scoreTokens(List<TokenContinuations> requests, Optional<String> tenant) {
        batches.add(requests.size());
        return requests.stream()
                .map(request -> score(
                        tokenizer.decode(request.prompt(), false),
                        request.continuations().stream()
                                .map(ids -> tokenizer.decode(ids, false))
                                .toList()))
                .toList();
    }

    @Override
    public List<Completion> completeAll(List<String> texts, Decoding decoding, CancellationToken cancellation) {
        return texts.stream().map(text -> completion(text, decoding)).toList();
    }

    @Override
    public List<Completion> completeTokens(List<int[]> ids, Decoding decoding, CancellationToken cancellation) {
        batches.add(ids.size());
        return ids.stream()
                .map(row -> completion(tokenizer.decode(row, false), decoding))
                .toList();
    }

    private Completion completion(String prompt, Decoding decoding) {
        prompts.add(prompt);
        decodings.add(decoding);
        String text = answer.apply(prompt);
        for (String stop : decoding.stopStrings()) {
            int at = text.indexOf(stop);
            text = at < 0 ? text : text.substring(0, at);
        }
        text = text.substring(0, Math.min(text.length(), decoding.maxTokens()));
        var usage = new Usage(prompt.length(), 0, 0, text.length(), Duration.ZERO, Duration.ZERO);
        return new Completion(text, List.of(), FinishReason.LENGTH, usage, 0, List.of());
    }

    /** One nat and one byte a character behind the first. */
    @Override
    public Perplexity perplexity(String text, Perplexity.Window window) {
        int tokens = Math.min(text.length(), window.limit().orElse(Integer.MAX_VALUE)) - 1;
        return new Perplexity(tokens, tokens, tokens);
    }

    @Override
    public ModelDescription description() {
        return new ModelDescription(
                "scripted", "", "", "", CausalModel.class, 0, 0, 0, 128, contextLength, "", Map.of(), 0, 0, "");
    }

    @Override
    public String engine() {
        return "a script";
    }

    @Override
    public Completion complete(CompletionRequest request) {
        int[] ids = request.tokens().stream().mapToInt(Integer::intValue).toArray();
        return completion(ids.length == 0 ? request.prompt() : tokenizer.decode(ids, false), request.decoding());
    }

    @Override
    public Decoding defaultDecoding() {
        return Decoding.greedy();
    }

    @Override
    public String program() {
        return "";
    }

    @Override
    public void save(Path folder) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}

    @Override
    public List<TokenCandidate> nextTokens(String text, int top) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<float[]> embedAll(List<String> texts, EmbeddingOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int embeddingSize() {
        throw new UnsupportedOperationException();
    }

    @Override
    public AttentionMap attention(AttentionRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<TokenNeighbour> neighbours(String text, int count) {
        throw new UnsupportedOperationException();
    }
}
