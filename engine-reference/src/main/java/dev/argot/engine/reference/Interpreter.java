package dev.argot.engine.reference;

import dev.argot.spi.Tensor;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Computes nodes one after the other, operands first. One for each run; not thread-safe. */
final class Interpreter {
    /** Where {@link Op.CachePut} leaves keys and values. */
    @FunctionalInterface
    interface Cache {
        /**
         * Appends.
         *
         * @param name which keys or values
         * @param fresh [1, k, T, d]
         * @return all of them, [1, k, S, d]
         */
        Tensor.Floats append(String name, Tensor.Floats fresh);
    }

    private final Weights weights;
    private final Kernels kernels;
    private final Map<String, Tensor> inputs;
    private final @Nullable Cache cache;

    /**
     * An interpreter.
     *
     * @param weights the parameters
     * @param workers threads
     * @param inputs values of the graph's inputs
     * @param cache null where the graph has no {@link Op.CachePut}
     */
    Interpreter(Weights weights, Workers workers, Map<String, Tensor> inputs, @Nullable Cache cache) {
        this.weights = weights;
        this.kernels = new Kernels(workers);
        this.inputs = inputs;
        this.cache = cache;
    }

    /**
     * Computes nodes and what they need; a value is dropped after its last use.
     *
     * @param wanted the nodes
     * @param known values computed before
     */
    Map<Node, Tensor> evaluate(Collection<Node> wanted, Map<Node, Tensor> known) {
        List<Node> order = needed(wanted, known.keySet());
        Map<Node, Integer> uses = new HashMap<>();
        order.forEach(node -> node.inputs().forEach(input -> uses.merge(input, 1, Integer::sum)));
        wanted.forEach(node -> uses.merge(node, 1, Integer::sum));
        Map<Node, Tensor> values = new HashMap<>(known);
        for (Node node : order) {
            values.put(node, compute(node, new Operands(node, values)));
            for (Node input : node.inputs()) {
                if (uses.merge(input, -1, Integer::sum) == 0) {
                    values.remove(input);
                }
            }
        }
        return values;
    }

    private static List<Node> needed(Collection<Node> wanted, Set<Node> known) {
        Set<Node> found = new HashSet<>(wanted);
        var open = new TreeSet<>(Comparator.comparingInt(Node::id));
        open.addAll(wanted);
        while (!open.isEmpty()) {
            for (Node input : open.removeLast().inputs()) {
                if (!known.contains(input) && found.add(input)) {
                    open.add(input);
                }
            }
        }
        return found.stream().sorted(Comparator.comparingInt(Node::id)).toList();
    }

    /** The values of a node's operands. */
    private record Operands(Node node, Map<Node, Tensor> values) {
        int size() {
            return node.inputs().size();
        }

        boolean has(int index) {
            return index < size();
        }

        Tensor.Floats floats(int index) {
            if (values.get(node.inputs().get(index)) instanceof Tensor.Floats floats) {
                return floats;
            }
            throw new IllegalArgumentException("operand " + index + " of " + node + " is not made of floats");
        }

        Tensor.@Nullable Floats floatsOrNull(int index) {
            return has(index) ? floats(index) : null;
        }

        Tensor.Longs longs(int index) {
            if (values.get(node.inputs().get(index)) instanceof Tensor.Longs longs) {
                return longs;
            }
            throw new IllegalArgumentException("operand " + index + " of " + node + " is not made of integers");
        }

        Tensor.@Nullable Longs longsOrNull(int index) {
            return has(index) ? longs(index) : null;
        }

        List<Tensor.Floats> floatsFrom(int first) {
            return IntStream.range(first, size()).mapToObj(this::floats).toList();
        }
    }

    private Tensor compute(Node node, Operands in) {
        return switch (node.op()) {
            case Op.Input input -> input(input);
            case Op.Parameter parameter -> weights.get(parameter);
            case Op.Embedding e -> kernels.embedding(in.floats(0), in.longs(1), e.offset());
            case Op.SinusoidalPositions s -> Kernels.sinusoidalPositions(s.width(), in.longs(0));
            case Op.RotaryTable table -> Kernels.rotaryTable(in.longs(0), table.frequencies(), table.sine());
            case Op.Rotate r -> Kernels.rotate(in.floats(0), in.floats(1), in.floats(2), r.interleaved());
            case Op.Mask m ->
                Kernels.mask(m, in.longs(0), in.longs(1), in.longs(2), in.longsOrNull(3), in.longsOrNull(4));
            case Op.AlibiBias a -> Kernels.alibi(a, in.longs(0), in.longs(1));
            case Op.Linear l -> kernels.linear(in.floats(0), in.floats(1), in.floatsOrNull(2), l.inOut());
            case Op.RmsNorm n -> Kernels.rmsNorm(in.floats(0), in.floats(1), n.epsilon(), n.plusOne());
            case Op.LayerNorm n -> Kernels.layerNorm(in.floats(0), in.floatsOrNull(1), in.floatsOrNull(2), n.epsilon());
            case Op.SplitHeads s -> Kernels.splitHeads(in.floats(0), s.heads());
            case Op.MergeHeads m -> Kernels.mergeHeads(in.floats(0));
            case Op.Narrow n -> Kernels.narrow(in.floats(0), n.start(), n.length());
            case Op.Attention a ->
                kernels.attentionApply(
                        kernels.attentionWeights(
                                in.floats(0), in.floats(1), in.floats(3), in.floatsOrNull(4), a.scale(), a.softcap()),
                        in.floats(2));
            case Op.AttentionWeights a ->
                kernels.attentionWeights(
                        in.floats(0), in.floats(1), in.floats(2), in.floatsOrNull(3), a.scale(), a.softcap());
            case Op.AttentionApply a -> kernels.attentionApply(in.floats(0), in.floats(1));
            case Op.CachePut c -> cachePut(c, in.floats(0));
            case Op.Activate a -> Kernels.activate(in.floats(0), a.function());
            case Op.MixtureOfExperts moe -> kernels.mixtureOfExperts(in.floats(0), in.floats(1), in.floatsFrom(2), moe);
            case Op.Add a -> Kernels.broadcast(in.floats(0), in.floats(1), Float::sum);
            case Op.Multiply m -> Kernels.broadcast(in.floats(0), in.floats(1), (a, b) -> a * b);
            case Op.Scale s -> Kernels.map(in.floats(0), v -> v * (float) s.factor());
            case Op.Softcap s -> Kernels.map(in.floats(0), v -> (float) (s.cap() * Math.tanh(v / s.cap())));
            case Op.Clamp c -> Kernels.map(in.floats(0), v -> Math.clamp(v, (float) -c.limit(), (float) c.limit()));
            case Op.Dropout d -> Kernels.dropout(d, in.floats(0), in.longs(1).data()[0]);
            case Op.DoraScale d -> Kernels.doraScale(d, in.floats(0), in.floats(1), in.floats(2), in.floats(3));
            case Op.SelectTokens s -> Kernels.selectTokens(in.floats(0), in.longs(1));
            case Op.TokenLoss t -> Kernels.tokenLoss(in.floats(0), in.longs(1), t.shift());
            case Op.DisentangledBias b ->
                Kernels.disentangledBias(b, in.floats(0), in.floats(1), in.longs(2), in.longs(3), in.floatsFrom(4));
            case Op.Pool p -> Kernels.pool(p.kind(), in.floats(0), in.longs(1));
            case Op.UnitLength u -> Kernels.unitLength(in.floats(0));
            case Op.BinaryLoss l -> Kernels.binaryLoss(in.floats(0), in.floats(1));
            case Op.SquaredLoss l -> Kernels.squaredLoss(in.floats(0), in.floats(1));
            case Op.SpanLoss l -> Kernels.spanLoss(in.floats(0), in.longs(1), in.longs(2));
            case Op.RelativeBias r -> Kernels.relativeBias(r, in.floats(0), in.longs(1), in.longs(2));
            case Op.RouterLoss r -> Kernels.routerLoss(in.longs(0), in.floatsFrom(1), r);
        };
    }

    private Tensor input(Op.Input input) {
        Tensor value = inputs.get(input.name());
        if (value == null) {
            throw new IllegalArgumentException("the input '" + input.name() + "' " + input.type() + " is missing");
        }
        return value;
    }

    private Tensor cachePut(Op.CachePut op, Tensor.Floats fresh) {
        if (cache == null) {
            throw new IllegalArgumentException("the graph has caches; it runs in a session only: " + op.name());
        }
        return cache.append(op.name(), fresh);
    }
}
