package dev.argot.core.decoding;

import dev.argot.api.ArgotException;
import dev.argot.api.ContextLengthException;
import dev.argot.api.ContinuationScore;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EngineException;
import dev.argot.api.TokenContinuations;
import dev.argot.api.Tokenizer;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Scores continuations of prompts ({@link BatchedScoring}). Thread-safe.
 *
 * <p>Each continued text is tokenized as a whole. What all of them and the prompt begin with is the prefix; what follows it is scored. So
 * every text has the tokens the model was trained to read, also where a token reaches over the end of the prompt.
 */
public final class ContinuationScorer {
    private final CompiledModel model;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final SessionCache sessions;

    /**
     * A scorer.
     *
     * @param model the model; not closed here
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens of a prompt with its continuation; of each of them where an encoder reads the prompt
     * @param sessions keeps what prompts begin with
     */
    public ContinuationScorer(CompiledModel model, Tokenizer tokenizer, int contextLength, SessionCache sessions) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.sessions = sessions;
    }

    /**
     * Scores continuations.
     *
     * @param bosId what stands before the continuations where no token of the prompt does
     * @param prompt untrusted text
     * @param continuations untrusted texts, none empty
     * @throws ContextLengthException if the prompt with a continuation does not fit
     * @throws ArgotException if no token stands before the continuations
     */
    public List<ContinuationScore> score(OptionalInt bosId, String prompt, List<String> continuations) {
        if (continuations.isEmpty()) {
            return List.of();
        }
        List<int[]> texts = new ArrayList<>();
        for (String continuation : continuations) {
            if (continuation.isEmpty()) {
                throw new IllegalArgumentException("a continuation must not be empty");
            }
            texts.add(OpenText.ids(tokenizer, prompt + continuation));
        }
        TokenContinuations request = OpenText.continuations(OpenText.ids(tokenizer, prompt), texts, bosId);
        return scores(request, sums(List.of(request), Optional.empty())[0], continuations);
    }

    /**
     * Scores continuations of prompts, both token ids.
     *
     * @param requests prompts and continuations
     * @param tenant on whose behalf what prompts begin with is kept and reused; empty: it is not
     * @throws ContextLengthException if a prompt with a continuation does not fit
     */
    public List<List<ContinuationScore>> score(List<TokenContinuations> requests, Optional<String> tenant) {
        double[][] sums = sums(requests, tenant);
        List<List<ContinuationScore>> scores = new ArrayList<>();
        for (int i = 0; i < sums.length; i++) {
            TokenContinuations request = requests.get(i);
            scores.add(scores(
                    request,
                    sums[i],
                    request.continuations().stream().map(tokenizer::decode).toList()));
        }
        return scores;
    }

    private double[][] sums(List<TokenContinuations> requests, Optional<String> tenant) {
        var scoring = new BatchedScoring(requests);
        int capacity = capacity(requests);
        try (SessionCache.Lease lease = sessions.open(model, tenant, scoring.beginning(), capacity)) {
            double[][] sums = scoring.run(lease.session());
            int[] first = scoring.first();
            lease.keep(
                    Arrays.copyOf(first, Math.min(first.length, lease.session().length(0))));
            return sums;
        }
    }

    /**
     * Scores what a decoder may write that reads an encoder's output. The tokens a tokenizer puts around a text are not scored.
     *
     * @param start what the decoder begins with
     * @param prompt untrusted text, read by the encoder
     * @param continuations untrusted texts, none empty
     * @throws ContextLengthException if the prompt or a continuation does not fit
     */
    public List<ContinuationScore> scoreWritten(int[] start, String prompt, List<String> continuations) {
        if (continuations.isEmpty()) {
            return List.of();
        }
        List<int[]> texts = new ArrayList<>();
        for (String continuation : continuations) {
            int[] ids = tokenizer.encode(continuation, EncodeOptions.PLAIN).ids();
            if (ids.length == 0) {
                throw new IllegalArgumentException("a continuation must not be empty");
            }
            texts.add(ids);
        }
        int[] source = tokenizer.encode(prompt, EncodeOptions.DEFAULT).ids();
        if (source.length == 0) {
            throw new ArgotException("The prompt has no tokens. Give a prompt of at least one token.");
        }
        return scoreWritten(start, new TokenContinuations(source, texts), continuations);
    }

    /**
     * Scores what a decoder may write that reads an encoder's output.
     *
     * @param start what the decoder begins with
     * @param request what the encoder reads, and what may be written
     * @throws ContextLengthException if the prompt or a continuation does not fit
     */
    public List<ContinuationScore> scoreWritten(int[] start, TokenContinuations request) {
        return scoreWritten(
                start,
                request,
                request.continuations().stream().map(tokenizer::decode).toList());
    }

    private List<ContinuationScore> scoreWritten(int[] start, TokenContinuations request, List<String> texts) {
        int[] source = request.prompt();
        if (source.length > contextLength) {
            throw new ContextLengthException(source.length, contextLength);
        }
        var written = new TokenContinuations(start, request.continuations());
        try (Session session = model.openSession(new int[][] {source}, capacity(List.of(written)))) {
            return scores(written, new BatchedScoring(List.of(written)).run(session)[0], texts);
        }
    }

    private int capacity(List<TokenContinuations> requests) {
        int capacity = 1;
        for (TokenContinuations request : requests) {
            int longest = request.continuations().stream()
                    .mapToInt(ids -> ids.length)
                    .max()
                    .orElse(0);
            capacity = Math.max(capacity, request.prompt().length + longest);
        }
        if (capacity > contextLength) {
            throw new ContextLengthException(capacity, contextLength);
        }
        return capacity;
    }

    private static List<ContinuationScore> scores(TokenContinuations request, double[] sums, List<String> texts) {
        List<ContinuationScore> scores = new ArrayList<>();
        for (int i = 0; i < sums.length; i++) {
            double sum = sums[i];
            if (Double.isNaN(sum) || sum == Double.POSITIVE_INFINITY) {
                throw new EngineException(
                        "The log-probability of the continuation '" + texts.get(i) + "' is " + sum
                                + ", expected a number. The weights may be damaged, or overflow in half precision: try float32.");
            }
            scores.add(new ContinuationScore(
                    texts.get(i), sum, request.continuations().get(i).length));
        }
        return scores;
    }
}
