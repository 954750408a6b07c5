package dev.argot.spi.graph;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A network: nodes in an order in which operands come first, and named outputs. Immutable; made by a {@link GraphBuilder} or a rewrite
 * ({@link Rewrites}).
 */
public final class Graph {
    private final List<Node> nodes;
    private final Map<String, Node> outputs;

    Graph(List<Node> nodes, Map<String, Node> outputs) {
        this.nodes = List.copyOf(nodes);
        this.outputs = Collections.unmodifiableMap(new LinkedHashMap<>(outputs));
    }

    /** All nodes, operands first. */
    public List<Node> nodes() {
        return nodes;
    }

    /** The outputs by name, in the order they were named. */
    public Map<String, Node> outputs() {
        return outputs;
    }

    /**
     * An output.
     *
     * @param name its name
     * @throws IllegalArgumentException if there is none of this name; the message lists those there are
     */
    public Node output(String name) {
        Node node = outputs.get(name);
        if (node == null) {
            throw new IllegalArgumentException("no output named '" + name + "'. Available: " + outputs.keySet());
        }
        return node;
    }

    /**
     * The nodes needed for some outputs, operands first.
     *
     * @param names names of outputs
     */
    public List<Node> neededFor(Collection<String> names) {
        Set<Node> live = new HashSet<>();
        var open = new ArrayDeque<Node>();
        names.forEach(name -> open.push(output(name)));
        while (!open.isEmpty()) {
            Node node = open.pop();
            if (live.add(node)) {
                node.inputs().forEach(open::push);
            }
        }
        return nodes.stream().filter(live::contains).toList();
    }

    /** The parameters, each once, in the order of first use. */
    public List<Op.Parameter> parameters() {
        return nodes.stream()
                .map(Node::op)
                .filter(Op.Parameter.class::isInstance)
                .map(Op.Parameter.class::cast)
                .toList();
    }

    /** Number of weights; a matrix used twice counts once. */
    public long parameterCount() {
        return parameters().stream().mapToLong(Op.Parameter::elements).sum();
    }

    /**
     * Floating-point operations of a forward pass to {@code logits}, or, without a head, to {@code last_hidden_state} for one token: two for each weight of a matrix product (of the active
     * experts only); norms and attention scores are not counted.
     */
    public long flopsPerToken() {
        long flops = 0;
        for (Node node : neededFor(List.of(outputs.containsKey("logits") ? "logits" : "last_hidden_state"))) {
            if (node.op() instanceof Op.Linear) {
                flops += 2 * weightSize(node.inputs().get(1));
            } else if (node.op() instanceof Op.MixtureOfExperts moe) {
                long all = 0;
                for (Node weight : node.inputs().subList(2, node.inputs().size())) {
                    all += weightSize(weight);
                }
                flops += 2 * all / moe.experts() * moe.active();
            }
        }
        return flops;
    }

    private static long weightSize(Node weight) {
        return weight.type().dimension(0) * weight.type().dimension(1);
    }

    /** One line a node, for a reader. */
    @Override
    public String toString() {
        var text = new StringBuilder();
        for (Node node : nodes) {
            text.append(node).append('\n');
        }
        outputs.forEach((name, node) ->
                text.append(name).append(" = %").append(node.id()).append('\n'));
        return text.toString();
    }
}
