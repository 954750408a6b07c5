package dev.argot.engine.gpu;

import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Writes a part of a graph, such as a block, for training: what it computes, what of that is kept, and how gradients go back through it.
 *
 * <p>Products, attention and sums have their gradients written out, with the fastest kernels there are. What lies between them (norms,
 * activations, rotations) is cheap: it is not kept but computed a second time, and differentiated by PyTorch. So a block of a llama keeps
 * its input, query, key, value, the attention's result, the sum after it, and the two products that enter the activation.
 */
final class TrainedPart {
    private final Emitter emitter;
    private final List<Node> nodes;
    private final List<Node> results;
    private final Emitter.Scope scope;
    private final Set<Node> needGradient;
    private final List<Op.Parameter> trained;
    /** Places of the trained parameters this part reads, in the order in which its functions know them. */
    private final List<Integer> places = new ArrayList<>();

    private final Map<Node, Integer> levels = new HashMap<>();
    private final Map<Node, List<Node>> islands = new HashMap<>();
    private final List<Node> kept = new ArrayList<>();
    private final String backward;

    /**
     * For a part.
     *
     * @param nodes its nodes, operands first
     * @param results those others read
     * @param given those of the results whose gradients are known
     * @param scope names of what it reads
     * @param needGradient the nodes that depend on trained parameters
     * @param trained all trained parameters, in the order of {@code t}
     */
    TrainedPart(
            Emitter emitter,
            List<Node> nodes,
            List<Node> results,
            List<Node> given,
            Emitter.Scope scope,
            Set<Node> needGradient,
            List<Op.Parameter> trained) {
        this.emitter = emitter;
        this.nodes = nodes;
        this.results = results;
        this.scope = scope;
        this.needGradient = needGradient;
        this.trained = trained;
        findIslands();
        this.backward = new Backward().write(given);
    }

    List<Integer> places() {
        return places;
    }

    /** What it reads and has a gradient, in the order in which the backward function gives the gradients. */
    List<Node> taken() {
        return scope.arguments.stream().filter(needGradient::contains).toList();
    }

    /** How many tensors are kept from forward for backward. */
    int keptTensors() {
        return keptNames().size();
    }

    // ---- cutting up

    private boolean isExplicit(Node node) {
        Op op = node.op();
        if (op instanceof Op.Linear) {
            return node.inputs().get(0).type().rank() == 3
                    && node.inputs().stream().skip(1).allMatch(n -> n.op() instanceof Op.Parameter);
        }
        if (op instanceof Op.Add) {
            return node.inputs().stream().allMatch(n -> n.type().equals(node.type()) && !isLeaf(n));
        }
        if (op instanceof Op.Embedding embedding) {
            return embedding.offset() == 0 && node.inputs().get(0).op() instanceof Op.Parameter;
        }
        return op instanceof Op.Attention attention && isExplicitAttention(attention);
    }

    private boolean isExplicitAttention(Op.Attention attention) {
        return emitter.hasFlashAttention() && attention.softcap() == 0;
    }

    private static boolean isLeaf(Node node) {
        return node.op() instanceof Op.Input || node.op() instanceof Op.Parameter;
    }

    /** An island is what hangs together between explicit nodes; levels count the explicit nodes that lead to a node. */
    private void findIslands() {
        for (Node node : nodes) {
            if (!needGradient.contains(node)) {
                continue;
            }
            int level = 0;
            for (Node input : node.inputs()) {
                if (levels.containsKey(input)) {
                    level = Math.max(level, levels.getOrDefault(input, 0) + (isExplicit(input) ? 1 : 0));
                }
            }
            levels.put(node, level);
            if (!isExplicit(node)) {
                List<Node> island = new ArrayList<>(List.of(node));
                for (Node input : node.inputs()) {
                    List<Node> other = islands.get(input);
                    if (other != null && levels.getOrDefault(input, 0) == level && !other.equals(island)) {
                        other.stream().filter(n -> !island.contains(n)).forEach(island::add);
                    }
                }
                island.sort((a, b) -> Integer.compare(a.id(), b.id()));
                island.forEach(member -> islands.put(member, island));
            }
        }
    }

    // ---- forward

    private List<String> keptNames() {
        List<String> names = new ArrayList<>();
        for (Node node : kept) {
            names.add(local(node));
            if (node.op() instanceof Op.Attention a && isExplicitAttention(a)) {
                names.add("l" + local(node));
            }
        }
        return names;
    }

    private String local(Node node) {
        return "t" + nodes.indexOf(node);
    }

    /** The function that gives the results, then what is kept. */
    String forward(boolean withKept) {
        return forward(results, withKept ? kept : List.of(), withKept ? keptNames() : List.of());
    }

    /** The function that gives what is kept alone. */
    String keeping() {
        return forward(List.of(), kept, keptNames());
    }

    private String forward(List<Node> wanted, List<Node> alsoWanted, List<String> keptNames) {
        Set<Node> needed = new HashSet<>(wanted);
        needed.addAll(alsoWanted);
        for (Node node : nodes.reversed()) {
            if (needed.contains(node)) {
                needed.addAll(node.inputs());
            }
        }
        var text = new StringBuilder("    torch.set_grad_enabled(False)\n");
        for (Node node : nodes) {
            if (!needed.contains(node)) {
                continue;
            }
            String name = local(node);
            if (node.op() instanceof Op.Attention a && isExplicitAttention(a)) {
                text.append("    ").append(name).append(", l").append(name).append(", = self.attend_").append(node.inputs().size() > 4 ? "biased_" : "").append("keeping(");
                node.inputs().forEach(i -> text.append(scope.name(i)).append(", "));
                text.append(a.scale()).append(")\n");
            } else {
                text.append("    ")
                        .append(name)
                        .append(" = ")
                        .append(emitter.expression(node, scope, false))
                        .append('\n');
            }
            scope.names.put(node, name);
        }
        List<String> all = new ArrayList<>(wanted.stream().map(this::local).toList());
        all.addAll(keptNames);
        String type = all.size() == 1
                ? "Tensor"
                : "Tuple[" + all.stream().map(r -> "Tensor").collect(Collectors.joining(", ")) + "]";
        return emitter.functionOf("(self: __torch__.Program, " + tensors(argumentNames()) + Emitter.COMMON + ") -> "
                + type
                + ":\n" + text + "    return " + (all.size() == 1 ? all.get(0) : "(" + String.join(", ", all) + ")")
                + "\n");
    }

    private List<String> argumentNames() {
        return scope.arguments.stream().map(scope::name).toList();
    }

    private static String tensors(List<String> names) {
        return names.stream().map(n -> n + ": Tensor, ").collect(Collectors.joining());
    }

    // ---- backward

    /** The function that takes the arguments, what was kept and the gradients of the given results. */
    String backward() {
        return backward;
    }

    private final class Backward {
        private final StringBuilder text = new StringBuilder("    torch.set_grad_enabled(False)\n");
        private final Map<Node, String> gradients = new HashMap<>();
        /** Gradients that nothing else refers to, and so may be added to in place. */
        private final Set<String> fresh = new HashSet<>();

        private final Map<Node, String> again = new HashMap<>();
        private final Map<List<Node>, Map<Node, String>> detached = new HashMap<>();
        private int names;

        String write(List<Node> given) {
            for (int i = 0; i < given.size(); i++) {
                gradients.put(given.get(i), "g" + i);
            }
            var byLevel = new TreeMap<Integer, List<Node>>();
            levels.forEach((node, level) ->
                    byLevel.computeIfAbsent(level, l -> new ArrayList<>()).add(node));
            for (List<Node> level : byLevel.descendingMap().values()) {
                level.sort((a, b) -> Integer.compare(b.id(), a.id()));
                level.stream().filter(TrainedPart.this::isExplicit).forEach(this::explicit);
                level.stream()
                        .filter(n -> !isExplicit(n))
                        .map(n -> islands.getOrDefault(n, List.of()))
                        .distinct()
                        .forEach(this::island);
            }
            List<String> found = taken().stream()
                    .map(node -> gradients.getOrDefault(node, "torch.zeros_like(" + scope.name(node) + ")"))
                    .toList();
            return emitter.functionOf("(self: __torch__.Program, " + tensors(argumentNames())
                    + tensors(keptNames().stream().map(n -> "k" + n).toList())
                    + tensors(java.util.stream.IntStream.range(0, given.size())
                            .mapToObj(i -> "g" + i)
                            .toList())
                    + Emitter.COMMON
                    + ", t: List[Tensor], at: List[int], gs: List[Tensor]) -> List[Tensor]:\n" + text
                    + "    return annotate(List[Tensor], [" + String.join(", ", found) + "])\n");
        }

        private String line(String prefix, String value) {
            String name = prefix + names++;
            text.append("    ").append(name).append(" = ").append(value).append('\n');
            return name;
        }

        private void run(String statement) {
            text.append("    ").append(statement).append('\n');
        }

        private void give(Node node, String gradient, boolean isFresh) {
            if (!needGradient.contains(node)) {
                return;
            }
            String known = gradients.get(node);
            if (known == null) {
                gradients.put(node, gradient);
                if (isFresh) {
                    fresh.add(gradient);
                }
                return;
            }
            String sum = fresh.contains(known)
                    ? line("y", "torch.add_(" + known + ", " + gradient + ")")
                    : isFresh
                            ? line("y", "torch.add_(" + gradient + ", " + known + ")")
                            : line("y", "torch.add(" + known + ", " + gradient + ")");
            fresh.add(sum);
            gradients.put(node, sum);
        }

        /** Where the gradient of a parameter goes; -1 if it is frozen. */
        private int place(Node parameter) {
            int place = parameter.op() instanceof Op.Parameter p ? trained.indexOf(p) : -1;
            if (place >= 0 && !places.contains(place)) {
                places.add(place);
            }
            return places.indexOf(place);
        }

        /** The value of a node: an argument, kept, or computed again. */
        private String value(Node node) {
            if (isLeaf(node) || !nodes.contains(node)) {
                return scope.name(node);
            }
            List<Node> island = islands.get(node);
            if (island == null) {
                keep(node);
                return "k" + local(node);
            }
            compute(island);
            return again.getOrDefault(node, "");
        }

        private void keep(Node node) {
            if (!kept.contains(node)) {
                kept.add(node);
            }
        }

        private void explicit(Node node) {
            String g = gradients.get(node);
            if (g == null) {
                return;
            }
            Op op = node.op();
            if (op instanceof Op.Linear linear) {
                linear(node, linear, g);
            } else if (op instanceof Op.Add) {
                fresh.remove(g);
                node.inputs().forEach(input -> give(input, g, false));
            } else if (op instanceof Op.Attention attention) {
                attention(node, attention, g);
            } else if (op instanceof Op.Embedding embedding) {
                embedding(node, embedding, g);
            }
        }

        private void embedding(Node node, Op.Embedding embedding, String g) {
            int place = place(node.inputs().get(0));
            if (place >= 0) {
                line(
                        "z",
                        "self.embedding_gradient(" + g + ", "
                                + value(node.inputs().get(1)) + ", " + emitter.weight(node, 0, scope) + ", "
                                + embedding.padding() + ", at[" + place + "], gs)");
            }
        }

        private void linear(Node node, Op.Linear linear, String g) {
            Node x = node.inputs().get(0);
            String suffix = linear.inOut() ? "_in_out" : emitter.hasOneDnn() ? "_onednn" : "";
            int weight = place(node.inputs().get(1));
            if (weight >= 0) {
                line(
                        "z",
                        "self.add_gradient(gs, at[" + weight + "], self.weight_gradient" + suffix + "(" + g + ", "
                                + value(x) + "))");
            }
            if (node.inputs().size() > 2) {
                int bias = place(node.inputs().get(2));
                if (bias >= 0) {
                    line("z", "self.add_gradient(gs, at[" + bias + "], torch.sum(" + g + ", [0, 1]))");
                }
            }
            if (needGradient.contains(x)) {
                give(
                        x,
                        line(
                                "x",
                                "self.input_gradient" + suffix + "(" + g + ", " + emitter.weight(node, 1, scope) + ")"),
                        true);
            }
        }

        private void attention(Node node, Op.Attention attention, String g) {
            List<String> in = node.inputs().stream().map(this::value).toList();
            keep(node);
            boolean biased = node.inputs().size() > 4;
            boolean trainsBias = biased && needGradient.contains(node.inputs().get(4));
            String function = trainsBias ? "attend_bias_gradients" : biased ? "attend_biased_gradients" : "attend_gradients";
            String found = line(
                    "r",
                    "self." + function + "(" + g + ", " + String.join(", ", in) + ", k" + local(node) + ", kl"
                            + local(node) + ", " + attention.scale() + ")");
            for (int i = 0; i < 3; i++) {
                give(node.inputs().get(i), line("x", found + "[" + i + "]"), true);
            }
            if (trainsBias) {
                give(node.inputs().get(4), line("x", found + "[3]"), true);
            }
        }

        /** Computes an island again, so that it can be differentiated; once. */
        private void compute(List<Node> island) {
            if (detached.containsKey(island)) {
                return;
            }
            Map<Node, String> values = new LinkedHashMap<>();
            for (Node member : island) {
                for (Node input : member.inputs()) {
                    if (!island.contains(input) && !(input.op() instanceof Op.Parameter)) {
                        values.put(input, value(input));
                    }
                }
            }
            Map<Node, String> inputs = new LinkedHashMap<>();
            detached.put(island, inputs);
            Map<Node, String> before = new HashMap<>(scope.names);
            values.forEach((node, value) -> {
                if (needGradient.contains(node)) {
                    inputs.put(node, line("d", "torch.requires_grad_(torch.detach(" + value + "), True)"));
                    scope.names.put(node, inputs.getOrDefault(node, ""));
                } else {
                    scope.names.put(node, value);
                }
            });
            run("torch.set_grad_enabled(True)");
            for (Node member : island) {
                String name = line("e", emitter.expression(member, scope, true));
                scope.names.put(member, name);
                again.put(member, name);
            }
            run("torch.set_grad_enabled(False)");
            scope.names.clear();
            scope.names.putAll(before);
        }

        private void island(List<Node> island) {
            List<Node> outputs = island.stream().filter(gradients::containsKey).toList();
            if (outputs.isEmpty()) {
                return;
            }
            compute(island);
            Map<Node, String> inputs = detached.getOrDefault(island, Map.of());
            Set<Integer> at = new LinkedHashSet<>();
            island.forEach(member -> member.inputs().forEach(input -> {
                int place = place(input);
                if (place >= 0) {
                    at.add(place);
                }
            }));
            String places = at.isEmpty()
                    ? "annotate(List[int], [])"
                    : at.stream().map(i -> "at[" + i + "]").collect(Collectors.joining(", ", "[", "]"));
            String found = line(
                    "r",
                    "self.backward(" + list(outputs.stream().map(again::get).toList()) + ", "
                            + list(outputs.stream().map(gradients::get).toList()) + ", "
                            + list(List.copyOf(inputs.values())) + ", " + places + ", t, gs)");
            boolean norm = island.size() == 1
                    && (island.get(0).op() instanceof Op.RmsNorm
                            || island.get(0).op() instanceof Op.LayerNorm);
            int i = 0;
            for (Node input : inputs.keySet()) {
                give(input, line("x", found + "[" + i++ + "]"), norm);
            }
        }
    }

    private static String list(List<String> names) {
        return names.isEmpty() ? "annotate(List[Tensor], [])" : "[" + String.join(", ", names) + "]";
    }
}
