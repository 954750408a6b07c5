package dev.argot.core.encoding;

import dev.argot.api.ArgotException;
import dev.argot.api.Completion.Candidate;
import dev.argot.api.ContextLengthException;
import dev.argot.api.EncodeOptions;
import dev.argot.api.MaskedModel.FilledMask;
import dev.argot.api.TokenCandidate;
import dev.argot.api.Tokenizer;
import dev.argot.core.decoding.Softmax;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Rewrites;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Guesses what stands at the masks of texts; only they go through the head. Reference: the fill-mask pipeline of Hugging Face. Thread-safe.
 */
public final class MaskFiller {
    /** How a mask can be written for any model. */
    private static final String MASK = "[MASK]";
    /** Rows of logits computed at once; bounds their memory. */
    private static final int LOGITS = 256;

    private final Supplier<CompiledModel> model;
    private final Tokenizer tokenizer;
    private final int contextLength;
    private final int maskId;

    /**
     * A filler.
     *
     * @param model gives the model with the graph {@link #graph}
     * @param tokenizer its tokenizer
     * @param contextLength the most tokens it reads
     * @throws ArgotException if the tokenizer has no mask
     */
    public MaskFiller(Supplier<CompiledModel> model, Tokenizer tokenizer, int contextLength) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.contextLength = contextLength;
        this.maskId = tokenizer
                .specialTokens()
                .mask()
                .orElseThrow(() -> new ArgotException("The tokenizer of this masked language model has no mask token."
                        + " Expected mask_token in tokenizer_config.json."));
    }

    /**
     * The graph that gives the logits of chosen tokens alone.
     *
     * @param graph a masked language model's graph
     */
    public static Graph graph(Graph graph) {
        return Rewrites.keeping(Rewrites.selectTokens(graph), List.of("logits"));
    }

    /** The mask's own spelling. */
    public String maskToken() {
        return tokenizer.token(maskId);
    }

    /**
     * Guesses.
     *
     * @param texts untrusted texts with masks
     * @param top how many candidates for each mask; at least 1
     * @throws ArgotException if a text has no mask
     * @throws ContextLengthException if a text does not fit
     */
    public List<List<FilledMask>> fillAll(List<String> texts, int top) {
        if (top < 1) {
            throw new IllegalArgumentException("top must be at least 1: " + top);
        }
        List<Masked> masked = texts.stream().map(this::encode).toList();
        List<TokenRow> rows = masked.stream().map(Masked::row).toList();
        var filled = new ArrayList<List<FilledMask>>();
        texts.forEach(text -> filled.add(List.of()));
        if (masked.isEmpty()) {
            return filled;
        }
        TokenBatches.run(
                model.get(),
                tokenizer.specialTokens().pad().orElse(0),
                rows,
                batches(masked, rows),
                List.of("logits"),
                (batch, inputs) -> select(masked, batch, inputs),
                (batch, outputs) -> {
                    float[] logits = TokenBatches.floats(outputs, "logits");
                    int width = mostMasks(masked, batch);
                    int vocabulary = logits.length / batch.length / width;
                    for (int i = 0; i < batch.length; i++) {
                        Masked text = masked.get(batch[i]);
                        var masks = new ArrayList<FilledMask>();
                        for (int m = 0; m < text.places.length; m++) {
                            int at = (i * width + m) * vocabulary;
                            masks.add(new FilledMask(
                                    text.starts[m],
                                    text.ends[m],
                                    candidates(tokenizer, Arrays.copyOfRange(logits, at, at + vocabulary), top)));
                        }
                        filled.set(batch[i], List.copyOf(masks));
                    }
                });
        return List.copyOf(filled);
    }

    /**
     * The most probable tokens. Ids that the tokenizer has no token for, rows that only round up a matrix, are left out.
     *
     * @param tokenizer the model's tokenizer
     * @param logits raw logits of the whole vocabulary
     * @param top how many; at least 1
     * @return most probable first
     */
    public static List<TokenCandidate> candidates(Tokenizer tokenizer, float[] logits, int top) {
        double logSum = Softmax.logSumExp(logits, Softmax.max(logits));
        var candidates = new ArrayList<TokenCandidate>();
        int spare = logits.length - Math.min(logits.length, tokenizer.vocabularySize());
        for (Candidate candidate : Softmax.top(logits, logSum, (int) Math.min(logits.length, (long) top + spare))) {
            if (candidate.id() < tokenizer.vocabularySize() && candidates.size() < top) {
                candidates.add(new TokenCandidate(
                        candidate.id(),
                        tokenizer.token(candidate.id()),
                        tokenizer.decode(new int[] {candidate.id()}, false),
                        Math.exp(candidate.logProbability())));
            }
        }
        return List.copyOf(candidates);
    }

    /** A text with masks: its tokens, where in them the masks are, and where in the text. */
    private record Masked(TokenRow row, int[] places, int[] starts, int[] ends) {}

    private Masked encode(String text) {
        String own = maskToken();
        var starts = new ArrayList<Integer>();
        var ends = new ArrayList<Integer>();
        var written = new StringBuilder();
        int done = 0;
        while (true) {
            int plain = text.indexOf(MASK, done);
            int special = text.indexOf(own, done);
            int start = plain < 0 ? special : special < 0 ? plain : Math.min(plain, special);
            if (start < 0) {
                break;
            }
            int end = start + (start == special ? own : MASK).length();
            written.append(text, done, start).append(own);
            starts.add(start);
            ends.add(end);
            done = end;
        }
        if (starts.isEmpty()) {
            throw new ArgotException("The text has no mask. Write " + MASK
                    + (own.equals(MASK) ? "" : " or " + own) + " where a token is to be guessed: " + shortened(text));
        }
        written.append(text, done, text.length());
        TokenRow row = TokenRow.of(tokenizer.encode(
                written.toString(), EncodeOptions.DEFAULT.withControlTokens(Set.of(maskId))));
        if (row.size() > contextLength) {
            throw new ContextLengthException(
                    "The text has " + row.size() + " tokens, the context holds " + contextLength + ": " + shortened(text),
                    row.size(),
                    contextLength);
        }
        int[] places = IntStream.range(0, row.size())
                .filter(i -> row.ids()[i] == maskId)
                .toArray();
        if (places.length != starts.size()) {
            throw new ArgotException("Expected " + starts.size() + " masks among the tokens, found " + places.length
                    + ": " + shortened(text));
        }
        return new Masked(row, places, ints(starts), ints(ends));
    }

    private static int[] ints(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    private static String shortened(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }

    private static List<int[]> batches(List<Masked> masked, List<TokenRow> rows) {
        var batches = new ArrayList<int[]>();
        for (int[] batch : TokenBatches.plan(rows)) {
            int from = 0;
            int most = 0;
            for (int to = 0; to < batch.length; to++) {
                most = Math.max(most, masked.get(batch[to]).places.length);
                if (to > from && most * (to - from + 1) > LOGITS) {
                    batches.add(Arrays.copyOfRange(batch, from, to));
                    from = to;
                    most = masked.get(batch[to]).places.length;
                }
            }
            batches.add(Arrays.copyOfRange(batch, from, batch.length));
        }
        return batches;
    }

    private static int mostMasks(List<Masked> masked, int[] batch) {
        return Arrays.stream(batch).map(row -> masked.get(row).places.length).max().orElse(0);
    }

    private static void select(List<Masked> masked, int[] batch, Map<String, Tensor> inputs) {
        int width = mostMasks(masked, batch);
        var selected = new long[batch.length * width]; // filled up with the first token
        for (int i = 0; i < batch.length; i++) {
            int[] places = masked.get(batch[i]).places;
            for (int m = 0; m < places.length; m++) {
                selected[i * width + m] = places[m];
            }
        }
        inputs.put("selected", new Tensor.Longs(selected, batch.length, width));
    }
}
