package dev.argot.engine.gpu;

import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A batch of sequences with their keys and values.
 *
 * <p>Every append writes the same number of slots in each row; what a shorter row does not fill is a hole, which the mask leaves out.
 * Masks compare positions, not slots, so holes do not shift anything. Buffers have the full capacity from the start, but memory that was
 * never written takes no room on the CPU, so the cache grows without copying.
 *
 * <p>A fork of a session with one row takes that row's keys and values as a prefix [1, k, P, d] that all its rows share; attention takes
 * the prefix's products for all rows at once.
 *
 * <p>What a decoder reads of an encoder is computed once and shared by all forks; a row knows which of its rows it reads. Rows that all
 * read the same one, such as the beams of a search, share its memory.
 */
final class TorchSession implements Session {
    /** Tokens computed at once; bounds the memory of activations and logits. */
    private static final int PREFILL = 1024;

    /** Tokens whose logits are held at the same time while scoring. */
    private static final int SCORED = 256;

    private final Torch torch;
    private final TorchModel model;
    private final Compiled logits;
    private final List<Node> attentions;
    private final int rows;
    private final int capacity;
    private final PtNDManager memory;
    private final Prefix prefix;
    private final @Nullable Source source;
    private final String decoder; // what the names of a decoder's inputs begin with where an encoder has those without
    private Reading reading;
    private PtNDArray[] cache;
    private int room;
    private int slots;
    private int shared; // slots a fork looks at: not to be overwritten
    private final long[][] positions; // [rows][slots], own slots only
    private final boolean[][] holes;
    private final int[] lengths; // prefix included
    private boolean closed;

    /** Keys and values shared by all rows, without holes. Freed with the last session that uses it. */
    private record Prefix(PtNDManager memory, PtNDArray[] arrays, int length, AtomicInteger users) {
        void release() {
            if (users.decrementAndGet() == 0) {
                memory.close();
            }
        }
    }

    /**
     * Keys and values of cross-attention, and mask and positions of the encoder's rows. Freed with the last session that uses it.
     *
     * @param names names of inputs
     * @param arrays [encoder rows, …]
     */
    private record Source(PtNDManager memory, List<String> names, PtNDArray[] arrays, AtomicInteger users) {
        void release() {
            if (users.decrementAndGet() == 0) {
                memory.close();
            }
        }
    }

    /**
     * What the rows of a session read of a source.
     *
     * @param memory owns the arrays, unless they are the source's own
     * @param rows for each row of the session, the row of the source
     * @param arrays [rows, …]
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Reading(PtNDManager memory, int[] rows, PtNDArray[] arrays) {}

    static TorchSession open(Torch torch, TorchModel model, int rows, int capacity) {
        return new TorchSession(torch, model, rows, capacity, nothing(torch), null, new int[0]);
    }

    /** A session of a decoder; the inputs are those of the encoder. */
    static TorchSession open(Torch torch, TorchModel model, Map<String, Tensor> inputs, int rows, int capacity) {
        Source source = source(torch, model, inputs);
        int[] each = IntStream.range(0, rows).toArray();
        return new TorchSession(torch, model, rows, capacity, nothing(torch), source, each);
    }

    private static Prefix nothing(Torch torch) {
        return new Prefix(torch.scope(), new PtNDArray[0], 0, new AtomicInteger(1));
    }

    private static Source source(Torch torch, TorchModel model, Map<String, Tensor> inputs) {
        TorchModel.SessionPrograms programs = model.sessionPrograms();
        Compiled encoder = Objects.requireNonNull(programs.encoder(), "the graph has an encoder");
        PtNDManager memory = torch.scope();
        try (PtNDManager scope = torch.scope()) {
            var arrays = new HashMap<String, PtNDArray>();
            inputs.forEach((name, tensor) -> arrays.put(name, torch.create(scope, tensor)));
            PtNDArray[] computed = encoder.run(scope, new PtNDArray[0], new PtNDArray[0], arrays, 0, 0);
            var all = new ArrayList<>(List.of(programs.cacheOperations().states(memory, computed)));
            var names = new ArrayList<>(Rewrites.crossStateNames(model.graph()));
            for (String name : List.of("attention_mask", "position_ids")) {
                Tensor tensor = inputs.get(name);
                if (tensor != null) {
                    names.add(name);
                    all.add(torch.create(memory, tensor));
                }
            }
            return new Source(memory, names, all.toArray(PtNDArray[]::new), new AtomicInteger(1));
        } catch (RuntimeException | Error e) {
            memory.close();
            throw e;
        }
    }

    /** Takes over one use of the prefix and of the source. */
    private TorchSession(
            Torch torch,
            TorchModel model,
            int rows,
            int capacity,
            Prefix prefix,
            @Nullable Source source,
            int[] sourceRows) {
        this.torch = torch;
        this.model = model;
        this.logits = model.sessionPrograms().logits();
        this.rows = rows;
        this.capacity = capacity;
        this.prefix = prefix;
        this.source = source;
        this.decoder = source == null ? "" : "decoder_";
        this.memory = torch.scope();
        List<String> names = logits.emitter().caches();
        this.attentions = names.stream().map(this::attention).toList();
        this.room = Math.max(capacity - prefix.length(), 1);
        this.positions = new long[rows][0];
        this.holes = new boolean[rows][0];
        this.lengths = new int[rows];
        Arrays.fill(lengths, prefix.length());
        this.reading = new Reading(torch.scope(), new int[0], new PtNDArray[0]);
        this.cache = new PtNDArray[0];
        try {
            this.reading = read(sourceRows);
            this.cache = buffers();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** What rows read of the source; the reading there is, if they read the same already. */
    private Reading read(int[] sourceRows) {
        if (source == null || Arrays.equals(sourceRows, reading.rows())) {
            return reading;
        }
        PtNDManager owner = torch.scope();
        try {
            int[] each = IntStream.range(0, (int) source.arrays()[0].getShape().get(0))
                    .toArray();
            PtNDArray[] arrays = Arrays.equals(sourceRows, each)
                    ? source.arrays()
                    : model.cacheOperations().rows(owner, source.arrays(), sourceRows);
            return new Reading(owner, sourceRows, arrays);
        } catch (RuntimeException | Error e) {
            owner.close();
            throw e;
        }
    }

    /** Frees a reading unless it is still used. */
    private static void forget(Reading old, Reading used) {
        if (!old.equals(used)) {
            old.memory().close();
        }
    }

    /** Which rows of the source rows of this session read. */
    private int[] sourceRows(int[] chosen) {
        return source == null
                ? chosen
                : Arrays.stream(chosen).map(row -> reading.rows()[row]).toArray();
    }

    private Node attention(String name) {
        return model.graph().nodes().stream()
                .filter(n -> n.op() instanceof Op.Attention a && a.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private PtNDArray[] buffers() {
        var arrays = new PtNDArray[2 * attentions.size()];
        for (int i = 0; i < attentions.size(); i++) {
            for (int part = 0; part < 2; part++) {
                Node operand = attentions.get(i).inputs().get(1 + part);
                arrays[2 * i + part] = model.cacheOperations()
                        .empty(
                                memory,
                                rows,
                                operand.type().dimension(1),
                                room,
                                operand.type().dimension(3));
            }
        }
        return arrays;
    }

    @Override
    public int rows() {
        return rows;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public int length(int row) {
        return lengths[row];
    }

    @Override
    public float[][] append(int[][] tokens) {
        int longest = check(tokens);
        var results = new float[rows][];
        Arrays.fill(results, new float[0]);
        for (int from = 0; from < longest; from += PREFILL) {
            int[][] part = part(tokens, from, PREFILL);
            float[][] computed = model.whileOpen(() -> compute(part));
            for (int row = 0; row < rows; row++) {
                if (part[row].length > 0) {
                    results[row] = computed[row];
                }
            }
        }
        return results;
    }

    @Override
    public double[][][] score(int[][] tokens, int[][][] next) {
        int longest = check(tokens);
        check(tokens, next);
        var results = new double[rows][][];
        for (int row = 0; row < rows; row++) {
            results[row] = new double[tokens[row].length][];
        }
        for (int from = 0; from < longest; ) {
            int start = from;
            int end = scoredTogether(next, from, longest);
            model.whileOpen(() -> {
                computeScores(tokens, next, start, end, results);
                return results;
            });
            from = end;
        }
        return results;
    }

    private void check(int[][] tokens, int[][][] next) {
        if (next.length != rows) {
            throw new IllegalArgumentException("expected next tokens of " + rows + " rows, found " + next.length);
        }
        for (int row = 0; row < rows; row++) {
            if (next[row].length != tokens[row].length) {
                throw new IllegalArgumentException("row " + row + ": expected next tokens of " + tokens[row].length
                        + " tokens, found " + next[row].length);
            }
            for (int[] ids : next[row]) {
                model.checkIds(
                        decoder + "input_ids", Arrays.stream(ids).asLongStream().toArray());
            }
        }
    }

    /** Where a part ends that begins somewhere, so that neither activations nor logits take too much memory. */
    private int scoredTogether(int[][][] next, int from, int longest) {
        var scored = new int[rows];
        for (int i = from; i < longest; i++) {
            int most = 0;
            for (int row = 0; row < rows; row++) {
                scored[row] += i < next[row].length && next[row][i].length > 0 ? 1 : 0;
                most = Math.max(most, scored[row]);
            }
            if (i > from && (i == from + PREFILL || (long) most * rows > SCORED)) {
                return i;
            }
        }
        return longest;
    }

    private static int[][] part(int[][] tokens, int from, int size) {
        var part = new int[tokens.length][];
        for (int row = 0; row < tokens.length; row++) {
            int end = Math.min(tokens[row].length, from + size);
            part[row] = from < end ? Arrays.copyOfRange(tokens[row], from, end) : new int[0];
        }
        return part;
    }

    private int check(int[][] tokens) {
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        if (tokens.length != rows) {
            throw new IllegalArgumentException("expected " + rows + " rows, found " + tokens.length);
        }
        int longest = 0;
        for (int row = 0; row < rows; row++) {
            longest = Math.max(longest, tokens[row].length);
            if (lengths[row] + tokens[row].length > capacity) {
                throw new IllegalArgumentException("row " + row + " would have " + (lengths[row] + tokens[row].length)
                        + " tokens, the capacity is " + capacity);
            }
            model.checkIds(
                    decoder + "input_ids",
                    Arrays.stream(tokens[row]).asLongStream().toArray());
        }
        return longest;
    }

    // ---- one program call

    /** The arrays of a call, and what must be written down once it has succeeded. */
    private record Step(Map<String, PtNDArray> inputs, int mode, long[][] positions, boolean[][] holes, int width) {}

    private Step step(PtNDManager scope, int[][] tokens) {
        int width = Arrays.stream(tokens).mapToInt(t -> t.length).max().orElse(0);
        makeRoom(width);
        int own = slots + width;
        int total = prefix.length() + own;
        var ids = new long[rows * width];
        var queryPositions = new long[rows * width];
        var newPositions = new long[rows][own];
        var newHoles = new boolean[rows][own];
        var keyPositions = new long[rows * total];
        var keyMask = new long[rows * total];
        boolean ragged = false;
        for (int row = 0; row < rows; row++) {
            System.arraycopy(positions[row], 0, newPositions[row], 0, slots);
            System.arraycopy(holes[row], 0, newHoles[row], 0, slots);
            for (int i = 0; i < width; i++) {
                boolean real = i < tokens[row].length;
                ids[row * width + i] = real ? tokens[row][i] : 0;
                newPositions[row][slots + i] = (long) lengths[row] + Math.min(i, Math.max(tokens[row].length - 1, 0));
                newHoles[row][slots + i] = !real;
                queryPositions[row * width + i] = newPositions[row][slots + i];
            }
            for (int i = 0; i < total; i++) {
                int slot = i - prefix.length();
                keyPositions[row * total + i] = slot < 0 ? i : newPositions[row][slot];
                boolean hole = slot >= 0 && newHoles[row][slot];
                keyMask[row * total + i] = hole ? 0 : 1;
                ragged |= hole;
            }
        }
        boolean windowed = model.smallestWindow() < total;
        int mode = prefix.length() > 0
                ? (model.seesPrefixesWhole() && !windowed ? 3 : 0)
                : ragged || windowed ? 0 : width == 1 ? 1 : slots == 0 ? 2 : 0;
        var inputs = new HashMap<String, PtNDArray>();
        if (source != null) {
            for (int i = 0; i < source.names().size(); i++) {
                inputs.put(source.names().get(i), reading.arrays()[i]);
            }
        }
        inputs.put(decoder + "input_ids", torch.longs(scope, ids, rows, width));
        inputs.put(decoder + "position_ids", torch.longs(scope, queryPositions, rows, width));
        inputs.put("key_positions", torch.longs(scope, keyPositions, rows, total));
        inputs.put(decoder + "attention_mask", torch.longs(scope, keyMask, rows, total));
        return new Step(inputs, mode, newPositions, newHoles, width);
    }

    private void done(Step step, int[][] tokens) {
        slots += step.width();
        for (int row = 0; row < rows; row++) {
            positions[row] = step.positions()[row];
            holes[row] = step.holes()[row];
            lengths[row] += tokens[row].length;
        }
    }

    private float[][] compute(int[][] tokens) {
        try (PtNDManager scope = torch.scope()) {
            Step step = step(scope, tokens);
            var selected = new long[rows];
            for (int row = 0; row < rows; row++) {
                selected[row] = Math.max(tokens[row].length - 1, 0);
            }
            step.inputs().put("selected", torch.longs(scope, selected, rows, 1));
            PtNDArray result = logits.run(scope, cache, prefix.arrays(), step.inputs(), step.mode(), slots)[0];
            float[] all = result.toFloatArray();
            int vocabulary = all.length / rows;
            var split = new float[rows][];
            if (rows == 1) {
                split[0] = all;
            } else {
                for (int row = 0; row < rows; row++) {
                    split[row] = Arrays.copyOfRange(all, row * vocabulary, (row + 1) * vocabulary);
                }
            }
            done(step, tokens);
            return split;
        }
    }

    /** Appends a part of the tokens and fills in its results. */
    private void computeScores(int[][] tokens, int[][][] next, int from, int to, double[][][] results) {
        int[][] part = part(tokens, from, to - from);
        var selected = new ArrayList<List<Integer>>();
        for (int row = 0; row < rows; row++) {
            int[][] wanted = next[row];
            selected.add(IntStream.range(0, part[row].length)
                    .filter(i -> wanted[from + i].length > 0)
                    .boxed()
                    .toList());
        }
        int width = Math.max(1, selected.stream().mapToInt(List::size).max().orElse(0));
        var at = new long[rows * width];
        var chosen = new ArrayList<long[]>(); // index of the logits, id
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < selected.get(row).size(); i++) {
                at[row * width + i] = selected.get(row).get(i);
                for (int id : next[row][from + selected.get(row).get(i)]) {
                    chosen.add(new long[] {(long) row * width + i, id});
                }
            }
        }
        float[] found;
        try (PtNDManager scope = torch.scope()) {
            Step step = step(scope, part);
            step.inputs().put("selected", torch.longs(scope, at, rows, width));
            PtNDArray result = logits.run(scope, cache, prefix.arrays(), step.inputs(), step.mode(), slots)[0];
            found = chosen.isEmpty()
                    ? new float[0]
                    : model.cacheOperations()
                            .logProbabilities(scope, result, chosen)
                            .toFloatArray();
            done(step, part);
        }
        int taken = 0;
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < part[row].length; i++) {
                var scores = new double[next[row][from + i].length];
                for (int k = 0; k < scores.length; k++) {
                    scores[k] = found[taken++];
                }
                results[row][from + i] = scores;
            }
        }
    }

    /** Holes take slots too: a session of ragged rows may need more of them than its capacity in tokens. */
    private void makeRoom(int width) {
        if (slots + width <= room && slots >= shared) {
            return;
        }
        int keep = slots;
        PtNDArray[] old = cache;
        room = Math.max(room, slots + width + 256);
        cache = buffers();
        model.cacheOperations().copy(cache, old, keep);
        for (PtNDArray array : old) {
            array.close();
        }
        shared = 0;
    }

    // ---- forks

    @Override
    public Session fork(int... sources) {
        checkSources(sources);
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        return model.whileOpen(() -> {
            // a decoder that reads an encoder begins with a token or two, which are not worth sharing
            boolean plain = rows == 1 && !anyHole() && source == null;
            TorchSession fork = plain ? forkOfPrefix(sources.length) : forkOfCopies(sources);
            for (int i = 0; i < sources.length; i++) {
                fork.lengths[i] = lengths[sources[i]];
            }
            return fork;
        });
    }

    private TorchSession forkOfPrefix(int count) {
        Prefix joined = prefix;
        if (slots == 0) {
            prefix.users().incrementAndGet();
        } else {
            PtNDManager owner = torch.scope();
            try {
                PtNDArray[] arrays = model.cacheOperations().prefix(owner, cache, prefix.arrays(), slots);
                joined = new Prefix(owner, arrays, prefix.length() + slots, new AtomicInteger(1));
            } catch (RuntimeException | Error e) {
                owner.close();
                throw e;
            }
            shared = Math.max(shared, slots);
        }
        return new TorchSession(torch, model, count, capacity, joined, null, new int[0]);
    }

    private TorchSession forkOfCopies(int... sources) {
        prefix.users().incrementAndGet();
        if (source != null) {
            source.users().incrementAndGet();
        }
        var fork = new TorchSession(torch, model, sources.length, capacity, prefix, source, sourceRows(sources));
        try {
            fork.makeRoom(slots);
            model.cacheOperations().select(fork.cache, cache, sources, slots);
        } catch (RuntimeException | Error e) {
            fork.close();
            throw e;
        }
        fork.slots = slots;
        for (int i = 0; i < sources.length; i++) {
            fork.positions[i] = positions[sources[i]].clone();
            fork.holes[i] = holes[sources[i]].clone();
        }
        return fork;
    }

    @Override
    public Session copy(int row, int length, int capacity) {
        checkSources(new int[] {row});
        if (length < 0 || length > lengths[row] || capacity < Math.max(length, 1)) {
            throw new IllegalArgumentException("length " + length + " is not in 0 to " + lengths[row]
                    + ", or the capacity " + capacity + " is too small");
        }
        if (closed) {
            throw new IllegalStateException("the session is closed");
        }
        return model.whileOpen(() -> {
            if (source != null) {
                source.users().incrementAndGet();
            }
            int[] rowOnly = {row};
            var copy = new TorchSession(torch, model, 1, capacity, nothing(torch), source, sourceRows(rowOnly));
            try {
                long[] kept = IntStream.range(0, slots)
                        .filter(slot -> !holes[row][slot] && positions[row][slot] < length)
                        .asLongStream()
                        .toArray();
                int before = Math.min(length, prefix.length());
                model.cacheOperations().copyRow(copy.cache, prefix.arrays(), before, cache, row, kept);
                copy.slots = before + kept.length;
                copy.positions[0] = LongStream.range(0, length).toArray();
                copy.holes[0] = new boolean[length];
                copy.lengths[0] = length;
                return copy;
            } catch (RuntimeException | Error e) {
                copy.close();
                throw e;
            }
        });
    }

    @Override
    public long bytes() {
        // on the CPU, slots that were never written take no memory
        long own = (long) rows * (torch.onCpu() ? slots : room);
        return (own + prefix.length()) * bytesPerToken();
    }

    private long bytesPerToken() {
        long bytes = 0;
        for (PtNDArray array : cache) {
            long[] shape = array.getShape().getShape();
            bytes += shape[1] * shape[3] * model.cacheOperations().bytesPerNumber();
        }
        return bytes;
    }

    private boolean anyHole() {
        for (boolean hole : holes[0]) {
            if (hole) {
                return true;
            }
        }
        return false;
    }

    private void checkSources(int[] sources) {
        if (sources.length == 0) {
            throw new IllegalArgumentException("at least one row is needed");
        }
        for (int source : sources) {
            if (source < 0 || source >= rows) {
                throw new IllegalArgumentException("row " + source + " is not in 0 to " + (rows - 1));
            }
        }
    }

    @Override
    public void reorder(int... sources) {
        checkSources(sources);
        if (sources.length != rows) {
            throw new IllegalArgumentException("expected " + rows + " rows, found " + sources.length);
        }
        model.whileOpen(() -> {
            Reading next = read(sourceRows(sources));
            try {
                selectSlots(sources);
            } catch (RuntimeException | Error e) {
                forget(next, reading);
                throw e;
            }
            forget(reading, next);
            reading = next;
            long[][] p = positions.clone();
            boolean[][] h = holes.clone();
            int[] l = lengths.clone();
            for (int i = 0; i < rows; i++) {
                positions[i] = p[sources[i]].clone();
                holes[i] = h[sources[i]].clone();
                lengths[i] = l[sources[i]];
            }
            return this;
        });
    }

    private void selectSlots(int... sources) {
        if (slots > 0) {
            if (shared > 0) {
                shared = slots + 1; // a fork looks at the old order: move to buffers of its own
                makeRoom(0);
            }
            model.cacheOperations().select(cache, cache, sources, slots);
        }
    }

    @Override
    public void rewind(int row, int length) {
        if (row < 0 || row >= rows) {
            throw new IllegalArgumentException("row " + row + " is not in 0 to " + (rows - 1));
        }
        if (length < prefix.length() || length > lengths[row]) {
            throw new IllegalArgumentException(
                    "length " + length + " is not in " + prefix.length() + " to " + lengths[row]);
        }
        if (length == lengths[row]) {
            return;
        }
        lengths[row] = length;
        for (int slot = 0; slot < slots; slot++) {
            holes[row][slot] |= positions[row][slot] >= length;
        }
        // slots at the end that no row needs are used again
        while (slots > 0 && unused(slots - 1)) {
            slots--;
        }
        for (int i = 0; i < rows; i++) {
            positions[i] = Arrays.copyOf(positions[i], slots);
            holes[i] = Arrays.copyOf(holes[i], slots);
        }
    }

    private boolean unused(int slot) {
        for (boolean[] row : holes) {
            if (!row[slot]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            reading.memory().close();
            memory.close();
            prefix.release();
            if (source != null) {
                source.release();
            }
        }
    }
}
