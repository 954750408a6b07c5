package dev.argot.core.adaptation;

import dev.argot.api.adaptation.AdaptationPlan;
import dev.argot.api.adaptation.AdaptationSpec;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Optimizer;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Type;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How much memory training takes, from the graph alone: what each operation keeps for its backward pass, weights, gradients and
 * optimizer state. Constants were fitted to measured peaks ({@code docs/benchmarks.md}). Stateless.
 */
final class MemoryModel {
    private static final int FLOAT = 4;
    /** JVM, engine and its libraries, before a model is loaded. */
    private static final long RUNTIME = 420L << 20;
    /** What the allocator of the C library holds beyond what is asked of it. */
    private static final double SLACK = 1.08;
    /** Numbers of the chunk of logits that the loss has at once, with its gradient. */
    private static final long LOGITS = 2L << 24;

    /** Tokens that are hidden, as a share of a row, with some to spare for the row that has most. */
    private static final double SELECTED = 0.2;

    private MemoryModel() {}

    /**
     * The peak of a run.
     *
     * @param graph what is trained
     * @param trained names of the trained parameters
     * @param firstRows of those of which only the last rows are trained, the first of them: their gradient is computed whole
     * @param spec shape of a step, optimizer, recomputation
     * @param targets tokens in a row of the decoder, where it reads other rows than the encoder; else 0
     */
    static AdaptationPlan.Memory estimate(
            Graph graph, Set<String> trained, Map<String, Long> firstRows, AdaptationSpec spec, int targets) {
        boolean adapters = spec.method() instanceof Lora;
        long weights = 0;
        long gradients = 0;
        long trainable = 0;
        long factored = 0;
        for (Op.Parameter parameter : graph.parameters()) {
            weights += parameter.elements();
            if (trained.contains(parameter.name())) {
                long rows = TrainedModel.trainable(parameter, firstRows);
                gradients += parameter.elements();
                trainable += rows;
                weights += adapters ? 0 : parameter.elements(); // as they are trained, beside how they lie in the file
                factored += parameter.shape().size() == 2
                        ? rows / parameter.shape().get(1) + parameter.shape().get(1)
                        : rows;
            }
        }
        boolean selects = graph.nodes().stream().anyMatch(node -> node.op() instanceof Op.SelectTokens);
        Map<Long, Long> sizes = Map.of(
                Type.SOURCE, (long) spec.sequenceLength(),
                Type.QUERY, (long) (targets > 0 ? targets : spec.sequenceLength()),
                Type.SELECTED, (long) Math.ceil(SELECTED * spec.sequenceLength()));
        Map<String, Long> byBlock = new HashMap<>(); // numbers of a row
        for (Node node : kept(graph, trained)) {
            byBlock.merge(node.block(), perRow(node, sizes), Long::sum);
        }
        long largest =
                byBlock.values().stream().mapToLong(Long::longValue).max().orElse(0);
        long all = byBlock.values().stream().mapToLong(Long::longValue).sum();
        long hidden = graph.output("last_hidden_state").type().dimension(-1);
        long perRow =
                spec.recompute() ? hidden * spec.sequenceLength() * byBlock.size() + 2 * largest : all + largest;
        long kept = spec.rows() * perRow * FLOAT;
        long state =
                switch (spec.optimizer()) {
                    case Optimizer.AdamW adam -> (adam.amsgrad() ? 3 : 2) * trainable;
                    case Optimizer.Adam adam -> 2 * trainable;
                    case Optimizer.Sgd sgd -> sgd.momentum() > 0 ? trainable : 0;
                    case Optimizer.RmsProp prop -> trainable;
                    case Optimizer.Adafactor factor -> factored + (factor.beta1() > 0 ? trainable : 0);
                };
        long sums = spec.accumulation() > 1 ? trainable : 0;
        long vocabulary = graph.output("logits").type().dimension(-1);
        long scored = spec.rows() * sizes.getOrDefault(selects ? Type.SELECTED : Type.QUERY, 0L);
        long logits = Math.min(scored * vocabulary * 2, LOGITS) * FLOAT;
        return new AdaptationPlan.Memory(
                weights * FLOAT, (gradients + sums) * FLOAT, state * FLOAT, (long) (kept * SLACK) + logits, RUNTIME);
    }

    /** Values that the backward pass needs of the forward pass. */
    private static Set<Node> kept(Graph graph, Set<String> trained) {
        Set<Node> differentiable = new HashSet<>();
        for (Node node : graph.nodes()) {
            boolean leaf = node.op() instanceof Op.Parameter parameter && trained.contains(parameter.name());
            if (leaf || node.inputs().stream().anyMatch(differentiable::contains)) {
                differentiable.add(node);
            }
        }
        Set<Node> kept = new HashSet<>();
        for (Node node : graph.nodes()) {
            if (!differentiable.contains(node)) {
                continue;
            }
            switch (node.op()) {
                case Op.Linear linear -> {
                    if (differentiable.contains(node.inputs().get(1))) {
                        keep(kept, node.inputs().get(0));
                    }
                }
                case Op.RmsNorm norm -> keep(kept, node.inputs().get(0), node);
                case Op.LayerNorm norm -> keep(kept, node.inputs().get(0));
                case Op.Activate activate -> keep(kept, node.inputs().get(0));
                case Op.Softcap cap -> keep(kept, node);
                case Op.Multiply multiply -> keep(kept, node.inputs().toArray(Node[]::new));
                case Op.Attention attention ->
                    keep(
                            kept,
                            node.inputs().get(0),
                            node.inputs().get(1),
                            node.inputs().get(2),
                            node);
                case Op.RelativeBias bias -> keep(kept, node);
                case Op.DisentangledBias bias -> keep(kept, node, node.inputs().get(0), node.inputs().get(1));
                case Op.Dropout dropout -> keep(kept, node);
                case Op.MixtureOfExperts experts -> keep(kept, node.inputs().get(0), node, node, node);
                default -> {
                    // adds, scales, moves and rotates: nothing that another does not keep
                }
            }
        }
        kept.removeIf(node -> node.op() instanceof Op.Parameter || node.op() instanceof Op.Input);
        return kept;
    }

    private static void keep(Set<Node> kept, Node... nodes) {
        kept.addAll(List.of(nodes));
    }

    /** Numbers of a row: the product of the dimensions; attention weights are never whole, but for biases added to them. */
    private static long perRow(Node node, Map<Long, Long> sizes) {
        long product = 1;
        boolean tokens = false;
        for (int i = 0; i < node.type().rank(); i++) {
            long dimension = node.type().dimension(i);
            if (dimension > 0) {
                product *= dimension;
            } else if (dimension != Type.BATCH && (!tokens || isBias(node))) {
                product *= sizes.getOrDefault(dimension == Type.KEY ? Type.QUERY : dimension, 1L);
                tokens = true;
            }
        }
        return product;
    }

    private static boolean isBias(Node node) {
        return node.op() instanceof Op.RelativeBias || node.op() instanceof Op.DisentangledBias;
    }
}
