package dev.argot.core.decoding;

import dev.argot.api.ArgotException;
import dev.argot.api.CancellationToken;
import dev.argot.api.Completion;
import dev.argot.api.CompletionRequest;
import dev.argot.api.ContextLengthException;
import dev.argot.api.Decoding;
import dev.argot.api.EncodeOptions;
import dev.argot.api.EncodeOptions.Truncation;
import dev.argot.api.Tokenizer;
import dev.argot.core.constraint.Constraints;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/**
 * Completes prompts with a compiled model: the decoding loop, the same for every engine. Thread-safe; every call has a session of its
 * own and closes it.
 */
public final class TextGenerator {
    private final CompiledModel model;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final Set<Integer> eosIds;
    private final OptionalInt bosId;
    private final OptionalInt decoderStartId;
    private final InstantSource clock;
    private final SessionCache sessions;
    private final Constraints constraints;

    /**
     * A generator.
     *
     * @param model the model; not closed here
     * @param tokenizer its tokenizer
     * @param contextLength tokens a prompt and its completion have at most; each of them where an encoder reads the prompt
     * @param eosIds tokens with which the model ends a text
     * @param bosId what an empty prompt stands for
     * @param decoderStartId what a decoder begins with that reads an encoder's output; empty for a decoder that continues the prompt
     * @param clock the time, for deadlines and measured speeds
     * @param sessions keeps what prompts begin with
     */
    public TextGenerator(
            CompiledModel model,
            Tokenizer tokenizer,
            int contextLength,
            Set<Integer> eosIds,
            OptionalInt bosId,
            OptionalInt decoderStartId,
            InstantSource clock,
            SessionCache sessions) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.eosIds = Set.copyOf(eosIds);
        this.bosId = bosId;
        this.decoderStartId = decoderStartId;
        this.clock = clock;
        this.sessions = sessions;
        this.constraints = new Constraints(tokenizer);
    }

    /**
     * Completes a prompt.
     *
     * @param request prompt, decoding, sink, cancellation, time limit
     * @throws ContextLengthException if the prompt does not fit and may not be truncated
     */
    public Completion complete(CompletionRequest request) {
        var interruption = new Interruption(request.cancellation(), clock.instant(), request.timeLimit(), clock);
        Prompt prompt = request.tokens().isEmpty()
                ? encode(request.prompt(), request.trusted(), request.decoding())
                : given(request.tokens().stream().mapToInt(Integer::intValue).toArray());
        var task = task(request.decoding(), interruption, request.tenant());
        var sink = request.sink();
        return request.decoding().beams() > 1
                ? new BeamSearch(task).run(prompt, sink)
                : new StepwiseGeneration(task).run(List.of(prompt), sink).get(0);
    }

    /**
     * Completes several prompts; as one batch, except with beam search, where the beams of one prompt are the batch.
     *
     * @param prompts untrusted texts
     * @param decoding how tokens are chosen; row {@code i} draws from {@code seed + i}
     * @param cancellation looked at before each token
     * @throws ContextLengthException if a prompt does not fit and may not be truncated
     */
    public List<Completion> completeAll(List<String> prompts, Decoding decoding, CancellationToken cancellation) {
        var interruption = new Interruption(cancellation, clock.instant(), Optional.empty(), clock);
        return run(
                prompts.stream().map(p -> encode(p, false, decoding)).toList(),
                task(decoding, interruption, Optional.empty()));
    }

    /**
     * Continues token ids as they are, or answers them where an encoder reads them.
     *
     * @param prompts ids; at least one each
     * @param decoding how tokens are chosen; row {@code i} draws from {@code seed + i}
     * @param cancellation looked at before each token
     * @throws ContextLengthException if a prompt does not fit
     */
    public List<Completion> continueAll(List<int[]> prompts, Decoding decoding, CancellationToken cancellation) {
        var interruption = new Interruption(cancellation, clock.instant(), Optional.empty(), clock);
        return run(prompts.stream().map(this::given).toList(), task(decoding, interruption, Optional.empty()));
    }

    /** Ids as they are. */
    private Prompt given(int[] ids) {
        if (ids.length == 0) {
            throw new IllegalArgumentException("a prompt must have at least one token");
        }
        if (ids.length > longest()) {
            throw new ContextLengthException(ids.length, contextLength);
        }
        return prompt(ids, 0);
    }

    /**
     * The logits of what follows a text.
     *
     * @param text untrusted; with the special tokens the model expects around it
     * @throws ContextLengthException if it does not fit
     */
    public float[] nextLogits(String text) {
        int[] ids = encode(text, false, Decoding.greedy()).ids();
        try (Session session = model.openSession(1, ids.length)) {
            return session.append(new int[][] {ids})[0];
        }
    }

    private static List<Completion> run(List<Prompt> prompts, GenerationTask task) {
        if (prompts.isEmpty()) {
            return List.of();
        }
        if (task.decoding().beams() == 1) {
            return new StepwiseGeneration(task).run(prompts, Optional.empty());
        }
        return prompts.stream()
                .map(prompt -> new BeamSearch(task).run(prompt, Optional.empty()))
                .toList();
    }

    private GenerationTask task(Decoding decoding, Interruption interruption, Optional<String> tenant) {
        var endIds = new TreeSet<>(decoding.stopIds());
        if (!decoding.ignoreEos()) {
            endIds.addAll(eosIds);
        }
        return new GenerationTask(
                model,
                tokenizer,
                contextLength,
                endIds.stream().mapToInt(Integer::intValue).toArray(),
                decoding,
                decoding.constraint().map(constraints::masks).orElse(null),
                interruption,
                sessions,
                tenant);
    }

    private Prompt encode(String text, boolean trusted, Decoding decoding) {
        var options = trusted ? EncodeOptions.DEFAULT.asTrusted() : EncodeOptions.DEFAULT;
        int[] ids = tokenizer.encode(text, options).ids();
        if (ids.length == 0) {
            if (bosId.isEmpty()) {
                throw new ArgotException(
                        "The prompt has no tokens, and the model has no token that begins a text. Give a prompt of at least one token.");
            }
            ids = new int[] {bosId.getAsInt()};
        }
        return switch (decoding.overflow()) {
            case REFUSE -> {
                if (ids.length > longest()) {
                    throw new ContextLengthException(ids.length, contextLength);
                }
                yield prompt(ids, 0);
            }
            case TRUNCATE_START -> truncated(text, options, ids, decoding, Truncation.Side.START);
            case TRUNCATE_END -> truncated(text, options, ids, decoding, Truncation.Side.END);
        };
    }

    /** The tokenizer cuts, so that the special tokens it puts around a text stay. */
    private Prompt truncated(String text, EncodeOptions options, int[] ids, Decoding decoding, Truncation.Side side) {
        int room = decoderStartId.isPresent()
                ? contextLength
                : Math.max(1, Math.max(contextLength - decoding.maxTokens(), contextLength / 2));
        if (ids.length <= room) {
            return prompt(ids, 0);
        }
        var truncation = new Truncation(room, 0, Truncation.Strategy.LONGEST_FIRST, side);
        int[] cut = tokenizer.encode(text, options.withTruncation(truncation)).ids();
        return prompt(cut, ids.length - cut.length);
    }

    /** The most tokens of a prompt: an answer that continues it needs one, too. */
    private int longest() {
        return decoderStartId.isPresent() ? contextLength : contextLength - 1;
    }

    private Prompt prompt(int[] ids, int dropped) {
        return decoderStartId.isPresent()
                ? new Prompt(ids, new int[] {decoderStartId.getAsInt()}, dropped)
                : Prompt.of(ids, dropped);
    }
}
