package dev.argot.core.encoding;

import dev.argot.spi.CompiledModel;
import dev.argot.spi.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Runs rows of different lengths in batches of about equal work: rows of similar length together, so that little is lost to padding, and
 * the longest first, so that a lack of memory shows at once. Stateless, hence thread-safe.
 */
public final class TokenBatches {
    /** Tokens of a batch, padding included: enough to keep every core busy, few enough for their activations to stay in the cache. */
    private static final int TOKENS = 4096;

    private TokenBatches() {}

    /** Takes the result of a batch. */
    @FunctionalInterface
    interface Results {
        /**
         * Takes it.
         *
         * @param batch the rows' numbers
         * @param outputs the model's outputs by name
         */
        void take(int[] batch, Map<String, Tensor> outputs);
    }

    /** Adds a batch's further inputs. */
    @FunctionalInterface
    interface Inputs {
        /**
         * Adds them.
         *
         * @param batch the rows' numbers
         * @param inputs where they are added, by name
         */
        void add(int[] batch, Map<String, Tensor> inputs);
    }

    /**
     * Runs a model over rows.
     *
     * @param model the model
     * @param padId the token rows are filled up with
     * @param rows the rows
     * @param outputs outputs wanted
     * @param results called for each batch
     */
    static void run(
            CompiledModel model, int padId, List<TokenRow> rows, Collection<String> outputs, Results results) {
        run(model, padId, rows, plan(rows), outputs, (batch, inputs) -> {}, results);
    }

    /**
     * Runs a model over batches.
     *
     * @param model the model
     * @param padId the token rows are filled up with
     * @param rows the rows
     * @param batches the rows' numbers in each batch
     * @param outputs outputs wanted
     * @param further adds inputs beside ids, types and mask
     * @param results called for each batch
     */
    static void run(
            CompiledModel model,
            int padId,
            List<TokenRow> rows,
            List<int[]> batches,
            Collection<String> outputs,
            Inputs further,
            Results results) {
        for (int[] batch : batches) {
            Map<String, Tensor> inputs = inputs(rows, batch, padId);
            further.add(batch, inputs);
            results.take(batch, model.run(inputs, outputs));
        }
    }

    /** Batches of the rows' numbers. */
    static List<int[]> plan(List<TokenRow> rows) {
        int[] order = IntStream.range(0, rows.size())
                .boxed()
                .sorted(Comparator.comparingInt(i -> -rows.get(i).size()))
                .mapToInt(Integer::intValue)
                .toArray();
        var batches = new ArrayList<int[]>();
        for (int from = 0; from < order.length; ) {
            int longest = rows.get(order[from]).size();
            int to = Math.min(order.length, from + Math.max(1, TOKENS / longest));
            batches.add(Arrays.copyOfRange(order, from, to));
            from = to;
        }
        return batches;
    }

    /**
     * Rows as inputs, padded at the end to the longest: ids, and types and mask where they differ from what engines take by default.
     *
     * @param rows the rows
     * @param batch numbers of those in the batch
     * @param padId the token rows are filled up with
     * @return the caller's own map
     */
    public static Map<String, Tensor> inputs(List<TokenRow> rows, int[] batch, int padId) {
        int width = Arrays.stream(batch).map(row -> rows.get(row).size()).max().orElse(0);
        int n = batch.length * width;
        var ids = new long[n];
        var types = new long[n];
        var mask = new long[n];
        boolean padded = false;
        boolean typed = false;
        Arrays.fill(ids, padId);
        for (int i = 0; i < batch.length; i++) {
            TokenRow row = rows.get(batch[i]);
            int at = i * width;
            for (int j = 0; j < row.size(); j++) {
                ids[at + j] = row.ids()[j];
                types[at + j] = row.typeIds()[j];
                mask[at + j] = 1;
                typed |= row.typeIds()[j] != 0;
            }
            padded |= row.size() < width;
        }
        var inputs = new HashMap<String, Tensor>();
        inputs.put("input_ids", new Tensor.Longs(ids, batch.length, width));
        if (padded) {
            inputs.put("attention_mask", new Tensor.Longs(mask, batch.length, width));
        }
        if (typed) {
            inputs.put("token_type_ids", new Tensor.Longs(types, batch.length, width));
        }
        return inputs;
    }

    /** The numbers of an output. */
    static float[] floats(Map<String, Tensor> outputs, String name) {
        if (outputs.get(name) instanceof Tensor.Floats floats) {
            return floats.data();
        }
        throw new IllegalStateException("the engine gave no floats for '" + name + "'");
    }
}
