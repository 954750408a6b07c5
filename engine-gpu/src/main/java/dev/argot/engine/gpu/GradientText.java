package dev.argot.engine.gpu;

import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Writes how the parts of a graph are put together to a loss and its gradients. Used once. */
final class GradientText {
    /** The most numbers that the logits of a chunk have: fewer stay in the processor's cache, but each chunk adds a head's gradient. */
    private static final long LOGITS = 1 << 23;

    private static final long LOGITS_OF_TRAINED_HEAD = 1 << 25;

    private final Emitter emitter;
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
            Emitter emitter,
            Emitter.TrainedGraph graph,
            List<Node> nodes,
            List<String> inputs,
            List<Op.Parameter> parameters) {
        this.emitter = emitter;
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
        Map<Node, String> gradients = new HashMap<>();
        gradients.put(graph.end(), "g");
        var backward = new ArrayList<Runnable>();
        var forward = new ArrayList<Runnable>();
        int number = graph.parts().size();
        for (Emitter.Part part : graph.parts().reversed()) {
            int index = --number;
            List<Node> given = part.results().stream().filter(needed(gradients)).toList();
            var text = new TrainedPart(
                    emitter, part.nodes(), part.results(), given, part.scope(), needGradient, parameters);
            String values = arguments(part);
            String kept = names("k" + index + "_", text.keptTensors());
            boolean keep = !given.isEmpty() && !recompute;
            forward.add(() -> call(
                    results(part) + (keep ? kept : ""),
                    "self." + text.forward(keep) + "(" + values + common(part) + ")"));
            if (given.isEmpty()) {
                continue;
            }
            if (recompute && text.keptTensors() > 0) {
                backward.add(() -> call(kept, "self." + text.keeping() + "(" + values + common(part) + ")"));
            }
            String found = "r" + index;
            String from = given.stream().map(n -> gradients.get(n) + ", ").collect(Collectors.joining());
            backward.add(() -> line(found + " = self." + text.backward() + "(" + values + kept + from + common(part)
                    + ", t, " + text.places() + ", gs)"));
            List<Node> taken = text.taken();
            for (int i = 0; i < taken.size(); i++) {
                String part0 = found + "[" + i + "]";
                String known = gradients.get(taken.get(i));
                if (known == null) {
                    gradients.put(taken.get(i), part0);
                } else {
                    String sum = "y" + index + "_" + i;
                    backward.add(() -> line(sum + " = torch.add(" + known + ", " + part0 + ")"));
                    gradients.put(taken.get(i), sum);
                }
            }
        }
        forward.reversed().forEach(Runnable::run);
        String l;
        if (graph.head() == null) {
            l = name(graph.end());
            line("g = torch.ones_like(" + l + ")");
        } else {
            l = "l";
            head(graph.head());
        }
        backward.forEach(Runnable::run);
        line("torch.set_grad_enabled(False)");
        line("return (torch.detach(" + l + "), self.all_gradients(t, gs))");
        String arguments = cast.isEmpty() ? "w: List[Tensor], t: List[Tensor]" : "w32: List[Tensor], t32: List[Tensor]";
        return "  def loss_and_gradients(self: __torch__.Program, " + arguments + ", x: List[Tensor])"
                + " -> Tuple[Tensor, List[Tensor]]:\n" + text + headMethod();
    }

    private Predicate<Node> needed(Map<Node, String> gradients) {
        return node -> needGradient.contains(node) && gradients.containsKey(node);
    }

    private String arguments(Emitter.Part part) {
        return part.scope().arguments.stream().map(n -> name(n) + ", ").collect(Collectors.joining());
    }

    private static String common(Emitter.Part part) {
        return "w, " + part.scope().slotBase + ", c, p, 0, " + Math.max(part.scope().firstSalt, 0) + ", mode, start";
    }

    private String results(Emitter.Part part) {
        return part.results().stream().map(n -> name(n) + ", ").collect(Collectors.joining());
    }

    private static String names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i + ", ").collect(Collectors.joining());
    }

    /** Assigns results, {@code "a, b, "} or {@code "a, "}. */
    private void call(String results, String value) {
        boolean one = results.indexOf(',') == results.length() - 2;
        line((one ? results.substring(0, results.length() - 2) : results.strip()) + " = " + value);
    }

    /** What the head computes of the scored tokens alone: {@code l}, the loss, and {@code g}, the gradient of the vectors that enter it. */
    private void head(Emitter.Call head) {
        Node logits = graph.loss().inputs().get(0);
        String hidden = name(graph.end());
        if (!Emitter.isProduct(logits)) {
            line("l, g, = self.head_gradients(" + hidden + ", " + name(graph.labels()) + ", w, t, gs)");
            return;
        }
        boolean shift = graph.loss().op() instanceof Op.TokenLoss loss && loss.shift();
        line("at, target, = self.scored(" + name(graph.labels()) + ", " + (shift ? "True" : "False") + ")");
        line("rows = self.scored_rows(" + hidden + ", at)");
        Node last = logits.inputs().get(0);
        boolean needed = needGradient.contains(last);
        Emitter.Part part = graph.transform();
        Runnable backward = () -> {};
        String vectors = "rows";
        String gradient = "gh";
        if (part != null) {
            var text = new TrainedPart(
                    emitter,
                    part.nodes(),
                    part.results(),
                    needed ? part.results() : List.of(),
                    part.scope(),
                    needGradient,
                    parameters);
            vectors = name(last);
            String kept = needed ? names("kh_", text.keptTensors()) : "";
            call(vectors + ", " + kept, "self." + text.forward(needed) + "(rows, " + common(part) + ")");
            if (needed) {
                gradient = "rh[0]";
                backward = () -> line("rh = self." + text.backward() + "(rows, " + kept + "gh, " + common(part) + ", t, "
                        + text.places() + ", gs)");
            }
        }
        line("l, gh, = self.product_head" + (emitter.hasOneDnn() ? "_onednn" : "") + "(" + vectors + ", target, "
                + emitter.headWeight(logits, 1) + ", " + emitter.headWeight(logits, 2) + ", " + place(logits, 1) + ", "
                + place(logits, 2) + ", " + (needed ? "True" : "False") + ", " + chunk(head) + ", gs)");
        backward.run();
        if (needGradient.contains(graph.end())) {
            line("g = self.spread_rows(" + hidden + ", at, " + gradient + ")");
        }
    }

    /** Place in {@code t} of a parameter; -1 if it is frozen or missing. */
    private int place(Node node, int operand) {
        return node.inputs().size() > operand
                        && node.inputs().get(operand).op() instanceof Op.Parameter parameter
                ? parameters.indexOf(parameter)
                : -1;
    }

    private long chunk(Emitter.Call head) {
        long width = graph.loss().inputs().get(0).type().dimension(-1);
        return Math.max((trained(head).isEmpty() ? LOGITS : LOGITS_OF_TRAINED_HEAD) / width, 32);
    }

    /** Scored tokens, a chunk at a time, forward and backward. */
    private String headMethod() {
        Emitter.Call head = graph.head();
        if (head == null || Emitter.isProduct(graph.loss().inputs().get(0))) {
            return "";
        }
        boolean needs = needGradient.contains(graph.end());
        Set<Integer> at = trained(head);
        boolean shift = graph.loss().op() instanceof Op.TokenLoss loss && loss.shift();
        long chunk = chunk(head);
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

    private void line(String line) {
        text.append("    ").append(line).append('\n');
    }
}
