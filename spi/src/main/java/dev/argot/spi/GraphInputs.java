package dev.argot.spi;

import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Type;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** What engines do with the inputs of a graph before they run it: the same checks and defaults in each. */
public final class GraphInputs {
    private static final long NOT_SCORED = -100;

    private GraphInputs() {}

    /**
     * Checks shapes, and adds what has a default: attention masks of ones, positions 0, 1, 2, … in each row, token types of 0. Inputs that
     * the graph has not are left out.
     *
     * @param graph the graph
     * @param inputs tensors by input name; {@code input_ids} [B, T] is needed
     * @return a new map
     * @throws IllegalArgumentException if {@code input_ids} is missing or an input of another shape
     */
    public static Map<String, Tensor> complete(Graph graph, Map<String, Tensor> inputs) {
        if (!(inputs.get("input_ids") instanceof Tensor.Longs ids) || ids.shape().length != 2) {
            throw new IllegalArgumentException(
                    "expected the input 'input_ids' as int64 [rows, tokens], found " + inputs.get("input_ids"));
        }
        Map<String, Type> types = types(graph);
        var sizes = new HashMap<Long, Long>();
        sizes.put(Type.BATCH, ids.shape()[0]);
        Type idsType = types.get("input_ids");
        sizes.put(idsType == null ? Type.QUERY : idsType.dimension(1), ids.shape()[1]);
        size("decoder_input_ids", Type.QUERY, inputs, sizes);
        size("selected", Type.SELECTED, inputs, sizes);
        Long queries = sizes.get(Type.QUERY);
        if (queries != null) {
            sizes.put(Type.KEY, queries);
        }
        var complete = new LinkedHashMap<String, Tensor>();
        types.forEach((name, type) -> {
            Tensor tensor = inputs.get(name);
            if (tensor != null) {
                check(name, type, tensor, sizes);
                complete.put(name, tensor);
            } else if (type.dimensions().stream().allMatch(d -> d >= 0 || sizes.containsKey(d))) {
                addDefault(name, shape(name, type, sizes), complete);
            }
        });
        return complete;
    }

    /**
     * Whether a graph's decoder reads the output of an encoder that has rows of its own, so that its sessions need sources.
     *
     * @param graph the graph
     */
    public static boolean hasSources(Graph graph) {
        return types(graph).containsKey("decoder_input_ids");
    }

    /**
     * What the encoder of such a graph runs on: rows of any lengths, the shorter ones padded at their end.
     *
     * @param graph a graph of encoder and decoder
     * @param sources token ids of each row
     * @return {@code input_ids} and {@code attention_mask} [B, E], and what has a default
     * @throws IllegalArgumentException if the graph has no encoder apart from a decoder, there is no row, a row is empty, or an id is
     *     outside the vocabulary
     */
    public static Map<String, Tensor> sources(Graph graph, int[][] sources) {
        if (!hasSources(graph)) {
            throw new IllegalArgumentException("the graph has no decoder that reads an encoder's rows");
        }
        if (sources.length == 0) {
            throw new IllegalArgumentException("expected at least one source, found none");
        }
        long vocabulary = vocabulary(graph, "input_ids");
        int longest = Arrays.stream(sources).mapToInt(row -> row.length).max().orElseThrow();
        var ids = new long[Math.multiplyExact(sources.length, longest)];
        var mask = new long[ids.length];
        for (int row = 0; row < sources.length; row++) {
            if (sources[row].length == 0) {
                throw new IllegalArgumentException("source " + row + " has no tokens");
            }
            for (int i = 0; i < sources[row].length; i++) {
                int id = sources[row][i];
                if (id < 0 || id >= vocabulary) {
                    throw new IllegalArgumentException(
                            "token id " + id + " of source " + row + " is not in 0 to " + (vocabulary - 1));
                }
                ids[row * longest + i] = id;
                mask[row * longest + i] = 1;
            }
        }
        return complete(
                graph,
                Map.of(
                        "input_ids", new Tensor.Longs(ids, sources.length, longest),
                        "attention_mask", new Tensor.Longs(mask, sources.length, longest)));
    }

    /**
     * Rows of the table that an input's ids are looked up in.
     *
     * @param graph the graph
     * @param input {@code input_ids} or {@code decoder_input_ids}
     * @return the number, or the largest one if nothing is looked up
     */
    public static long vocabulary(Graph graph, String input) {
        return graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.Embedding
                        && n.inputs().get(1).op() instanceof Op.Input ids
                        && ids.name().equals(input))
                .mapToLong(n -> n.inputs().get(0).type().dimension(0))
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    private static Map<String, Type> types(Graph graph) {
        var types = new LinkedHashMap<String, Type>();
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Op.Input input) {
                types.put(input.name(), input.type());
            }
        }
        return types;
    }

    private static void size(String name, long symbol, Map<String, Tensor> inputs, Map<Long, Long> sizes) {
        Tensor tensor = inputs.get(name);
        if (tensor != null && tensor.shape().length == 2) {
            sizes.put(symbol, tensor.shape()[1]);
        }
    }

    private static void check(String name, Type type, Tensor tensor, Map<Long, Long> sizes) {
        boolean kindFits =
                switch (tensor) {
                    case Tensor.Longs longs -> type.kind() == Type.Kind.INTEGER;
                    case Tensor.Floats floats -> type.kind() == Type.Kind.FLOAT;
                };
        if (!kindFits || !Arrays.equals(tensor.shape(), shape(name, type, sizes))) {
            throw new IllegalArgumentException("expected the input '" + name + "' as "
                    + (type.kind() == Type.Kind.FLOAT ? "float32" : "int64")
                    + Arrays.toString(shape(name, type, sizes)) + ", found " + tensor);
        }
    }

    private static long[] shape(String name, Type type, Map<Long, Long> sizes) {
        long[] shape = type.dimensions().stream()
                .mapToLong(d -> d >= 0 ? d : sizes.getOrDefault(d, -1L))
                .toArray();
        Long selected = sizes.get(Type.SELECTED);
        if (selected != null && name.equals("labels")) { // those of the selected tokens
            shape[1] = selected;
        }
        return shape;
    }

    private static void addDefault(String name, long[] shape, Map<String, Tensor> inputs) {
        int n = 1;
        for (long d : shape) {
            n *= Math.toIntExact(d);
        }
        var values = new long[n];
        if (name.endsWith("attention_mask")) {
            Arrays.fill(values, 1);
        } else if (name.endsWith("position_ids")) {
            int width = Math.toIntExact(shape[1]);
            Arrays.setAll(values, i -> i % width);
        } else if (!name.equals("token_type_ids")) {
            return;
        }
        inputs.put(name, new Tensor.Longs(values, shape));
    }

    /**
     * What a decoder reads when it is to write the labels: the labels one place to the right (Hugging Face {@code shift_tokens_right}).
     *
     * @param labels [B, T]: token ids, -100 where nothing is scored
     * @param start the id that each row begins with, {@code decoder_start_token_id}
     * @param pad the id that stands for -100, {@code pad_token_id}
     * @return the input {@code decoder_input_ids} [B, T]
     */
    public static Tensor.Longs shiftRight(Tensor.Longs labels, long start, long pad) {
        int width = Math.toIntExact(labels.shape()[1]);
        long[] data = labels.data();
        var shifted = new long[data.length];
        for (int i = 0; i < data.length; i++) {
            if (i % width == 0) {
                shifted[i] = start;
            } else {
                shifted[i] = data[i - 1] == NOT_SCORED ? pad : data[i - 1];
            }
        }
        return new Tensor.Longs(shifted, labels.shape());
    }

    /**
     * What the graph's loss, a sum, is divided by for its mean: labels other than -100 (but not each row's first where they are compared
     * with the logits before), elements of float labels, or rows with an answer.
     *
     * @param graph a graph with the output {@code loss}
     * @param inputs its inputs, with labels
     * @throws IllegalArgumentException if the labels are missing
     */
    public static long scored(Graph graph, Map<String, Tensor> inputs) {
        return switch (graph.output("loss").op()) {
            case Op.BinaryLoss loss -> elements(inputs);
            case Op.SquaredLoss loss -> elements(inputs);
            case Op.SpanLoss loss -> answers(inputs);
            case Op.TokenLoss loss -> labels(inputs, loss.shift());
            default -> labels(inputs, false);
        };
    }

    private static long elements(Map<String, Tensor> inputs) {
        if (!(inputs.get("labels") instanceof Tensor.Floats labels)) {
            throw new IllegalArgumentException("the input 'labels' is missing");
        }
        return labels.data().length;
    }

    private static long answers(Map<String, Tensor> inputs) {
        if (!(inputs.get("start_positions") instanceof Tensor.Longs starts)
                || !(inputs.get("input_ids") instanceof Tensor.Longs ids)) {
            throw new IllegalArgumentException("the input 'start_positions' is missing");
        }
        return Arrays.stream(starts.data())
                .filter(start -> start >= 0 && start < ids.shape()[1])
                .count();
    }

    private static long labels(Map<String, Tensor> inputs, boolean shift) {
        if (!(inputs.get("labels") instanceof Tensor.Longs labels)) {
            throw new IllegalArgumentException("the input 'labels' is missing");
        }
        int width = (int) labels.shape()[labels.shape().length - 1];
        long count = 0;
        for (int i = 0; i < labels.data().length; i++) {
            if (labels.data()[i] != NOT_SCORED && !(shift && i % width == 0)) {
                count++;
            }
        }
        return count;
    }
}
