package dev.argot.models.family;

import dev.argot.spi.Config;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.List;

/**
 * Sparse mixture of gated feed-forward networks (Shazeer et al. 2017), for all layers of a model.
 *
 * @param count E
 * @param active experts a token goes to
 * @param intermediate F, width of an expert
 * @param renormalise whether the chosen experts' probabilities are scaled to sum to one
 * @param activation the gate's non-linearity
 * @param gate name of an expert's gate
 * @param up name of an expert's up projection
 * @param down name of an expert's down projection
 * @param routers the router logits of the layers written so far
 */
record Experts(
        int count,
        int active,
        int intermediate,
        boolean renormalise,
        Activation activation,
        String gate,
        String up,
        String down,
        List<Node> routers) {
    /** More than any model has; each adds nodes to the graph. */
    private static final int MOST = 4096;

    /** Number of experts, under either of its names: transformers 4 and 5 disagree for some families. */
    static int count(Config config, int absent) {
        String key = config.has("num_local_experts") ? "num_local_experts" : "num_experts";
        int count = config.size(key, absent);
        if (count > MOST) {
            throw config.error(key, "expected at most " + MOST + ", found " + count);
        }
        return count;
    }

    /** Number of experts a token goes to. */
    static int active(Config config, int count, int absent) {
        int active = config.size("num_experts_per_tok", absent);
        if (active > count) {
            throw config.error("num_experts_per_tok", "expected at most the " + count + " experts, found " + active);
        }
        return active;
    }

    /**
     * Writes the experts of a layer.
     *
     * @param name the module's name, such as {@code "model.layers.0.mlp"}
     * @param x [B, T, H]
     * @return [B, T, H]
     */
    Node write(GraphBuilder g, String name, Node x) {
        long hidden = x.type().dimension(-1);
        Node router = g.linear(name + ".gate", x, count, false); // [B, T, E]
        routers.add(router);
        var operands = new ArrayList<>(List.of(x, router));
        for (int e = 0; e < count; e++) {
            String expert = name + ".experts." + e + ".";
            operands.add(g.parameter(expert + gate + ".weight", intermediate, hidden));
            operands.add(g.parameter(expert + up + ".weight", intermediate, hidden));
            operands.add(g.parameter(expert + down + ".weight", hidden, intermediate));
        }
        return g.apply(new Op.MixtureOfExperts(name, count, active, renormalise, activation), operands);
    }

    /** Names the load-balancing loss of all layers {@code router_loss}. */
    void loss(GraphBuilder g) {
        if (!routers.isEmpty()) {
            var operands = new ArrayList<>(List.of(g.attentionMask()));
            operands.addAll(routers);
            g.output("router_loss", g.apply(new Op.RouterLoss(count, active), operands));
        }
    }
}
