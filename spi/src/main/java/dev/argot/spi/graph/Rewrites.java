package dev.argot.spi.graph;

import java.util.ArrayList;
import java.util.Collection;
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
     * with the positions of all cached tokens, the input {@code key_positions} [B, S]. A decoder that reads an encoder's output takes keys
     * and values of cross-attention from inputs, which {@link #crossStates} computes once: {@code NAME.key} and {@code NAME.value}
     * [B, k, E, d].
     *
     * @param graph a graph without caches
     */
    public static Graph cached(Graph graph) {
        return rewrite(graph, (b, node, in) -> switch (node.op()) {
            case Op.Attention a -> {
                var operands = new ArrayList<>(in);
                if (isCross(node)) {
                    operands.set(
                            1, b.apply(new Op.Input(a.name() + ".key", in.get(1).type()), List.of()));
                    operands.set(
                            2,
                            b.apply(new Op.Input(a.name() + ".value", in.get(2).type()), List.of()));
                } else if (!ofEncoder(node)) {
                    operands.set(1, b.apply(new Op.CachePut(a.name() + ".key"), List.of(in.get(1))));
                    operands.set(2, b.apply(new Op.CachePut(a.name() + ".value"), List.of(in.get(2))));
                }
                yield b.apply(a, operands);
            }
            case Op.Mask mask
            when areQueries(in.get(1)) -> b.apply(mask, List.of(in.get(0), keyPositions(b), in.get(2)));
            case Op.AlibiBias alibi -> b.apply(alibi, List.of(in.get(0), keyPositions(b)));
            case Op.RelativeBias bias
            when areQueries(in.get(2)) -> b.apply(bias, List.of(in.get(0), in.get(1), keyPositions(b)));
            default -> null;
        });
    }

    /**
     * Adds the keys and values of cross-attention as outputs, {@code NAME.key} and {@code NAME.value} [B, k, E, d], NAME being the
     * attention's module name. They depend on the encoder alone, and stay the same while the decoder goes on.
     *
     * @param graph a graph of encoder and decoder
     */
    public static Graph crossStates(Graph graph) {
        return rewrite(graph, (b, node, in) -> {
            if (node.op() instanceof Op.Attention a && isCross(node)) {
                b.output(a.name() + ".key", in.get(1));
                b.output(a.name() + ".value", in.get(2));
            }
            return null;
        });
    }

    /**
     * Names of what {@link #crossStates} adds, those of keys before those of values, layer by layer.
     *
     * @param graph a graph of encoder and decoder
     */
    public static List<String> crossStateNames(Graph graph) {
        var names = new ArrayList<String>();
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Op.Attention a && isCross(node)) {
                names.add(a.name() + ".key");
                names.add(a.name() + ".value");
            }
        }
        return List.copyOf(names);
    }

    /**
     * Whether an attention looks from a decoder at the rows of an encoder.
     *
     * @param attention a node of {@link Op.Attention} or {@link Op.AttentionWeights}
     */
    public static boolean isCross(Node attention) {
        return !ofEncoder(attention) && attention.inputs().get(1).type().dimension(2) == Type.SOURCE;
    }

    private static boolean ofEncoder(Node attention) {
        return attention.inputs().get(0).type().dimension(2) == Type.SOURCE;
    }

    private static boolean areQueries(Node positions) {
        return positions.type().dimension(1) == Type.QUERY;
    }

    private static Node keyPositions(GraphBuilder b) {
        return b.apply(new Op.Input("key_positions", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.KEY)), List.of());
    }

    /**
     * Adds the outputs {@code mean_pooled}, {@code first_pooled} and {@code last_pooled} [B, H]: one vector of each row of
     * {@code last_hidden_state}, or of {@code encoder_last_hidden_state} where there is one; and the same scaled to length 1,
     * {@code mean_pooled_l2}, {@code first_pooled_l2} and {@code last_pooled_l2}.
     *
     * @param graph a graph with one of these outputs
     */
    public static Graph pooled(Graph graph) {
        boolean encoder = graph.outputs().containsKey("encoder_last_hidden_state");
        Node hidden = graph.output(encoder ? "encoder_last_hidden_state" : "last_hidden_state");
        return rewrite(graph, (b, node, in) -> {
            if (!node.equals(hidden)) {
                return null;
            }
            Node copy = b.apply(node.op(), in);
            Node mask = encoder ? b.encoderMask() : b.attentionMask();
            pooled(b, "mean_pooled", b.pool(Op.Pool.Kind.MEAN, copy, mask));
            pooled(b, "first_pooled", b.pool(Op.Pool.Kind.FIRST, copy, mask));
            pooled(b, "last_pooled", b.pool(Op.Pool.Kind.LAST, copy, mask));
            return copy;
        });
    }

    private static void pooled(GraphBuilder b, String name, Node vector) {
        b.output(name, vector);
        b.output(name + "_l2", b.apply(new Op.UnitLength(), List.of(vector)));
    }

    /**
     * Computes what follows {@code last_hidden_state}, such as logits, only for chosen tokens: the input {@code selected} [B, M] holds
     * their indices in the row. {@code last_hidden_state} itself stays whole.
     *
     * @param graph a graph with the output {@code last_hidden_state}
     */
    public static Graph selectTokens(Graph graph) {
        Node hidden = graph.output("last_hidden_state");
        return rewrite(graph, (b, node, in) -> {
            if (!node.inputs().contains(hidden)) {
                return null;
            }
            Node indices =
                    b.apply(new Op.Input("selected", Type.of(Type.Kind.INTEGER, Type.BATCH, Type.SELECTED)), List.of());
            var operands = new ArrayList<Node>();
            for (int i = 0; i < in.size(); i++) {
                operands.add(
                        node.inputs().get(i).equals(hidden)
                                ? b.apply(new Op.SelectTokens(), List.of(in.get(i), indices))
                                : in.get(i));
            }
            return b.apply(node.op(), operands);
        });
    }

    /**
     * Keeps attention inside documents: every mask also compares the input {@code document_ids} [B, T], so that several documents can
     * share a row. Positions restart at each document; labels that cross a boundary are -100. Where encoder and decoder read different
     * rows, the decoder's documents are {@code decoder_document_ids} [B, T], and it sees the encoder's of the same number.
     *
     * @param graph a graph without caches
     */
    public static Graph packed(Graph graph) {
        boolean decoder = graph.nodes().stream()
                .anyMatch(n -> n.op() instanceof Op.Input input && input.name().equals("decoder_input_ids"));
        return rewrite(graph, (b, node, in) -> {
            if (!(node.op() instanceof Op.Mask mask)) {
                return null;
            }
            return b.apply(
                    mask,
                    List.of(
                            in.get(0),
                            in.get(1),
                            in.get(2),
                            documents(b, in.get(0), decoder),
                            documents(b, in.get(1), decoder)));
        });
    }

    private static Node documents(GraphBuilder b, Node positions, boolean decoder) {
        String name = decoder && areQueries(positions) ? "decoder_document_ids" : "document_ids";
        return b.apply(new Op.Input(name, positions.type()), List.of());
    }

    /**
     * Keeps some outputs and what they are computed from; nothing else of the graph, such as a head whose logits are not wanted.
     *
     * @param graph the graph
     * @param names names of outputs
     */
    public static Graph keeping(Graph graph, Collection<String> names) {
        var builder = new GraphBuilder();
        Map<Node, Node> images = new HashMap<>();
        for (Node node : graph.neededFor(names)) {
            List<Node> inputs =
                    node.inputs().stream().map(n -> image(images, n)).toList();
            images.put(node, builder.block(node.block(), () -> builder.apply(node.op(), inputs)));
        }
        names.forEach(name -> builder.output(name, image(images, graph.output(name))));
        return builder.build();
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
