package dev.argot.core.bundle;

import dev.argot.api.ArgotException;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The weights of a model with an adapter that was trained on them merged in. Stateless. */
public final class MergedWeights {
    private MergedWeights() {}

    /**
     * The parameters of a graph, those of adapted layers with the adapter in them; computed as they are read.
     *
     * @param graph the model without the adapter
     * @param layers what is adapted
     * @param weights gives the graph's parameters and the adapter's tensors by name
     * @throws ArgotException as {@link #check} does
     */
    public static List<StoredTensor> of(Graph graph, List<LoraLayer> layers, Function<String, StoredTensor> weights) {
        check(graph, layers);
        Map<String, Node> linear = linear(graph);
        Map<String, StoredTensor> merged = new HashMap<>();
        for (LoraLayer layer : layers) {
            Node node = linear.get(layer.module());
            if (node != null && node.op() instanceof Op.Linear op) {
                String name = matrix(node);
                merged.put(
                        name,
                        new MergedTensor(
                                weights.apply(name),
                                op.inOut(),
                                layer,
                                weights.apply(layer.a()),
                                weights.apply(layer.b()),
                                layer.dora() ? weights.apply(layer.magnitude()) : null));
            }
        }
        var tensors = new ArrayList<StoredTensor>();
        for (Op.Parameter parameter : graph.parameters()) {
            StoredTensor tensor = merged.get(parameter.name());
            tensors.add(new RenamedTensor(tensor != null ? tensor : weights.apply(parameter.name()), parameter.name()));
        }
        return tensors;
    }

    /**
     * Looks whether an adapter can be merged.
     *
     * @param graph the model without the adapter
     * @param layers what is adapted
     * @throws ArgotException if a layer shares its matrix with another, such as a head that is tied to the embedding
     */
    public static void check(Graph graph, List<LoraLayer> layers) {
        Map<String, Set<String>> uses = new HashMap<>();
        for (Node node : graph.nodes()) {
            for (Node input : node.inputs()) {
                if (input.op() instanceof Op.Parameter parameter) {
                    uses.computeIfAbsent(parameter.name(), n -> new HashSet<>()).add(user(node));
                }
            }
        }
        Map<String, Node> linear = linear(graph);
        for (LoraLayer layer : layers) {
            Node node = linear.get(layer.module());
            if (node == null) {
                throw new ArgotException("The model has no linear layer '" + layer.module() + "'.");
            }
            if (uses.getOrDefault(matrix(node), Set.of()).size() > 1) {
                throw new ArgotException("The layer '" + layer.module() + "' shares its matrix '" + matrix(node)
                        + "' with another, so an adapter of it cannot be merged, which a longer vocabulary makes necessary."
                        + " Leave it out of the LoRA targets.");
            }
        }
    }

    /** Who reads a parameter: a module, however often the graph has it (blocks that share their weights), or another node. */
    static String user(Node node) {
        return node.op() instanceof Op.Linear linear ? linear.name() : "node " + node.id();
    }

    private static Map<String, Node> linear(Graph graph) {
        Map<String, Node> linear = new HashMap<>();
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Op.Linear op) {
                linear.put(op.name(), node);
            }
        }
        return linear;
    }

    private static String matrix(Node node) {
        return node.inputs().get(1).op() instanceof Op.Parameter parameter ? parameter.name() : "";
    }
}
