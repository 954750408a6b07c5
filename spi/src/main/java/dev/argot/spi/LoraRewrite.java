package dev.argot.spi;

import dev.argot.api.ArgotException;
import dev.argot.api.adaptation.Lora;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.GraphBuilder;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import dev.argot.spi.graph.Type;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Low-rank adaptation as a change of a graph: which linear layers a {@link Lora} means, and the graph that has them. What is computed
 * follows PEFT's {@code lora.Linear} and {@code DoraLinearLayer}.
 */
public final class LoraRewrite {
    private LoraRewrite() {}

    /**
     * The linear layers that are adapted, in the order of the graph. A target names a module, or ends its name after a dot, as in PEFT.
     * {@link Lora#ALL_LINEAR} is every linear layer that leads to {@code last_hidden_state}, and so not the head, but for the routers of
     * mixtures of experts. Of several patterns that fit a module the longest counts.
     *
     * @param graph the base model
     * @param lora what is wanted
     * @throws ArgotException if a target fits no linear layer, or names the experts of a mixture; the message says which modules there are
     */
    public static List<LoraLayer> layers(Graph graph, Lora lora) {
        Collection<Node> linear = linear(graph).values();
        Set<String> modules = linear(graph).keySet();
        Set<String> chosen = new LinkedHashSet<>();
        for (String target : new TreeSet<>(lora.targets())) {
            if (target.equals(Lora.ALL_LINEAR)) {
                Set<Node> body = new LinkedHashSet<>(graph.neededFor(List.of("last_hidden_state")));
                body.removeAll(routers(graph));
                linear.stream().filter(body::contains).map(LoraRewrite::module).forEach(chosen::add);
                continue;
            }
            if (experts(graph).stream().anyMatch(name -> matches(name, target))) {
                throw new ArgotException("The LoRA target '" + target
                        + "' names experts of a mixture of experts, which LoRA is not applied to. Linear layers of"
                        + " this model: "
                        + kinds(modules)
                        + ". A layer of the same name outside the experts can be given by its whole name.");
            }
            List<String> fitting =
                    modules.stream().filter(name -> matches(name, target)).toList();
            if (fitting.isEmpty()) {
                throw new ArgotException(
                        "The LoRA target '" + target + "' fits no linear layer. Linear layers of this model: "
                                + kinds(modules) + "; '" + Lora.ALL_LINEAR + "' means all but the head.");
            }
            chosen.addAll(fitting);
        }
        return modules.stream()
                .filter(chosen::contains)
                .map(module -> {
                    int rank = pattern(lora.rankPattern(), module).orElse(lora.rank());
                    double alpha = pattern(lora.alphaPattern(), module).orElse(lora.alpha());
                    return new LoraLayer(
                            module, rank, alpha / (lora.rankStabilised() ? Math.sqrt(rank) : rank), lora.dora());
                })
                .toList();
    }

    private static boolean matches(String module, String target) {
        return module.equals(target) || module.endsWith("." + target);
    }

    private static <T> Optional<T> pattern(Map<String, T> patterns, String module) {
        return patterns.entrySet().stream()
                .filter(e -> matches(module, e.getKey()))
                .max((a, b) -> Integer.compare(a.getKey().length(), b.getKey().length()))
                .map(Map.Entry::getValue);
    }

    private static String module(Node node) {
        return node.op() instanceof Op.Linear linear ? linear.name() : "";
    }

    private static Map<String, Node> linear(Graph graph) {
        Map<String, Node> linear = new LinkedHashMap<>();
        graph.nodes().stream().filter(n -> n.op() instanceof Op.Linear).forEach(n -> linear.putIfAbsent(module(n), n));
        return linear;
    }

    private static List<Node> routers(Graph graph) {
        return graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.MixtureOfExperts)
                .map(n -> n.inputs().get(1))
                .toList();
    }

    /** Names of the modules inside mixtures of experts. */
    private static Set<String> experts(Graph graph) {
        Set<String> names = new LinkedHashSet<>();
        for (Node node : graph.nodes()) {
            if (node.op() instanceof Op.MixtureOfExperts) {
                for (Node weight : node.inputs().subList(2, node.inputs().size())) {
                    if (weight.op() instanceof Op.Parameter parameter) {
                        names.add(parameter.name().replaceFirst("\\.weight$", ""));
                    }
                }
            }
        }
        return names;
    }

    /** The last parts of module names, such as {@code q_proj}. */
    private static Set<String> kinds(Set<String> modules) {
        Set<String> kinds = new TreeSet<>();
        modules.forEach(name -> kinds.add(name.substring(name.lastIndexOf('.') + 1)));
        return kinds;
    }

    /**
     * Adapts linear layers: {@code W·x + b + scale·B·A·drop(x)}, with DoRA {@code m/‖W + scale·B·A‖ · (W·x + scale·B·A·x) + b}, where the
     * norm is that of each output's weights and takes no part in the gradient (Liu et al. 2024, section 4.3). With dropout DoRA computes
     * {@code W·x + b + (m/‖…‖ - 1)·W·drop(x) + m/‖…‖ · scale·B·A·drop(x)} as PEFT does.
     *
     * <p>The matrices are new parameters, named as {@link LoraLayer} says. Layers that read the same x share its dropout.
     *
     * @param graph a graph without adapters
     * @param layers what is adapted
     * @param dropout probability with which an element of A's input is left out, for training; with 0 the graph has no dropout, else it
     *     has the input {@code dropout_seed} of {@link Op.Dropout}
     * @throws ArgotException if the graph has no linear layer of such a name
     */
    public static Graph apply(Graph graph, List<LoraLayer> layers, double dropout) {
        Map<String, LoraLayer> wanted = new HashMap<>();
        layers.forEach(layer -> wanted.put(layer.module(), layer));
        Set<String> missing = new TreeSet<>(wanted.keySet());
        Set<String> modules = linear(graph).keySet();
        missing.removeAll(modules);
        if (!missing.isEmpty()) {
            throw new ArgotException("The adapter has matrices for " + missing
                    + ", which are no linear layers of this model. Linear layers of this model: " + kinds(modules));
        }
        Map<Node, Integer> salts = new HashMap<>();
        return Rewrites.rewrite(graph, (b, node, in) -> {
            if (!(node.op() instanceof Op.Linear linear)) {
                return null;
            }
            LoraLayer layer = wanted.get(linear.name());
            if (layer == null) {
                return null;
            }
            Node x = in.get(0);
            if (dropout > 0) {
                int salt = salts.computeIfAbsent(in.get(0), n -> salts.size());
                x = b.apply(new Op.Dropout(dropout, salt), List.of(in.get(0), dropoutSeed(b)));
            }
            return adapted(b, node, linear, layer, in, x);
        });
    }

    private static Node dropoutSeed(GraphBuilder b) {
        return b.apply(new Op.Input("dropout_seed", new Type(Type.Kind.INTEGER, List.of(1L))), List.of());
    }

    /**
     * One adapted layer.
     *
     * @param in x, weight and perhaps bias
     * @param dropped x after dropout
     */
    private static Node adapted(
            GraphBuilder b, Node node, Op.Linear linear, LoraLayer layer, List<Node> in, Node dropped) {
        Node x = in.get(0);
        Node weight = in.get(1);
        @Nullable Node bias = in.size() > 2 ? in.get(2) : null;
        long out = node.type().dimension(-1);
        Node down = b.parameter(layer.a(), layer.rank(), x.type().dimension(-1));
        Node up = b.parameter(layer.b(), out, layer.rank());
        Node inner = b.linear(layer.module() + ".lora_A", dropped, down, null);
        Node delta = b.linear(layer.module() + ".lora_B", b.scale(inner, layer.scale()), up, null);
        if (!layer.dora()) {
            return b.add(b.apply(linear, in), delta);
        }
        Node share = b.apply(
                new Op.DoraScale(layer.scale(), linear.inOut()),
                List.of(b.parameter(layer.magnitude(), out), weight, down, up));
        Node product = b.apply(linear, new ArrayList<>(List.of(dropped, weight)));
        Node scaled = b.multiply(b.add(product, delta), share);
        if (!dropped.equals(x)) {
            return b.add(b.add(b.apply(linear, in), b.scale(product, -1)), scaled);
        }
        return bias == null ? scaled : b.add(scaled, bias);
    }
}
