package dev.argot.engine.gpu;

import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Type;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Writes how the parts of a graph are put together to a loss and its gradients. Used once. */
final class GradientText {
    /** The most numbers that the logits of a chunk have: fewer stay in the processor's cache, but each chunk adds a head's gradient. */
    private static final long LOGITS = 1 << 23;

    private static final long LOGITS_OF_TRAINED_HEAD = 1 << 24;

    private final Emitter.TrainedGraph graph;
    private final List<String> inputs;
    private final List<Op.Parameter> parameters;
    private final StringBuilder text = new StringBuilder();
    private final Set<Node> needGradient = new HashSet<>();

    /**
     * For a graph.
     *
     * @param nodes all nodes of the graph, operands first
     * @param inputs names of the inputs in {@code x}
     * @param parameters the trained ones, in the order of {@code t}
     */
    GradientText(
            Emitter.TrainedGraph graph,
            List<Node> nodes,
            List<String> inputs,
            List<Op.Parameter> parameters) {
        this.graph = graph;
        for (Node node : nodes) {
            if (node.op() instanceof Op.Parameter parameter
                    ? parameters.contains(parameter)
                    : node.type().kind() == Type.Kind.FLOAT
                            && node.inputs().stream().anyMatch(needGradient::contains)) {
                needGradient.add(node);
            }
        }
        this.inputs = inputs;
        this.parameters = parameters;
    }

    /**
     * The method's text.
     *
     * @param recompute whether parts are computed a second time
     * @param cast places in {@code w} of the trained parameters, if all is to be computed in bfloat16; else empty
     */
    String write(boolean recompute, List<Integer> cast) {
        if (!cast.isEmpty()) {
            line("w = self.bfloat16_weights(w32)");
            line("t = self.trainable(self.pick(w, " + cast + "), annotate(List[Tensor], []))");
        }
        line("c = annotate(List[Tensor], [])");
        line("p = annotate(List[Tensor], [])");
        line("mode = 0");
        line("start = 0");
        line("gs = self.no_gradients(len(t))");
        line("torch.set_grad_enabled(" + (recompute ? "False" : "True") + ")");
        for (Emitter.Call part : graph.parts()) {
            call(part, "v", Map.of());
        }
        boolean wholeNeeds = needGradient.contains(graph.end());
        String l;
        String g;
        if (graph.head() == null) {
            l = name(graph.end());
            g = "torch.ones_like(" + l + ")";
        } else {
            l = "l";
            g = "g";
            line("l, g, = self.head_gradients(" + name(graph.end()) + ", " + name(graph.labels()) + ", w, t, gs)");
        }
        if (wholeNeeds && recompute) {
            recomputed(g);
        } else if (wholeNeeds) {
            Set<Integer> all = new HashSet<>();
            graph.parts().forEach(part -> all.addAll(trained(part)));
            line("torch.set_grad_enabled(True)");
            line("z = self.backward([" + name(graph.end()) + "], [" + g + "], annotate(List[Tensor], []), "
                    + sorted(all) + ", t, gs)");
        }
        line("torch.set_grad_enabled(False)");
        line("return (torch.detach(" + l + "), self.all_gradients(t, gs))");
        String arguments = cast.isEmpty() ? "w: List[Tensor], t: List[Tensor]" : "w32: List[Tensor], t32: List[Tensor]";
        return "  def loss_and_gradients(self: __torch__.Program, " + arguments + ", x: List[Tensor])"
                + " -> Tuple[Tensor, List[Tensor]]:\n" + text + headMethod();
    }

    /** Part by part from the last to the first: computes it again, and from the gradients of its results those of what it took. */
    private void recomputed(String endGradient) {
        Map<Node, String> gradients = new HashMap<>(Map.of(graph.end(), endGradient));
        int count = 0;
        for (Emitter.Call part : graph.parts().reversed()) {
            List<Node> outputs =
                    part.results().stream().filter(gradients::containsKey).toList();
            if (outputs.isEmpty()) {
                continue;
            }
            List<Node> taken =
                    part.arguments().stream().filter(needGradient::contains).toList();
            Map<Node, String> again = new HashMap<>();
            for (Node node : taken) {
                String name = "i" + count + "_" + node.id();
                line(name + " = torch.requires_grad_(torch.detach(" + name(node) + "), True)");
                again.put(node, name);
            }
            line("torch.set_grad_enabled(True)");
            String prefix = "o" + count + "_";
            call(part, prefix, again);
            String found = "r" + count;
            line(found + " = self.backward(" + list(outputs.stream().map(n -> prefix + n.id()).toList()) + ", "
                    + list(outputs.stream().map(gradients::get).toList()) + ", "
                    + list(taken.stream().map(again::get).toList()) + ", " + sorted(trained(part)) + ", t, gs)");
            line("torch.set_grad_enabled(False)");
            for (int i = 0; i < taken.size(); i++) {
                Node node = taken.get(i);
                String sum = "g" + count + "_" + node.id();
                String known = gradients.get(node);
                line(sum + " = "
                        + (known == null
                                ? found + "[" + i + "]"
                                : "torch.add(" + known + ", " + found + "[" + i + "])"));
                gradients.put(node, sum);
            }
            count++;
        }
    }

    private void call(Emitter.Call part, String prefix, Map<Node, String> replaced) {
        String results = part.results().stream().map(n -> prefix + n.id()).collect(Collectors.joining(", "));
        line(results + (part.results().size() == 1 ? "" : ",") + " = "
                + part.text(node -> replaced.getOrDefault(node, name(node))));
    }

    /** Scored tokens, a chunk at a time, forward and backward. */
    private String headMethod() {
        Emitter.Call head = graph.head();
        if (head == null) {
            return "";
        }
        boolean needs = needGradient.contains(graph.end());
        Set<Integer> at = trained(head);
        boolean shift = graph.loss().op() instanceof Op.TokenLoss loss && loss.shift();
        long width = graph.loss().inputs().get(0).type().dimension(-1);
        long chunk = Math.max((at.isEmpty() ? LOGITS : LOGITS_OF_TRAINED_HEAD) / width, 32);
        String backward = needs || !at.isEmpty()
                ? "      found = self.backward([part], [torch.ones_like(part)], "
                        + (needs ? "[rows]" : "annotate(List[Tensor], [])") + ", " + sorted(at) + ", t, gs)\n"
                        + (needs ? "      g0 = torch.index_copy_(g, 0, at, found[0])\n" : "")
                : "";
        return """
              def head_gradients(self: __torch__.Program, hidden: Tensor, labels: Tensor, w: List[Tensor], t: List[Tensor], \
            gs: List[Tensor]) -> Tuple[Tensor, Tensor]:
                c = annotate(List[Tensor], [])
                p = annotate(List[Tensor], [])
                mode = 0
                start = 0
                torch.set_grad_enabled(False)
                flat = torch.flatten(torch.detach(hidden), 0, 1)
                target = torch.reshape(self.targets(labels, %s), [-1])
                scored = torch.reshape(torch.nonzero(torch.ne(target, -100)), [-1])
                l = torch.zeros([], dtype=6, device=ops.prim.device(hidden))
                g = torch.zeros_like(flat)
                for i in range((torch.size(scored, 0) + %d) // %d):
                  at = torch.slice(scored, 0, i * %d, (i + 1) * %d)
                  rows = torch.requires_grad_(torch.index_select(flat, 0, at), %s)
                  chosen = torch.unsqueeze(torch.index_select(target, 0, at), 0)
                  torch.set_grad_enabled(True)
                  part = %s
            %s      torch.set_grad_enabled(False)
                  l0 = torch.add_(l, torch.detach(part))
                return (l, torch.view_as(g, hidden))
            """
                .formatted(
                        shift ? "True" : "False",
                        chunk - 1,
                        chunk,
                        chunk,
                        chunk,
                        needs ? "True" : "False",
                        head.text(node -> node.equals(graph.end()) ? "torch.unsqueeze(rows, 0)" : "chosen"),
                        backward);
    }

    /** Places in {@code t} of the trained parameters that a part reads. */
    private Set<Integer> trained(Emitter.Call part) {
        Set<Integer> places = new HashSet<>();
        for (Op.Parameter parameter : part.parameters()) {
            int place = parameters.indexOf(parameter);
            if (place >= 0) {
                places.add(place);
            }
        }
        return places;
    }

    private static String sorted(Set<Integer> places) {
        return places.isEmpty()
                ? "annotate(List[int], [])"
                : places.stream().sorted().toList().toString();
    }

    private String name(Node node) {
        return node.op() instanceof Op.Input input ? "x[" + inputs.indexOf(input.name()) + "]" : "v" + node.id();
    }

    private static String list(List<String> names) {
        return names.isEmpty() ? "annotate(List[Tensor], [])" : "[" + String.join(", ", names) + "]";
    }

    private void line(String line) {
        text.append("    ").append(line).append('\n');
    }
}
