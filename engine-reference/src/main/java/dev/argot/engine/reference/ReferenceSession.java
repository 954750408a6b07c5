package dev.argot.engine.reference;

import dev.argot.api.EngineException;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Rewrites;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Rows are computed one by one. A row's cache is a list of immutable pieces, one for each stretch of tokens that went through the network
 * together, so that a fork or a reordering shares them by sharing the list.
 */
final class ReferenceSession implements Session {
    /** Tokens whose logits are held at the same time while scoring. */
    private static final int SCORED_TOGETHER = 64;

    /**
     * What does not change when a session is forked.
     *
     * @param decoder what the names of a decoder's inputs begin with where an encoder has those without; else empty
     */
    private record Program(Graph graph, Weights weights, Workers workers, int vocabulary, String decoder) {}

    /**
     * Keys and values of consecutive tokens.
     *
     * @param length tokens that count; the tensors may hold more after a rewind
     * @param tensors [1, k, T, d] by the name of the cache
     */
    private record Piece(int length, Map<String, Tensor.Floats> tensors) {}

    /**
     * One row so far.
     *
     * @param source what the decoder reads of the encoder: keys and values of cross-attention, positions and mask; empty without one
     */
    private record Row(Map<String, Tensor> source, List<Integer> tokens, List<Piece> pieces) {
        static final Row EMPTY = of(Map.of());

        static Row of(Map<String, Tensor> source) {
            return new Row(source, List.of(), List.of());
        }

        int length() {
            return tokens.size();
        }

        Row with(int[] added, Map<String, Tensor.Floats> tensors) {
            var longer = new ArrayList<>(tokens);
            for (int token : added) {
                longer.add(token);
            }
            var more = new ArrayList<>(pieces);
            more.add(new Piece(added.length, tensors));
            return new Row(source, List.copyOf(longer), List.copyOf(more));
        }

        Row first(int length) {
            var kept = new ArrayList<Piece>();
            int rest = length;
            for (Piece piece : pieces) {
                if (rest > 0) {
                    kept.add(new Piece(Math.min(rest, piece.length()), piece.tensors()));
                    rest -= Math.min(rest, piece.length());
                }
            }
            return new Row(source, tokens.subList(0, length), List.copyOf(kept));
        }
    }

    private final Program program;
    private final int capacity;
    private final int[] shared; // length of each row's shared prefix, below which it cannot be rewound
    private final Row[] rows;
    private boolean closed;

    private ReferenceSession(Program program, int capacity, Row[] rows, int[] shared) {
        this.program = program;
        this.capacity = capacity;
        this.rows = rows;
        this.shared = shared;
    }

    private static int[] lengths(Row[] rows) {
        return Arrays.stream(rows).mapToInt(Row::length).toArray();
    }

    static ReferenceSession open(Graph graph, Weights weights, Workers workers, int rows, int capacity) {
        if (rows < 1) {
            throw new IllegalArgumentException("expected 1 or more rows, found " + rows);
        }
        if (GraphInputs.hasSources(graph)) {
            throw new IllegalArgumentException("the decoder reads an encoder's rows; open the session with sources");
        }
        Row[] empty = new Row[rows];
        Arrays.fill(empty, Row.EMPTY);
        return open(graph, weights, workers, "", capacity, empty);
    }

    static ReferenceSession open(Graph graph, Weights weights, Workers workers, int[][] sources, int capacity) {
        Graph encoder = Rewrites.crossStates(graph);
        GraphInputs.sources(encoder, sources); // checks all of them
        Row[] rows = new Row[sources.length];
        for (int i = 0; i < rows.length; i++) {
            Map<String, Tensor> inputs = GraphInputs.sources(encoder, new int[][] {sources[i]});
            rows[i] = Row.of(crossStates(encoder, weights, workers, inputs));
        }
        return open(graph, weights, workers, "decoder_", capacity, rows);
    }

    private static Map<String, Tensor> crossStates(
            Graph encoder, Weights weights, Workers workers, Map<String, Tensor> inputs) {
        List<String> names = Rewrites.crossStateNames(encoder);
        List<Node> wanted = names.stream().map(encoder::output).toList();
        Map<Node, Tensor> values = new Interpreter(weights, workers, inputs, null).evaluate(wanted, Map.of());
        Map<String, Tensor> source = new HashMap<>(inputs);
        for (String name : names) {
            source.put(name, value(values, encoder.output(name)));
        }
        return Map.copyOf(source);
    }

    private static ReferenceSession open(
            Graph graph, Weights weights, Workers workers, String decoder, int capacity, Row[] rows) {
        if (capacity < 1) {
            throw new IllegalArgumentException("expected a capacity of 1 or more, found " + capacity);
        }
        Graph cached = Rewrites.selectTokens(Rewrites.cached(graph));
        int vocabulary = (int) cached.output("logits").type().dimension(-1);
        return new ReferenceSession(
                new Program(cached, weights, workers, vocabulary, decoder), capacity, rows, lengths(rows));
    }

    @Override
    public int rows() {
        return rows.length;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public int length(int row) {
        return rows[row].length();
    }

    @Override
    public float[][] append(int[][] tokens) {
        check(tokens);
        Row[] after = rows.clone();
        float[][] logits = new float[rows.length][0];
        for (int i = 0; i < rows.length; i++) {
            if (tokens[i].length > 0) {
                Step step = new Step(rows[i], tokens[i]);
                after[i] = step.row();
                logits[i] = step.logits(tokens[i].length - 1, tokens[i].length);
            }
        }
        System.arraycopy(after, 0, rows, 0, rows.length);
        return logits;
    }

    @Override
    public double[][][] score(int[][] tokens, int[][][] next) {
        check(tokens);
        check(tokens, next);
        Row[] after = rows.clone();
        double[][][] scores = new double[rows.length][][];
        for (int i = 0; i < rows.length; i++) {
            scores[i] = new double[tokens[i].length][];
            if (tokens[i].length > 0) {
                Step step = new Step(rows[i], tokens[i]);
                after[i] = step.row();
                for (int from = 0; from < tokens[i].length; from += SCORED_TOGETHER) {
                    score(step, from, Math.min(tokens[i].length, from + SCORED_TOGETHER), next[i], scores[i]);
                }
            }
        }
        System.arraycopy(after, 0, rows, 0, rows.length);
        return scores;
    }

    private void score(Step step, int from, int to, int[][] next, double[][] scores) {
        boolean wanted = false;
        for (int i = from; i < to; i++) {
            scores[i] = new double[next[i].length];
            wanted |= next[i].length > 0;
        }
        if (!wanted) {
            return;
        }
        float[] logits = step.logits(from, to);
        for (int i = from; i < to; i++) {
            int start = (i - from) * program.vocabulary();
            for (int k = 0; k < next[i].length; k++) {
                scores[i][k] = Kernels.logProbability(logits, start, program.vocabulary(), next[i][k]);
            }
        }
    }

    /** Some tokens of a row on their way through the network. */
    private final class Step {
        private final Map<String, Tensor> inputs;
        private final Node hidden = program.graph().output("last_hidden_state");
        private final Tensor hiddenState; // [1, T, H]
        private final Row row;

        Step(Row before, int[] tokens) {
            int all = before.length() + tokens.length;
            long[] ones = new long[all];
            Arrays.fill(ones, 1);
            long[] keys = new long[all];
            Arrays.setAll(keys, i -> i);
            long[] positions = Arrays.copyOfRange(keys, before.length(), all);
            inputs = new HashMap<>(before.source());
            inputs.put(
                    program.decoder() + "input_ids",
                    new Tensor.Longs(Arrays.stream(tokens).asLongStream().toArray(), 1, tokens.length));
            inputs.put(program.decoder() + "position_ids", new Tensor.Longs(positions, 1, tokens.length));
            inputs.put("key_positions", new Tensor.Longs(keys, 1, all));
            inputs.put(program.decoder() + "attention_mask", new Tensor.Longs(ones, 1, all));
            Map<String, Tensor.Floats> fresh = new HashMap<>();
            var interpreter = new Interpreter(program.weights(), program.workers(), inputs, (name, added) -> {
                fresh.put(name, added);
                return join(before.pieces(), name, added, all);
            });
            hiddenState = value(interpreter.evaluate(List.of(hidden), Map.of()), hidden);
            row = before.with(tokens, fresh);
        }

        /** The row with the tokens. */
        Row row() {
            return row;
        }

        /** Logits [to - from, V] after some of the tokens. */
        float[] logits(int from, int to) {
            Map<String, Tensor> withSelected = new HashMap<>(inputs);
            withSelected.put(
                    "selected", new Tensor.Longs(LongStream.range(from, to).toArray(), 1, to - from));
            var interpreter = new Interpreter(program.weights(), program.workers(), withSelected, null);
            Node logits = program.graph().output("logits");
            Tensor value = value(interpreter.evaluate(List.of(logits), Map.of(hidden, hiddenState)), logits);
            if (value instanceof Tensor.Floats floats) {
                return floats.data();
            }
            throw new IllegalStateException("logits are floats");
        }
    }

    private static Tensor value(Map<Node, Tensor> values, Node node) {
        Tensor value = values.get(node);
        if (value == null) {
            throw new IllegalStateException("not computed: " + node);
        }
        return value;
    }

    /** Puts the pieces of a cache and what is added one after the other, [1, k, S, d]. */
    private static Tensor.Floats join(List<Piece> pieces, String name, Tensor.Floats added, int length) {
        int heads = (int) added.shape()[1];
        int d = (int) added.shape()[3];
        float[] result = new float[Math.multiplyExact(heads * d, length)];
        int at = 0;
        for (Piece piece : pieces) {
            copy(piece.tensors().get(name), piece.length(), result, at, length);
            at += piece.length();
        }
        copy(added, (int) added.shape()[2], result, at, length);
        return new Tensor.Floats(result, 1, heads, length, d);
    }

    private static void copy(Tensor.@Nullable Floats from, int tokens, float[] to, int at, int length) {
        if (from == null) {
            throw new IllegalStateException("a piece of the cache lacks a tensor");
        }
        int heads = (int) from.shape()[1];
        int t = (int) from.shape()[2];
        int d = (int) from.shape()[3];
        for (int head = 0; head < heads; head++) {
            System.arraycopy(from.data(), head * t * d, to, (head * length + at) * d, tokens * d);
        }
    }

    private void check(int[][] tokens, int[][][] next) {
        if (next.length != rows.length) {
            throw new IllegalArgumentException(
                    "expected next tokens of " + rows.length + " rows, found " + next.length);
        }
        for (int i = 0; i < rows.length; i++) {
            if (next[i].length != tokens[i].length) {
                throw new IllegalArgumentException("row " + i + ": expected next tokens of " + tokens[i].length
                        + " tokens, found " + next[i].length);
            }
            for (int[] ids : next[i]) {
                checkIds(ids, i);
            }
        }
    }

    private void checkIds(int[] ids, int row) {
        for (int token : ids) {
            if (token < 0 || token >= program.vocabulary()) {
                throw new IllegalArgumentException(
                        "token " + token + " in row " + row + " is outside the vocabulary of " + program.vocabulary());
            }
        }
    }

    private void check(int[][] tokens) {
        checkOpen();
        if (tokens.length != rows.length) {
            throw new IllegalArgumentException("expected tokens for " + rows.length + " rows, found " + tokens.length);
        }
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length() + tokens[i].length > capacity) {
                throw new IllegalArgumentException("row " + i + " has " + rows[i].length() + " tokens; "
                        + tokens[i].length + " more exceed the capacity of " + capacity);
            }
            checkIds(tokens[i], i);
        }
    }

    @Override
    public Session fork(int... sources) {
        checkOpen();
        Row[] picked = pick(sources);
        return new ReferenceSession(program, capacity, picked, lengths(picked));
    }

    @Override
    public Session copy(int row, int length, int capacity) {
        checkOpen();
        Row copied = pick(new int[] {row})[0];
        if (length < 0 || length > copied.length() || capacity < Math.max(length, 1)) {
            throw new IllegalArgumentException("length " + length + " is not in 0 to " + copied.length()
                    + ", or the capacity " + capacity + " is too small");
        }
        return new ReferenceSession(program, capacity, new Row[] {copied.first(length)}, new int[1]);
    }

    @Override
    public long bytes() {
        return Arrays.stream(rows)
                .flatMap(row -> row.pieces().stream())
                .flatMap(piece -> piece.tensors().values().stream())
                .mapToLong(tensor -> (long) Float.BYTES * tensor.data().length)
                .sum();
    }

    @Override
    public void reorder(int... sources) {
        checkOpen();
        if (sources.length != rows.length) {
            throw new IllegalArgumentException("expected " + rows.length + " sources, found " + sources.length);
        }
        Row[] picked = pick(sources);
        int[] prefixes = Arrays.stream(sources).map(source -> shared[source]).toArray();
        System.arraycopy(picked, 0, rows, 0, rows.length);
        System.arraycopy(prefixes, 0, shared, 0, rows.length);
    }

    private Row[] pick(int[] sources) {
        Row[] picked = new Row[sources.length];
        for (int i = 0; i < sources.length; i++) {
            if (sources[i] < 0 || sources[i] >= rows.length) {
                throw new IllegalArgumentException(
                        "there is no row " + sources[i] + "; rows are 0 to " + (rows.length - 1));
            }
            picked[i] = rows[sources[i]];
        }
        return picked;
    }

    @Override
    public void rewind(int row, int length) {
        checkOpen();
        if (length < shared[row] || length > rows[row].length()) {
            throw new IllegalArgumentException("row " + row + " can be rewound to " + shared[row] + " to "
                    + rows[row].length() + " tokens, not to " + length);
        }
        rows[row] = rows[row].first(length);
    }

    private void checkOpen() {
        if (closed) {
            throw new EngineException("the session is closed");
        }
    }

    @Override
    public void close() {
        closed = true;
        Arrays.fill(rows, Row.EMPTY);
    }
}
