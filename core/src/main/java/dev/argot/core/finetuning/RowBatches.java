package dev.argot.core.finetuning;

import dev.argot.core.encoding.TokenBatches;
import dev.argot.spi.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/**
 * Puts rows together for steps. In each pass the rows are shuffled, cut into groups of many steps, in each of which rows of similar length
 * come together, and the steps are shuffled again: little is lost to padding, and any two rows can meet (as with {@code group_by_length}
 * of Hugging Face). A pure function of rows, sizes, seed and pass. Immutable.
 */
final class RowBatches {
    /** Steps of a group. */
    private static final int GROUP = 32;

    private final List<LabelledRow> rows;
    private final int rowsPerBatch;
    private final int accumulation;
    private final long seed;
    private final int padId;

    /**
     * Batches of rows.
     *
     * @param rows the rows
     * @param rowsPerBatch rows of a micro-batch
     * @param accumulation micro-batches of a step
     * @param seed where randomness starts
     * @param padId the token that fills rows
     */
    RowBatches(List<LabelledRow> rows, int rowsPerBatch, int accumulation, long seed, int padId) {
        this.rows = List.copyOf(rows);
        this.rowsPerBatch = rowsPerBatch;
        this.accumulation = accumulation;
        this.seed = seed;
        this.padId = padId;
    }

    /** Steps of a pass. */
    int steps() {
        return Math.ceilDiv(rows.size(), rowsPerBatch * accumulation);
    }

    /**
     * The steps of a pass; each is a list of micro-batches, the last one may be smaller.
     *
     * @param pass number of the pass, from 0
     */
    List<List<List<LabelledRow>>> pass(int pass) {
        var random = new SplittableRandom(seed + 0x9E3779B97F4A7C15L * (pass + 1));
        var order = new ArrayList<>(rows);
        shuffle(order, random);
        int perStep = rowsPerBatch * accumulation;
        var steps = new ArrayList<List<List<LabelledRow>>>();
        for (int from = 0; from < order.size(); from += perStep * GROUP) {
            List<LabelledRow> group = new ArrayList<>(order.subList(from, Math.min(order.size(), from + perStep * GROUP)));
            group.sort(Comparator.comparingInt(LabelledRow::size));
            for (int at = 0; at < group.size(); at += perStep) {
                List<LabelledRow> step = group.subList(at, Math.min(group.size(), at + perStep));
                var batches = new ArrayList<List<LabelledRow>>();
                for (int b = 0; b < step.size(); b += rowsPerBatch) {
                    batches.add(List.copyOf(step.subList(b, Math.min(step.size(), b + rowsPerBatch))));
                }
                steps.add(batches);
            }
        }
        shuffle(steps, random);
        return steps;
    }

    /** Fisher and Yates. */
    private static <T> void shuffle(List<T> list, SplittableRandom random) {
        for (int i = list.size() - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            T other = list.get(j);
            list.set(j, list.get(i));
            list.set(i, other);
        }
    }

    /**
     * Rows as inputs of a graph, padded at the end to the longest.
     *
     * @param batch rows with targets of one kind
     */
    Map<String, Tensor> inputs(List<LabelledRow> batch) {
        int n = batch.size();
        int width = batch.stream().mapToInt(LabelledRow::size).max().orElseThrow();
        Map<String, Tensor> inputs = TokenBatches.inputs(
                batch.stream().map(LabelledRow::tokens).toList(),
                IntStream.range(0, n).toArray(),
                padId);
        targets(batch, n, width, inputs);
        return inputs;
    }

    private static void targets(List<LabelledRow> batch, int n, int width, Map<String, Tensor> inputs) {
        switch (batch.getFirst().target()) {
            case LabelledRow.OneClass one ->
                inputs.put("labels", new Tensor.Longs(longs(batch, t -> ((LabelledRow.OneClass) t).label()), n));
            case LabelledRow.Values values -> {
                int outputs = values.values().length;
                var all = new float[n * outputs];
                for (int r = 0; r < n; r++) {
                    float[] row = ((LabelledRow.Values) batch.get(r).target()).values();
                    System.arraycopy(row, 0, all, r * outputs, outputs);
                }
                inputs.put("labels", new Tensor.Floats(all, n, outputs));
            }
            case LabelledRow.Tags tags -> {
                var all = new long[n * width];
                Arrays.fill(all, -100);
                for (int r = 0; r < n; r++) {
                    long[] row = ((LabelledRow.Tags) batch.get(r).target()).labels();
                    System.arraycopy(row, 0, all, r * width, row.length);
                }
                inputs.put("labels", new Tensor.Longs(all, n, width));
            }
            case LabelledRow.Span span -> {
                inputs.put("start_positions", new Tensor.Longs(longs(batch, t -> ((LabelledRow.Span) t).start()), n));
                inputs.put("end_positions", new Tensor.Longs(longs(batch, t -> ((LabelledRow.Span) t).end()), n));
            }
        }
    }

    private static long[] longs(
            List<LabelledRow> batch, ToLongFunction<LabelledRow.Target> value) {
        return batch.stream().map(LabelledRow::target).mapToLong(value).toArray();
    }
}
