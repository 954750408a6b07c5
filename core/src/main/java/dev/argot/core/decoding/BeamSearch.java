package dev.argot.core.decoding;

import dev.argot.api.Completion;
import dev.argot.api.Completion.Candidate;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Completion.ScoredToken;
import dev.argot.api.Decoding;
import dev.argot.api.TokenSink;
import dev.argot.spi.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Beam search with the rules of Hugging Face Transformers 5 ({@code GenerationMixin._beam_search}), so that the same hypotheses come out
 * with the same scores:
 *
 * <ul>
 *   <li>Each step looks at the best {@code max(2, 1 + end tokens) · beams} continuations of all running beams together, by their summed
 *       log-probabilities after the processors.
 *   <li>The best {@code beams} of them that go on run on. Those that end, and stand among the best {@code beams}, are finished; the best
 *       {@code beams} finished ones are kept, compared by sum divided by {@code length ^ lengthPenalty}.
 *   <li>It is over when the beams are full and {@link Decoding#earlyStopping()} sees no improvement, or when nothing can run on.
 * </ul>
 */
final class BeamSearch {
    private static final int[] NOTHING = {};
    private static final Comparator<Hypothesis> BEST_FIRST =
            Comparator.comparingDouble(Hypothesis::normalised).reversed();

    private final GenerationTask task;
    private final Decoding decoding;
    private final int beams;
    private Duration prefill = Duration.ZERO;
    private int reused;

    BeamSearch(GenerationTask task) {
        this.task = task;
        this.decoding = task.decoding();
        this.beams = decoding.beams();
    }

    /**
     * Completes a prompt.
     *
     * @param prompt its tokens
     * @param sink takes the tokens of the best hypothesis at the end
     */
    Completion run(Prompt prompt, Optional<TokenSink> sink) {
        Optional<FinishReason> early = task.interrupted();
        if (early.isPresent()) {
            return task.nothing(prompt, early.get());
        }
        List<Hypothesis> found = search(prompt);
        Duration end = task.interruption().elapsed();
        var alternatives = new ArrayList<Completion>();
        for (Hypothesis other : found.subList(1, found.size())) {
            alternatives.add(completion(prompt, other, end, Optional.empty(), List.of()));
        }
        return completion(prompt, found.get(0), end, sink, alternatives);
    }

    private List<Hypothesis> search(Prompt prompt) {
        int room = task.room(prompt);
        TokenConstraints constraints = task.constraints(prompt);
        List<Beam> running = List.of(new Beam(null, null, 0, 0, 0));
        List<Hypothesis> finished = new ArrayList<>();
        float[][] first;
        Session begun;
        try (SessionCache.Lease lease = task.open(List.of(prompt))) {
            reused = lease.reused();
            first = lease.session()
                    .append(new int[][] {Arrays.copyOfRange(prompt.start(), reused, prompt.start().length)});
            prefill = task.interruption().elapsed();
            begun = lease.session().fork(new int[beams]); // every beam begins as the prompt
            lease.keep(prompt.start());
        }
        try (Session session = begun) {
            float[][] logits = first;
            while (true) {
                Optional<FinishReason> interrupted = task.interrupted();
                if (interrupted.isPresent()) {
                    running.forEach(beam -> finished.add(hypothesis(beam, interrupted.get())));
                    finished.sort(BEST_FIRST);
                    return List.copyOf(finished.subList(0, Math.min(beams, finished.size())));
                }
                int generated = running.get(0).length();
                List<Beam> candidates = continuations(prompt, constraints, running, logits);
                var open = new ArrayList<Beam>();
                for (int i = 0; i < candidates.size(); i++) {
                    Beam candidate = candidates.get(i);
                    Optional<FinishReason> reason = finish(candidate, room, prompt, constraints);
                    if (reason.isEmpty()) {
                        open.add(candidate);
                    } else if (i < beams) {
                        finished.add(hypothesis(candidate, reason.get()));
                    }
                }
                finished.sort(BEST_FIRST);
                finished.subList(Math.min(beams, finished.size()), finished.size())
                        .clear();
                running = List.copyOf(open.subList(0, Math.min(beams, open.size())));
                if (running.isEmpty() && finished.isEmpty()) {
                    throw TokenConstraints.nothingLeft(generated);
                }
                if (running.isEmpty() || isOver(running, finished, room)) {
                    return finished;
                }
                logits = advance(session, running);
            }
        }
    }

    private static float[][] advance(Session session, List<Beam> running) {
        int[] sources = new int[session.rows()];
        int[][] next = new int[session.rows()][];
        boolean moved = false;
        for (int i = 0; i < sources.length; i++) {
            sources[i] = i < running.size() ? running.get(i).row() : i;
            next[i] = i < running.size() ? new int[] {running.get(i).lastId()} : NOTHING;
            moved |= sources[i] != i;
        }
        if (moved) {
            session.reorder(sources);
        }
        return session.append(next);
    }

    /** The best continuations of all beams together, best first. */
    private List<Beam> continuations(
            Prompt prompt, TokenConstraints constraints, List<Beam> running, float[][] logits) {
        int vocabulary = logits[0].length;
        var best = new BestScores(Math.max(2, 1 + task.endIds().length) * beams);
        double[] logSumExp = new double[running.size()];
        List<List<Candidate>> top = new ArrayList<>();
        for (int b = 0; b < running.size(); b++) {
            Beam beam = running.get(b);
            logSumExp[b] = Softmax.logSumExp(logits[b], Softmax.max(logits[b]));
            float[] scores = new float[vocabulary];
            for (int id = 0; id < vocabulary; id++) {
                scores[id] = (float) (logits[b][id] - logSumExp[b]);
            }
            constraints.apply(scores, history(prompt, beam));
            if (decoding.renormalizeLogits() && TokenConstraints.leave(scores)) {
                LogitsProcessors.renormalise(scores);
            }
            top.add(Softmax.top(logits[b], logSumExp[b], decoding.topLogProbabilities()));
            for (int id = 0; id < vocabulary; id++) {
                best.offer(beam.score() + scores[id], (long) b * vocabulary + id);
            }
        }
        var candidates = new ArrayList<Beam>();
        for (BestScores.Entry entry : best.drain()) {
            int b = Math.toIntExact(entry.index() / vocabulary);
            int id = Math.toIntExact(entry.index() % vocabulary);
            var token = new ScoredToken(id, logits[b][id] - logSumExp[b], top.get(b));
            candidates.add(new Beam(running.get(b), token, running.get(b).length() + 1, entry.score(), b));
        }
        return candidates;
    }

    private static TokenHistory history(Prompt prompt, Beam beam) {
        var history = new TokenHistory(prompt.start());
        beam.tokens().forEach(token -> history.add(token.id()));
        return history;
    }

    private Optional<FinishReason> finish(Beam beam, int room, Prompt prompt, TokenConstraints constraints) {
        if (task.ends(beam.lastId())) {
            return Optional.of(FinishReason.STOP_TOKEN);
        }
        if (!decoding.stopStrings().isEmpty() && text(prompt, beam.tokens()).stopped()) {
            return Optional.of(FinishReason.STOP_STRING);
        }
        if (decoding.constraint().isPresent() && constraints.complete(history(prompt, beam))) {
            return Optional.of(FinishReason.CONSTRAINT);
        }
        return beam.length() == room ? Optional.of(task.full(prompt)) : Optional.empty();
    }

    private boolean isOver(List<Beam> running, List<Hypothesis> finished, int room) {
        if (finished.size() < beams) {
            return false;
        }
        int length = running.get(0).length();
        double worst = finished.get(finished.size() - 1).normalised();
        return switch (decoding.earlyStopping()) {
            case FIRST_FINISHED -> true;
            case HEURISTIC -> normalise(running.get(0).score(), length) <= worst;
            case EXHAUSTIVE -> normalise(running.get(0).score(), decoding.lengthPenalty() > 0 ? room : length) <= worst;
        };
    }

    private double normalise(double score, int length) {
        return length == 0 ? score : score / Math.pow(length, decoding.lengthPenalty());
    }

    private Hypothesis hypothesis(Beam beam, FinishReason reason) {
        return new Hypothesis(beam.tokens(), normalise(beam.score(), beam.length()), reason);
    }

    /** Reads tokens from the start, as far as a stop string. */
    private Text text(Prompt prompt, List<ScoredToken> tokens) {
        TextStream stream = task.textStream(prompt);
        var parts = new ArrayList<String>();
        for (int i = 0; i < tokens.size(); i++) {
            int id = tokens.get(i).id();
            boolean last = i == tokens.size() - 1;
            String part = task.ends(id) ? "" : stream.next(id, i + 1 >= decoding.minTokens());
            parts.add(last && !stream.stopped() ? part + stream.finish() : part);
        }
        return new Text(parts, stream.stopped());
    }

    private Completion completion(
            Prompt prompt,
            Hypothesis hypothesis,
            Duration end,
            Optional<TokenSink> sink,
            List<Completion> alternatives) {
        List<ScoredToken> tokens = hypothesis.tokens();
        List<String> parts = text(prompt, tokens).parts();
        for (int i = 0; i < tokens.size(); i++) {
            var token = new TokenSink.Token(tokens.get(i).id(), parts.get(i));
            sink.ifPresent(s -> s.accept(token));
        }
        return new Completion(
                String.join("", parts),
                tokens,
                hypothesis.reason(),
                new Completion.Usage(
                        prompt.ids().length, prompt.dropped(), reused, tokens.size(), prefill, end.minus(prefill)),
                hypothesis.normalised(),
                alternatives);
    }

    /** The text of a hypothesis token by token, and whether a stop string ended it. */
    private record Text(List<String> parts, boolean stopped) {}

    /** A hypothesis that is not continued. */
    private record Hypothesis(List<ScoredToken> tokens, double normalised, FinishReason reason) {}

    /** A hypothesis that may be continued: a token and those before it, and the row of the session it continued. */
    private record Beam(@Nullable Beam before, @Nullable ScoredToken last, int length, double score, int row) {
        int lastId() {
            return last == null ? -1 : last.id();
        }

        List<ScoredToken> tokens() {
            var reversed = new ArrayList<ScoredToken>();
            for (Beam beam = this; beam != null; beam = beam.before) {
                if (beam.last != null) {
                    reversed.add(beam.last);
                }
            }
            return List.copyOf(reversed.reversed());
        }
    }
}
