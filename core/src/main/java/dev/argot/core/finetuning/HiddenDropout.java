package dev.argot.core.finetuning;

import dev.argot.spi.Config;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import dev.argot.spi.graph.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Dropout of an encoder in training, where Hugging Face's encoders have it: of what is added to the residual stream, of the normalised
 * embeddings, and of what a classifier takes. That of attention weights is left out. Stateless, hence thread-safe.
 */
final class HiddenDropout {
    /** Adapters count theirs from 0. */
    private static final int FIRST_SALT = 1 << 16;

    /** What families call its probability. */
    private static final List<String> KEYS = List.of("hidden_dropout_prob", "dropout", "mlp_dropout");

    private HiddenDropout() {}

    /**
     * The probability a configuration states; 0 where it states none.
     *
     * @param config the model's configuration
     */
    static double probability(Config config) {
        return KEYS.stream()
                .filter(config::has)
                .findFirst()
                .map(config::number)
                .orElse(0.0);
    }

    /**
     * Adds dropout.
     *
     * @param graph an encoder, adapted or not
     * @param probability 0: the graph itself
     * @param classifier whether the last layer's input is dropped too
     */
    static Graph apply(Graph graph, double probability, boolean classifier) {
        if (probability == 0) {
            return graph;
        }
        Set<Node> dropped = dropped(graph, classifier);
        Map<Node, Integer> salts = new HashMap<>();
        return Rewrites.rewrite(graph, (b, node, in) -> {
            boolean any = false;
            var operands = new ArrayList<Node>();
            for (int i = 0; i < in.size(); i++) {
                Node operand = node.inputs().get(i);
                if (dropped.contains(operand) && takes(node, operand, graph)) {
                    int salt = salts.computeIfAbsent(operand, n -> FIRST_SALT + salts.size());
                    operands.add(b.apply(new Op.Dropout(probability, salt), List.of(in.get(i), seed(b))));
                    any = true;
                } else {
                    operands.add(in.get(i));
                }
            }
            return any ? b.apply(node.op(), operands) : null;
        });
    }

    private static Node seed(GraphBuilder b) {
        return b.apply(new Op.Input("dropout_seed", new Type(Type.Kind.INTEGER, List.of(1L))), List.of());
    }

    /** What is dropped before others take it. */
    private static Set<Node> dropped(Graph graph, boolean classifier) {
        var dropped = new HashSet<Node>();
        Node hidden = graph.output("last_hidden_state");
        for (Node node : graph.neededFor(List.of("last_hidden_state"))) {
            Node addend = addend(node);
            if (addend != null) {
                dropped.add(addend);
            } else if (node.op() instanceof Op.LayerNorm && node.block().isEmpty() && !node.equals(hidden)) {
                dropped.add(node); // of the embeddings
            }
        }
        if (classifier) {
            dropped.add(graph.output("logits").inputs().getFirst());
        }
        return dropped;
    }

    /** Whether it is this use of an operand that is dropped: an addend in its sum, the embeddings and the classifier's input anywhere. */
    private static boolean takes(Node node, Node operand, Graph graph) {
        return operand.equals(addend(node))
                || node.equals(graph.output("logits"))
                || operand.op() instanceof Op.LayerNorm && operand.block().isEmpty();
    }

    /** What a block's sum adds to the residual stream: the one operand that is a linear layer's result. */
    private static @Nullable Node addend(Node node) {
        if (!(node.op() instanceof Op.Add) || node.block().isEmpty() || isLinear(node)) {
            return null;
        }
        return node.inputs().stream()
                .filter(HiddenDropout::isLinear)
                .findFirst()
                .orElse(null);
    }

    /** The result of a linear layer, perhaps with an adapter. */
    private static boolean isLinear(Node node) {
        if (node.op() instanceof Op.Linear) {
            return true;
        } else if (node.op() instanceof Op.Multiply) {
            return node.inputs().stream().anyMatch(n -> n.op() instanceof Op.DoraScale);
        } else if (node.op() instanceof Op.Scale) {
            return isLinear(node.inputs().getFirst());
        }
        return node.op() instanceof Op.Add
                && node.inputs().stream().allMatch(n -> isLinear(n) || n.op() instanceof Op.Parameter);
    }
}
