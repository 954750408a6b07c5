package dev.argot.spi.graph;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Changes to a graph that are written once and true for every family. Each gives a new graph; none changes its argument. */
public final class Rewrites {
    private Rewrites() {}

    /** Replaces single nodes while a graph is copied. */
    @FunctionalInterface
    public interface Rule {
        /**
         * What stands in the new graph for a node of the old one.
         *
         * @param builder writes the new graph; inside the old node's block
         * @param node the old node
         * @param inputs its operands, in the new graph
         * @return the new node, or null to copy the old one
         */
        @Nullable
        Node apply(GraphBuilder builder, Node node, List<Node> inputs);
    }

    /**
     * Copies a graph, with a rule replacing nodes.
     *
     * @param graph the graph
     * @param rule asked for every node, operands first
     */
    public static Graph rewrite(Graph graph, Rule rule) {
        var builder = new GraphBuilder();
        Map<Node, Node> images = new HashMap<>();
        for (Node node : graph.nodes()) {
            List<Node> inputs =
                    node.inputs().stream().map(n -> image(images, n)).toList();
            images.put(node, builder.block(node.block(), () -> {
                Node replaced = rule.apply(builder, node, inputs);
                return replaced != null ? replaced : builder.apply(node.op(), inputs);
            }));
        }
        graph.outputs().forEach((name, node) -> builder.output(name, image(images, node)));
        return builder.build();
    }

    private static Node image(Map<Node, Node> images, Node node) {
        Node image = images.get(node);
        if (image == null) {
            throw new IllegalStateException("operand after its use: " + node);
        }
        return image;
    }

    /**
     * Lets self-attention see what a session has cached: keys and values go through {@link Op.CachePut}, and masks and biases compare
     * with the positions of all cached tokens, the input {@code key_positions} [B, S].
     *
     * @param graph a graph without caches
     */
    public static Graph cached(Graph graph) {
        return rewrite(graph, (b, node, in) -> switch (node.op()) {
            case Op.Attention a -> {
                var operands = new ArrayList<>(in);
                operands.set(1, b.apply(new Op.CachePut(a.name() + ".key"), List.of(in.get(1))));
                operands.set(2, b.apply(new Op.CachePut(a.name() + ".value"), List.of(in.get(2))));
                yield b.apply(a, operands);
            }
            case Op.Mask mask -> b.apply(mask, List.of(in.get(0), keyPositions(b), in.get(2)));
            case Op.AlibiBias alibi -> b.apply(alibi, List.of(in.get(0), keyPositions(b)));
            default -> null;
        });
    }

    private static Node keyPositions(GraphBuilder b) {
        return b.apply(new Op.Input("key_positions", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.KEY)), List.of());
    }

    /**
     * Keeps attention inside documents: every mask also compares the input {@code document_ids} [B, T], so that several documents can
     * share a row. Positions restart at each document; labels that cross a boundary are -100.
     *
     * @param graph a graph without caches
     */
    public static Graph packed(Graph graph) {
        return rewrite(graph, (b, node, in) -> {
            if (!(node.op() instanceof Op.Mask mask)) {
                return null;
            }
            Node documents = b.apply(
                    new Op.Input("document_ids", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.QUERY)), List.of());
            return b.apply(mask, List.of(in.get(0), in.get(1), in.get(2), documents, documents));
        });
    }

    /**
     * Makes attention weights visible: each chosen attention gains an output {@code "attention:NAME"} [B, n, T, S].
     *
     * @param graph the graph
     * @param which chooses by the attention's module name
     */
    public static Graph captureAttention(Graph graph, Predicate<String> which) {
        return rewrite(graph, (b, node, in) -> {
            if (!(node.op() instanceof Op.Attention a) || !which.test(a.name())) {
                return null;
            }
            var operands = new ArrayList<>(in);
            Node values = operands.remove(2);
            Node weights = b.apply(new Op.AttentionWeights(a.name(), a.scale(), a.softcap()), operands);
            b.output("attention:" + a.name(), weights);
            return b.apply(new Op.AttentionApply(), List.of(weights, values));
        });
    }
}
