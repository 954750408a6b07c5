package dev.argot.core.decoding;

import static java.util.Objects.requireNonNull;

import dev.argot.api.Completion;
import dev.argot.api.Completion.FinishReason;
import dev.argot.api.Completion.ScoredToken;
import dev.argot.api.TokenSink;
import dev.argot.spi.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Greedy search and sampling: one token after the other, for several rows at once; a finished row gets no more. */
final class StepwiseGeneration {
    private static final int[] NOTHING = {};

    private final GenerationTask task;

    StepwiseGeneration(GenerationTask task) {
        this.task = task;
    }

    /**
     * Completes prompts as one batch.
     *
     * @param prompts at least one
     * @param sink takes the tokens of all rows; given only for a single row
     */
    List<Completion> run(List<Prompt> prompts, Optional<TokenSink> sink) {
        Optional<FinishReason> early = task.interrupted();
        if (early.isPresent()) {
            return prompts.stream().map(p -> task.nothing(p, early.get())).toList();
        }
        var rows = new ArrayList<Row>();
        for (int i = 0; i < prompts.size(); i++) {
            rows.add(new Row(prompts.get(i), i, sink));
        }
        try (SessionCache.Lease lease = task.open(prompts)) {
            Session session = lease.session();
            int[][] next = prompts.stream()
                    .map(prompt -> Arrays.copyOfRange(prompt.start(), lease.reused(), prompt.start().length))
                    .toArray(int[][]::new);
            while (true) {
                float[][] logits = session.append(next);
                Duration now = task.interruption().elapsed();
                Optional<FinishReason> interrupted = task.interrupted();
                boolean running = false;
                for (int i = 0; i < rows.size(); i++) {
                    next[i] = rows.get(i).step(logits[i], now, interrupted);
                    running |= next[i].length > 0;
                }
                if (!running) {
                    lease.keep(rows.get(0).sequence(session.length(0)));
                    return rows.stream()
                            .map(row -> row.completion(lease.reused()))
                            .toList();
                }
            }
        }
    }

    /** One prompt and its completion. */
    private final class Row {
        private final Prompt prompt;
        private final Optional<TokenSink> sink;
        private final TokenChooser chooser;
        private final TextStream stream;
        private final StringBuilder text = new StringBuilder();
        private final List<ScoredToken> tokens = new ArrayList<>();
        private final int room;
        private @Nullable Duration prefill;
        private Duration end = Duration.ZERO;
        private @Nullable FinishReason finish;
        private double score;

        Row(Prompt prompt, int row, Optional<TokenSink> sink) {
            this.prompt = prompt;
            this.sink = sink;
            this.chooser = new TokenChooser(task.decoding(), task.constraints(prompt), prompt.start(), row);
            this.stream = task.textStream(prompt);
            this.room = task.room(prompt);
        }

        /** Chooses a token, unless the row is finished; returns what the session takes next. */
        int[] step(float[] logits, Duration now, Optional<FinishReason> interrupted) {
            if (finish != null) {
                return NOTHING;
            }
            if (prefill == null) {
                prefill = now;
            }
            end = now;
            if (interrupted.isPresent()) {
                finish = interrupted.get();
                return NOTHING;
            }
            ScoredToken token = chooser.choose(logits);
            tokens.add(token);
            score += token.logProbability();
            String certain = extend(token.id());
            text.append(certain);
            sink.ifPresent(s -> s.accept(new TokenSink.Token(token.id(), certain)));
            return finish == null ? new int[] {token.id()} : NOTHING;
        }

        private String extend(int id) {
            if (task.ends(id)) {
                finish = FinishReason.STOP_TOKEN;
                return stream.finish();
            }
            String certain = stream.next(id, tokens.size() >= task.decoding().minTokens());
            if (!stream.stopped() && chooser.complete()) {
                finish = FinishReason.CONSTRAINT;
                certain += stream.finish();
            } else if (!stream.stopped() && tokens.size() == room) {
                finish = task.full(prompt);
                certain += stream.finish();
            }
            if (stream.stopped()) {
                finish = FinishReason.STOP_STRING;
            }
            return certain;
        }

        /** The first tokens of prompt and completion. */
        int[] sequence(int length) {
            return IntStream.concat(
                            Arrays.stream(prompt.start()), tokens.stream().mapToInt(ScoredToken::id))
                    .limit(length)
                    .toArray();
        }

        Completion completion(int reused) {
            Duration first = prefill == null ? end : prefill;
            return new Completion(
                    text.toString(),
                    tokens,
                    requireNonNull(finish, "a row that is complete has a reason"),
                    new Completion.Usage(
                            prompt.ids().length, prompt.dropped(), reused, tokens.size(), first, end.minus(first)),
                    score,
                    List.of());
        }
    }
}
