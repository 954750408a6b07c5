package dev.argot.engine.gpu;

import dev.argot.api.Precision;
import dev.argot.spi.FourBitGroups;
import dev.argot.spi.graph.Activation;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import dev.argot.spi.graph.Rewrites;
import dev.argot.spi.graph.RotaryFrequencies;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a graph as a TorchScript method
 *
 * <pre>graph(self, w: List[Tensor], c: List[Tensor], p: List[Tensor], x: List[Tensor], mode: int, start: int) -> List[Tensor]</pre>
 *
 * <p>{@code w} holds the weights ({@link #slots()}), {@code c} and {@code p} a session's own cache and shared prefix, two tensors an
 * attention ({@link #caches()}), {@code x} the inputs ({@link #inputs()}); {@code mode} says whether masks are needed, {@code start} where
 * the cache is written. Repeated blocks with the same text become one function, called with an offset into {@code w} and {@code c}.
 */
final class Emitter {
    /**
     * A weight as a program wants it.
     *
     * @param parameters one parameter, or several matrices whose rows stand below one another
     * @param form how it is held
     * @param transposed whether it is stored [in, out] and wanted [out, in]; for quantised forms only
     */
    record Slot(List<Op.Parameter> parameters, WeightForm form, boolean transposed) {
        static Slot plain(Op.Parameter parameter) {
            return new Slot(List.of(parameter), WeightForm.PLAIN, false);
        }
    }

    private final Graph graph;
    private final List<String> outputs;
    private final Precision precision;
    /** The function for products that are not quantised. */
    private String linear;

    /** The one for products that PyTorch differentiates. */
    private final String differentiable;

    private final boolean flashAttention;

    private final List<Slot> slots = new ArrayList<>();
    private final List<String> caches = new ArrayList<>();
    private final List<String> inputs = new ArrayList<>();
    private final Map<String, String> functionByText = new LinkedHashMap<>();
    private final Set<Activation> expertActivations = new TreeSet<>();
    private final Set<Node> embeddings;
    private final String method;
    private final @Nullable TrainedGraph trained;

    /**
     * Writes a graph.
     *
     * @param linear the function called for the product of activations and a weight [out, in] that is not quantised, such as
     *     {@code "torch.linear"}
     */
    Emitter(Graph graph, Collection<String> outputs, Precision precision, String linear) {
        this.graph = graph;
        this.outputs = List.copyOf(outputs);
        this.precision = precision;
        this.linear = linear;
        this.differentiable = linear;
        this.flashAttention = false;
        this.trained = null;
        this.embeddings = embeddings(graph);
        this.method = graphMethod();
    }

    private Emitter(Graph graph, Precision precision, String linear, String differentiable, boolean flashAttention) {
        this.flashAttention = flashAttention;
        this.graph = graph;
        this.outputs = List.of("loss");
        this.precision = precision;
        this.linear = linear;
        this.differentiable = differentiable;
        this.embeddings = embeddings(graph);
        this.method = "";
        this.trained = trainedGraph();
    }

    /**
     * Writes what a trainer needs of a graph with the output {@code loss}: see {@link #gradientMethod}.
     *
     * @param precision of the computation, float32 or bfloat16; the weights handed in and the gradients given are float32 in any case
     * @param linear as above
     * @param differentiable the same where PyTorch differentiates it
     * @param flashAttention whether attention is PyTorch's for CPUs that keeps no scores (Dao et al. 2022)
     */
    static Emitter training(
            Graph graph, Precision precision, String linear, String differentiable, boolean flashAttention) {
        return new Emitter(graph, precision, linear, differentiable, flashAttention);
    }

    /** Whether products are oneDNN's, in all directions. */
    boolean hasOneDnn() {
        return differentiable.equals("self.linear_trained");
    }

    /** Whether attention that keeps no scores can be used. */
    boolean hasFlashAttention() {
        return flashAttention;
    }

    /** The name of a function of a part, which is written once. */
    String functionOf(String text) {
        return functionByText.computeIfAbsent(text, f -> "block" + functionByText.size());
    }

    /** The weight that a node has as an operand. */
    String weight(Node node, int operand, Scope scope) {
        Op.Parameter parameter = (Op.Parameter) node.inputs().get(operand).op();
        return scope.slot(slot(node, parameter, WeightForm.PLAIN));
    }

    /** The weight, or the bias, of the product that makes the logits, from outside of all parts. */
    String headWeight(Node logits, int operand) {
        return logits.inputs().size() > operand
                ? "w["
                        + slots.indexOf(Slot.plain(
                                (Op.Parameter) logits.inputs().get(operand).op())) + "]"
                : "None";
    }

    /**
     * What a node computes.
     *
     * @param gradients whether PyTorch is to differentiate it
     */
    String expression(Node node, Scope scope, boolean gradients) {
        String before = linear;
        linear = gradients ? differentiable : linear;
        String text = expression(node, scope);
        linear = before;
        return text;
    }

    private static Set<Node> embeddings(Graph graph) {
        return graph.nodes().stream()
                .filter(n -> n.op() instanceof Op.Embedding)
                .map(n -> n.inputs().get(0))
                .collect(Collectors.toSet());
    }

    List<Slot> slots() {
        return slots;
    }

    /** Names of the attentions with a cache; the tensors of number i are {@code c[2i]} (keys) and {@code c[2i+1]} (values). */
    List<String> caches() {
        return caches;
    }

    /** Names of the inputs in {@code x}. */
    List<String> inputs() {
        return inputs;
    }

    /**
     * The program's text.
     *
     * @param methods further methods, already written
     */
    String program(String methods) {
        var generated = new StringBuilder();
        for (Activation activation : expertActivations) {
            generated.append(experts(activation));
        }
        functionByText.forEach(
                (text, name) -> generated.append("  def ").append(name).append(text));
        return Functions.program(generated + method + methods);
    }

    // ---- the method

    /** What every function of a part takes beside the values it reads. */
    static final String COMMON =
            "w: List[Tensor], o: int, c: List[Tensor], p: List[Tensor], co: int, d: int, mode: int, start: int";

    /** Where a node's value can be read: as a variable of the enclosing function, or an element of one of its lists. */
    final class Scope {
        final Map<Node, String> names = new HashMap<>();
        final boolean block;
        final int slotBase = slots.size();
        final int cacheBase = caches.size();
        final Map<Slot, String> own = new HashMap<>();
        final List<Node> arguments = new ArrayList<>();
        int firstSalt = -1;

        Scope(boolean block) {
            this.block = block;
        }

        String slot(Slot slot) {
            int global = globalSlots.getOrDefault(slot, -1);
            if (global >= 0) {
                return "w[" + global + "]";
            }
            return own.computeIfAbsent(slot, s -> {
                slots.add(s);
                return "w[o + " + (slots.size() - 1 - slotBase) + "]";
            });
        }

        String cache(String attention) {
            caches.add(attention);
            int index = 2 * (caches.size() - 1 - cacheBase);
            return block ? "co + " + index : "" + (2 * (caches.size() - 1));
        }

        /** Counted from the first in a block, so that blocks have the same text. */
        String salt(int salt) {
            if (!block) {
                return "" + salt;
            }
            firstSalt = firstSalt < 0 ? salt : firstSalt;
            return "d + " + (salt - firstSalt);
        }

        String name(Node node) {
            String known = names.get(node);
            if (known != null) {
                return known;
            }
            if (!block) {
                throw new IllegalStateException("value used before it is written: " + node);
            }
            String argument = "a" + arguments.size();
            arguments.add(node);
            names.put(node, argument);
            return argument;
        }
    }

    private final Map<Slot, Integer> globalSlots = new HashMap<>();

    /** Collects inputs, and weights that stand at fixed places; gives the names of the blocks that use each node. */
    private Map<Node, Set<String>> prepare(List<Node> nodes) {
        var byUser = new HashMap<Node, Set<String>>();
        for (Node node : nodes) {
            for (Node input : node.inputs()) {
                byUser.computeIfAbsent(input, n -> new HashSet<>()).add(node.block());
            }
        }
        for (Node node : nodes) {
            if (node.op() instanceof Op.Input input) {
                inputs.add(input.name());
            }
        }
        // weights that more than one block (or none) uses stand at fixed places, before all others
        for (Node node : nodes) {
            for (int i = 0; i < node.inputs().size(); i++) {
                Node input = node.inputs().get(i);
                if (input.op() instanceof Op.Parameter parameter
                        && (node.block().isEmpty()
                                || byUser.getOrDefault(input, Set.of()).size() > 1)) {
                    for (WeightForm form : forms(node, i)) {
                        globalSlots.computeIfAbsent(slot(node, parameter, form), slot -> {
                            slots.add(slot);
                            return slots.size() - 1;
                        });
                    }
                }
            }
        }
        return byUser;
    }

    private String graphMethod() {
        List<Node> nodes = graph.neededFor(outputs);
        Map<Node, Integer> segments = segments(nodes);
        Map<Node, Set<String>> byUser = prepare(nodes);
        var wanted = outputs.stream().map(graph::output).collect(Collectors.toSet());
        var bySegment = new TreeMap<Integer, List<Node>>();
        for (Node node : nodes) {
            // what a cache takes up is written inside the attention
            if (!isLeaf(node) && !(node.op() instanceof Op.CachePut)) {
                bySegment
                        .computeIfAbsent(segments.getOrDefault(node, 0), s -> new ArrayList<>())
                        .add(node);
            }
        }
        var root = new Scope(false);
        for (Node node : nodes) {
            if (node.op() instanceof Op.Input input) {
                root.names.put(node, "x[" + inputs.indexOf(input.name()) + "]");
            }
        }
        var body = new StringBuilder();
        for (List<Node> segment : bySegment.values()) {
            if (segment.get(0).block().isEmpty()) {
                for (Node node : segment) {
                    String name = "v" + node.id();
                    body.append("    ")
                            .append(name)
                            .append(" = ")
                            .append(expression(node, root))
                            .append('\n');
                    root.names.put(node, name);
                }
            } else {
                callBlock(segment, root, byUser, wanted, body);
            }
        }
        String results = outputs.stream()
                .map(o -> root.name(graph.output(o)))
                .map(v -> "torch.to(" + v + ", 6)")
                .collect(Collectors.joining(", "));
        return "  def graph(self: __torch__.Program, w: List[Tensor], c: List[Tensor], p: List[Tensor], x:"
                + " List[Tensor], mode: int, start: int) -> List[Tensor]:\n"
                + body
                + "    return annotate(List[Tensor], [" + results + "])\n";
    }

    /**
     * Numbers the segments 0, 1, 2, …: even ones hold what belongs to no block, as early as it can be computed; odd ones a block each.
     */
    private static Map<Node, Integer> segments(List<Node> nodes) {
        var blocks = new LinkedHashMap<String, Integer>();
        for (Node node : nodes) {
            if (!node.block().isEmpty()) {
                blocks.computeIfAbsent(node.block(), b -> 2 * blocks.size() + 1);
            }
        }
        var segments = new HashMap<Node, Integer>();
        for (Node node : nodes) {
            int segment = 0;
            for (Node input : node.inputs()) {
                int s = segments.getOrDefault(input, 0);
                segment = Math.max(segment, s % 2 == 1 && !input.block().equals(node.block()) ? s + 1 : s);
            }
            Integer own = blocks.get(node.block());
            if (own != null) {
                if (segment > own) {
                    throw new IllegalArgumentException("block '" + node.block() + "' depends on a later one: " + node);
                }
                segment = own;
            }
            segments.put(node, segment);
        }
        return segments;
    }

    private static boolean isLeaf(Node node) {
        return node.op() instanceof Op.Input || node.op() instanceof Op.Parameter;
    }

    /** A call of the function that a block, or another part of a graph, has become. */
    record Call(
            String function,
            int slots,
            int caches,
            int salt,
            List<Node> arguments,
            List<Node> results,
            Set<Op.Parameter> parameters) {
        String text(Function<Node, String> names) {
            return "self." + function + "("
                    + arguments.stream().map(a -> names.apply(a) + ", ").collect(Collectors.joining()) + "w, " + slots
                    + ", c, p, " + caches + ", " + salt + ", mode, start)";
        }
    }

    private void callBlock(
            List<Node> nodes, Scope root, Map<Node, Set<String>> byUser, Set<Node> wanted, StringBuilder body) {
        List<Node> results = nodes.stream()
                .filter(n -> wanted.contains(n)
                        || byUser.getOrDefault(n, Set.of()).stream().anyMatch(user -> !user.equals(n.block())))
                .toList();
        String call = function(nodes, results, byUser).text(root::name);
        if (results.size() == 1) {
            String v = "v" + results.get(0).id();
            body.append("    ").append(v).append(" = ").append(call).append('\n');
            root.names.put(results.get(0), v);
        } else {
            String u = "u" + nodes.get(0).id();
            body.append("    ").append(u).append(" = ").append(call).append('\n');
            for (int i = 0; i < results.size(); i++) {
                String v = "v" + results.get(i).id();
                body.append("    ")
                        .append(v)
                        .append(" = ")
                        .append(u)
                        .append('[')
                        .append(i)
                        .append("]\n");
                root.names.put(results.get(i), v);
            }
        }
    }

    /** Writes a part of a graph as a function. */
    private Call function(List<Node> nodes, List<Node> results, Map<Node, Set<String>> byUser) {
        var scope = new Scope(true);
        var text = new StringBuilder();
        int local = 0;
        Map<Node, List<Node>> joint = jointProducts(nodes, byUser);
        for (Node node : nodes) {
            String name = "t" + local++;
            List<Node> together = joint.getOrDefault(node, List.of());
            if (!together.isEmpty()) {
                if (together.get(0).equals(node)) {
                    String product = "j" + name;
                    text.append("    ")
                            .append(product)
                            .append(" = ")
                            .append(jointProduct(together, scope))
                            .append('\n');
                    long start = 0;
                    for (Node part : together) {
                        long width = part.type().dimension(-1);
                        scope.names.put(part, "torch.narrow(" + product + ", -1, " + start + ", " + width + ")");
                        start += width;
                    }
                }
                text.append("    ")
                        .append(name)
                        .append(" = ")
                        .append(scope.names.get(node))
                        .append('\n');
                scope.names.put(node, name);
                continue;
            }
            text.append("    ")
                    .append(name)
                    .append(" = ")
                    .append(expression(node, scope))
                    .append('\n');
            scope.names.put(node, name);
        }
        String returned = results.stream().map(scope::name).collect(Collectors.joining(", "));
        String type = results.size() == 1
                ? "Tensor"
                : "Tuple[" + results.stream().map(r -> "Tensor").collect(Collectors.joining(", ")) + "]";
        String parameters = IntStream.range(0, scope.arguments.size())
                .mapToObj(i -> "a" + i + ": Tensor, ")
                .collect(Collectors.joining());
        String function = "(self: __torch__.Program, " + parameters
                + "w: List[Tensor], o: int, c: List[Tensor], p: List[Tensor], co: int, d: int, mode: int, start: int)"
                + " -> "
                + type + ":\n"
                + text + "    return " + (results.size() == 1 ? returned : "(" + returned + ")") + "\n";
        String name = functionByText.computeIfAbsent(function, f -> "block" + functionByText.size());
        return new Call(
                name,
                scope.slotBase,
                2 * scope.cacheBase,
                Math.max(scope.firstSalt, 0),
                scope.arguments,
                results,
                parameters(nodes));
    }

    // ---- training

    /**
     * A graph cut up for training.
     *
     * @param parts the blocks, and what lies between them, in the order they are computed
     * @param end what the parts lead to: the vectors that enter the head, or the loss itself where there is no head
     * @param transform from the vectors that enter the head to those of which a product makes the logits; null if they are the same, or
     *     the logits are not simply a product
     * @param head from the vectors of some tokens to the loss summed over them; null if the graph ends otherwise
     * @param labels the input the head compares with; the end again without a head
     * @param loss the loss
     */
    record TrainedGraph(
            List<Part> parts, Node end, @Nullable Part transform, @Nullable Call head, Node labels, Node loss) {}

    /**
     * A block, or what lies between blocks.
     *
     * @param nodes its nodes, operands first
     * @param results those that other parts read
     * @param scope names of what it reads
     */
    record Part(List<Node> nodes, List<Node> results, Scope scope) {}

    private Part part(List<Node> nodes, List<Node> results) {
        var scope = new Scope(true);
        for (Node node : nodes) {
            expression(node, scope); // finds out what is read
            scope.names.put(node, "t" + nodes.indexOf(node));
        }
        return new Part(nodes, results, scope);
    }

    private TrainedGraph trainedGraph() {
        List<Node> nodes = graph.neededFor(outputs);
        prepare(nodes);
        Node loss = graph.output("loss");
        Node hidden = graph.outputs().get("last_hidden_state");
        List<Node> head = hidden == null ? List.of() : head(nodes, hidden);
        Node end = head.isEmpty() || hidden == null ? loss : hidden;
        Set<Node> needed = neededFor(end);
        List<Node> body =
                nodes.stream().filter(n -> needed.contains(n) && !isLeaf(n)).toList();
        Map<Node, Integer> segments = segments(nodes);
        var bySegment = new TreeMap<Integer, List<Node>>();
        var users = new HashMap<Node, Set<Integer>>();
        for (Node node : body) {
            int segment = segments.getOrDefault(node, 0);
            bySegment.computeIfAbsent(segment, s -> new ArrayList<>()).add(node);
            node.inputs()
                    .forEach(i -> users.computeIfAbsent(i, n -> new HashSet<>()).add(segment));
        }
        var parts = new ArrayList<Part>();
        bySegment.forEach((segment, part) -> {
            List<Node> results = part.stream()
                    .filter(n -> n.equals(end)
                            || users.getOrDefault(n, Set.of()).stream().anyMatch(user -> !user.equals(segment)))
                    .toList();
            parts.add(part(part, results));
        });
        if (end.equals(loss)) {
            return new TrainedGraph(parts, end, null, null, end, loss);
        }
        Node labels = loss.inputs().get(1);
        Node logits = loss.inputs().get(0);
        Part transform = isProduct(logits) && !logits.inputs().get(0).equals(end)
                ? part(
                        head.stream()
                                .filter(n -> !n.equals(logits) && !n.equals(loss))
                                .toList(),
                        List.of(logits.inputs().get(0)))
                : null;
        return new TrainedGraph(parts, end, transform, headFunction(head, end, labels), labels, loss);
    }

    /** Whether logits are one product, whose gradient is written out. */
    static boolean isProduct(Node logits) {
        return logits.op() instanceof Op.Linear linear
                && !linear.inOut()
                && logits.inputs().stream().skip(1).allMatch(n -> n.op() instanceof Op.Parameter);
    }

    private static Set<Node> neededFor(Node end) {
        var found = new HashSet<Node>();
        var open = new ArrayDeque<Node>(List.of(end));
        while (!open.isEmpty()) {
            Node node = open.pop();
            if (found.add(node)) {
                node.inputs().forEach(open::push);
            }
        }
        return found;
    }

    /**
     * The nodes from the hidden vectors to the loss, with those made of weights alone; empty if some do not work on each token by itself.
     */
    private List<Node> head(List<Node> nodes, Node hidden) {
        if (!(graph.output("loss").op() instanceof Op.TokenLoss)) {
            return List.of();
        }
        Set<Node> body = neededFor(hidden);
        var constant = new HashSet<Node>();
        var head = new ArrayList<Node>();
        for (Node node : nodes) {
            if (node.op() instanceof Op.Parameter) {
                constant.add(node);
            } else if (!isLeaf(node) && constant.containsAll(node.inputs())) {
                constant.add(node);
                if (!body.contains(node)) {
                    head.add(node);
                }
            } else if (!isLeaf(node) && !body.contains(node)) {
                boolean loss = node.op() instanceof Op.TokenLoss && node.equals(graph.output("loss"));
                for (Node input : loss ? node.inputs().subList(0, 1) : node.inputs()) {
                    if (!input.equals(hidden) && !head.contains(input) && !constant.contains(input)) {
                        return List.of();
                    }
                }
                if (!loss && !tokenwise(node.op())) {
                    return List.of();
                }
                head.add(node);
            }
        }
        // a product of weights that the body has computed would have to be handed over
        boolean closed = head.stream()
                .flatMap(n -> n.inputs().stream())
                .allMatch(n -> isLeaf(n) || n.equals(hidden) || head.contains(n));
        return closed ? head : List.of();
    }

    /** Whether the result for a token depends on that token alone. */
    private static boolean tokenwise(Op op) {
        return switch (op) {
            case Op.Linear l -> true;
            case Op.RmsNorm n -> true;
            case Op.LayerNorm n -> true;
            case Op.Narrow n -> true;
            case Op.Activate a -> true;
            case Op.Add a -> true;
            case Op.Multiply m -> true;
            case Op.Scale s -> true;
            case Op.Softcap s -> true;
            case Op.Clamp c -> true;
            case Op.DoraScale d -> true;
            case Op.Input i -> false;
            case Op.Parameter p -> false;
            case Op.Embedding e -> false;
            case Op.SinusoidalPositions s -> false;
            case Op.RotaryTable t -> false;
            case Op.Rotate r -> false;
            case Op.Mask m -> false;
            case Op.AlibiBias a -> false;
            case Op.SplitHeads s -> false;
            case Op.MergeHeads m -> false;
            case Op.Attention a -> false;
            case Op.AttentionWeights w -> false;
            case Op.AttentionApply a -> false;
            case Op.CachePut c -> false;
            case Op.MixtureOfExperts m -> false;
            case Op.SelectTokens s -> false;
            case Op.Dropout d -> false;
            case Op.TokenLoss t -> false;
            case Op.RelativeBias o -> false;
            case Op.DisentangledBias o -> false;
            case Op.Pool o -> false;
            case Op.UnitLength o -> false;
            case Op.BinaryLoss o -> false;
            case Op.SquaredLoss o -> false;
            case Op.SpanLoss o -> false;
            case Op.RouterLoss r -> false;
        };
    }

    /** {@code (hidden [1, C, H], labels [1, C], …) -> loss}; the labels stand where they are compared. */
    private Call headFunction(List<Node> nodes, Node hidden, Node labels) {
        var scope = new Scope(true);
        scope.name(hidden);
        scope.name(labels);
        var text = new StringBuilder();
        for (Node node : nodes) {
            String value = node.op() instanceof Op.TokenLoss
                    ? call(
                            "self.token_loss",
                            scope.name(node.inputs().get(0)),
                            scope.name(node.inputs().get(1)),
                            "False")
                    : expression(node, scope, true);
            String name = "t" + node.id();
            text.append("    ").append(name).append(" = ").append(value).append('\n');
            scope.names.put(node, name);
        }
        Node loss = nodes.get(nodes.size() - 1);
        String function = "(self: __torch__.Program, a0: Tensor, a1: Tensor, w: List[Tensor], o: int, c: List[Tensor],"
                + " p: List[Tensor], co: int, d: int, mode: int, start: int) -> Tensor:\n" + text + "    return "
                + scope.name(loss) + "\n";
        String name = functionByText.computeIfAbsent(function, f -> "head");
        return new Call(name, scope.slotBase, 0, 0, scope.arguments, List.of(loss), parameters(nodes));
    }

    private static Set<Op.Parameter> parameters(List<Node> nodes) {
        return nodes.stream()
                .flatMap(n -> n.inputs().stream())
                .map(Node::op)
                .filter(Op.Parameter.class::isInstance)
                .map(Op.Parameter.class::cast)
                .collect(Collectors.toSet());
    }

    /**
     * The method
     *
     * <pre>loss_and_gradients(self, w: List[Tensor], t: List[Tensor], x: List[Tensor]) -> Tuple[Tensor, List[Tensor]]</pre>
     *
     * <p>{@code w} holds the weights ({@link #slots()}), {@code t} those of them that are trained, {@code x} the inputs; the results are the
     * loss summed over the labels scored, and its gradients in the order of {@code t}. Only tokens that are scored go through the head, some
     * at a time, forward and backward, so that the logits of all of them are never there at once.
     *
     * @param parameters the trained parameters, in the order of {@code t}
     * @param recompute whether parts keep only what they take, and are computed a second time when their gradient is (Chen et al. 2016)
     */
    String gradientMethod(List<Op.Parameter> parameters, boolean recompute) {
        TrainedGraph g = Objects.requireNonNull(trained, "not written for training");
        List<Integer> places =
                parameters.stream().map(p -> slots.indexOf(Slot.plain(p))).toList();
        return new GradientText(this, g, graph.nodes(), inputs, parameters)
                .write(recompute, precision == Precision.FLOAT32 ? List.of() : places);
    }

    // ---- weights

    /** The forms in which a node reads its i-th operand, a parameter. */
    private List<WeightForm> forms(Node node, int operand) {
        boolean matrix = node.inputs().get(operand).type().rank() == 2;
        return switch (node.op()) {
            case Op.Linear linear when operand == 1 && matrix -> productForms(node, linear.inOut());
            case Op.Embedding e
            when operand == 0 && quantised() && matrix && e.offset() == 0 ->
                List.of(WeightForm.INT8, WeightForm.INT8_SCALE);
            case Op.MixtureOfExperts moe
            when operand > 1 && quantised() -> List.of(WeightForm.INT8, WeightForm.INT8_SCALE);
            default -> List.of(WeightForm.PLAIN);
        };
    }

    private static Slot slot(Node node, Op.Parameter parameter, WeightForm form) {
        boolean transposed = form != WeightForm.PLAIN && node.op() instanceof Op.Linear linear && linear.inOut();
        return new Slot(List.of(parameter), form, transposed);
    }

    private List<WeightForm> productForms(Node linear, boolean inOut) {
        if (!quantised() || isAdapter(linear)) {
            return List.of(WeightForm.PLAIN);
        }
        Node weight = linear.inputs().get(1);
        long out = weight.type().dimension(inOut ? 1 : 0);
        long in = weight.type().dimension(inOut ? 0 : 1);
        return precision == Precision.INT4
                        && in % FourBitGroups.SIZE == 0
                        && out % 64 == 0
                        && !embeddings.contains(weight)
                ? List.of(WeightForm.INT4, WeightForm.INT4_SCALE)
                : List.of(WeightForm.INT8, WeightForm.INT8_SCALE);
    }

    /**
     * Quantised products of the same vectors, such as query, key and value, which one call computes: the kernels take a few microseconds,
     * what stands around them takes as long.
     */
    private Map<Node, List<Node>> jointProducts(List<Node> nodes, Map<Node, Set<String>> byUser) {
        record Kind(Node x, List<WeightForm> forms) {}
        var byKind = new LinkedHashMap<Kind, List<Node>>();
        for (Node node : nodes) {
            if (quantised()
                    && !isAdapter(node)
                    && node.op() instanceof Op.Linear product
                    && !product.inOut()
                    && node.inputs().size() == 2
                    && byUser.getOrDefault(node.inputs().get(1), Set.of()).size() == 1) {
                byKind.computeIfAbsent(new Kind(node.inputs().get(0), forms(node, 1)), k -> new ArrayList<>())
                        .add(node);
            }
        }
        var joint = new HashMap<Node, List<Node>>();
        for (List<Node> together : byKind.values()) {
            if (together.size() > 1) {
                together.forEach(node -> joint.put(node, together));
            }
        }
        return joint;
    }

    private String jointProduct(List<Node> together, Scope scope) {
        List<Op.Parameter> parameters = together.stream()
                .map(node -> (Op.Parameter) node.inputs().get(1).op())
                .toList();
        List<String> weight = forms(together.get(0), 1).stream()
                .map(form -> scope.slot(new Slot(parameters, form, false)))
                .toList();
        return product(
                forms(together.get(0), 1).get(0),
                scope.name(together.get(0).inputs().get(0)),
                weight,
                "None");
    }

    /** The thin matrices of an adapter are small, and made to correct the others: they are not quantised. */
    private static boolean isAdapter(Node node) {
        return node.op() instanceof Op.Linear linear && linear.name().matches(".*\\.lora_[AB]");
    }

    private boolean quantised() {
        return precision == Precision.INT8 || precision == Precision.INT4;
    }

    // ---- expressions

    private String expression(Node node, Scope scope) {
        var read = new ArrayList<List<String>>();
        for (int i = 0; i < node.inputs().size(); i++) {
            Node input = node.inputs().get(i);
            if (input.op() instanceof Op.Parameter parameter) {
                read.add(forms(node, i).stream()
                        .map(f -> scope.slot(slot(node, parameter, f)))
                        .toList());
            } else if (input.op() instanceof Op.CachePut) {
                read.add(List.of("")); // written inside the attention
            } else {
                read.add(List.of(scope.name(input)));
            }
        }
        List<String> in = read.stream().map(r -> r.get(0)).toList();
        return switch (node.op()) {
            case Op.Input i -> throw new IllegalStateException("leaf");
            case Op.Parameter p -> throw new IllegalStateException("leaf");
            case Op.Embedding e -> {
                String ids = e.offset() == 0 ? in.get(1) : "torch.add(" + in.get(1) + ", " + e.offset() + ")";
                yield read.get(0).size() == 1
                        ? call("torch.embedding", in.get(0), ids, "" + e.padding())
                        : call(
                                "self.embedding_int8",
                                in.get(0),
                                read.get(0).get(1),
                                ids,
                                "" + node.type().dimension(-1));
            }
            case Op.SinusoidalPositions s -> inPrecision(call("self.sinusoids", in.get(0), "" + s.width()));
            case Op.RotaryTable table -> rotaryTable(table, in.get(0));
            case Op.Rotate rotate -> {
                boolean whole = node.inputs().get(0).type().dimension(-1)
                        == node.inputs().get(1).type().dimension(-1);
                String function = rotate.interleaved() ? "rotate_pairs" : whole ? "rotate_half" : "rotate_half_part";
                yield call("self." + function, in.get(0), in.get(1), in.get(2));
            }
            case Op.Mask mask -> {
                String m = call(
                        "self.mask",
                        in.get(0),
                        in.get(1),
                        in.get(2),
                        mask.causal() ? "True" : "False",
                        "" + mask.window());
                yield in.size() > 3 ? call("self.mask_documents", m, in.get(3), in.get(4)) : m;
            }
            case Op.AlibiBias alibi -> {
                String slopes = IntStream.range(0, alibi.heads())
                        .mapToObj(i -> "" + alibi.slopes()[i])
                        .collect(Collectors.joining(", "));
                yield call("self.alibi", in.get(0), in.get(1), "[" + slopes + "]");
            }
            case Op.Linear linear -> linear(linear, node, read);
            case Op.RmsNorm norm ->
                norm.plusOne()
                        ? call("self.rms_plus_one", in.get(0), in.get(1), "" + norm.epsilon())
                        : call(
                                "torch.rms_norm",
                                in.get(0),
                                "[torch.size(" + in.get(0) + ", -1)]",
                                in.get(1),
                                "" + norm.epsilon());
            case Op.LayerNorm norm ->
                call(
                        "torch.layer_norm",
                        in.get(0),
                        "[torch.size(" + in.get(0) + ", -1)]",
                        in.size() > 1 ? in.get(1) : "None",
                        in.size() > 2 ? in.get(2) : "None",
                        "" + norm.epsilon());
            case Op.SplitHeads split -> call("self.heads", in.get(0), "" + split.heads());
            case Op.MergeHeads merge -> call("self.merge", in.get(0));
            case Op.Narrow narrow -> call("torch.narrow", in.get(0), "-1", "" + narrow.start(), "" + narrow.length());
            case Op.Attention attention -> attention(attention, node, in, scope);
            case Op.AttentionWeights w ->
                call(
                        "self.weigh",
                        in.get(0),
                        in.get(1),
                        in.get(2),
                        in.size() > 3 ? in.get(3) : "None",
                        "" + w.scale(),
                        "" + w.softcap());
            case Op.AttentionApply a -> call("self.gather", in.get(0), in.get(1));
            case Op.CachePut c -> throw new IllegalStateException("written inside the attention");
            case Op.Activate activate -> activation(activate.function(), in.get(0));
            case Op.MixtureOfExperts moe -> experts(moe, read);
            case Op.Add a -> call("torch.add", in.get(0), in.get(1));
            case Op.Multiply m -> call("torch.mul", in.get(0), in.get(1));
            case Op.Scale s -> call("torch.mul", in.get(0), "" + s.factor());
            case Op.Softcap s -> call("self.softcap", in.get(0), "" + s.cap());
            case Op.Clamp c -> call("torch.clamp", in.get(0), "" + -c.limit(), "" + c.limit());
            case Op.Dropout dropout ->
                call(
                        "self.dropout",
                        in.get(0),
                        in.get(1),
                        scope.salt(dropout.salt()),
                        "" + dropout.threshold(),
                        "" + 1 / (1 - dropout.probability()));
            case Op.DoraScale dora ->
                call(
                        "self.dora_scale",
                        in.get(0),
                        dora.inOut() ? "torch.transpose(" + in.get(1) + ", 0, 1)" : in.get(1),
                        in.get(2),
                        in.get(3),
                        "" + dora.scale());
            case Op.SelectTokens select -> call("self.select_tokens", in.get(0), in.get(1));
            case Op.TokenLoss loss -> call("self.token_loss", in.get(0), in.get(1), loss.shift() ? "True" : "False");
            case Op.DisentangledBias b ->
                call(
                        "self.disentangled_bias",
                        in.get(0),
                        in.get(1),
                        call(
                                "self.disentangled_places",
                                in.get(2),
                                in.get(3),
                                "" + b.span(),
                                "" + b.buckets(),
                                "" + b.maxDistance()),
                        b.contentToPosition() ? in.get(4) : "None",
                        b.positionToContent() ? in.getLast() : "None",
                        "" + b.scale());
            case Op.Pool p -> {
                String mask = in.get(1);
                yield switch (p.kind()) {
                    case MEAN -> call("self.pool_mean", in.get(0), mask);
                    case FIRST -> call("self.pool_first", in.get(0), mask);
                    case LAST -> call("self.pool_last", in.get(0), mask);
                };
            }
            case Op.UnitLength u -> call("self.unit_length", in.get(0));
            case Op.BinaryLoss l -> call("self.binary_loss", in.get(0), in.get(1));
            case Op.SquaredLoss l -> call("self.squared_loss", in.get(0), in.get(1));
            case Op.SpanLoss l -> call("self.span_loss", in.get(0), in.get(1), in.get(2));
            case Op.RelativeBias bias ->
                call(
                        "self.relative_bias",
                        in.get(0),
                        in.get(1),
                        in.get(2),
                        Arrays.toString(bias.boundaries()),
                        "" + (bias.bidirectional() ? bias.buckets() / 2 : 0));
            case Op.RouterLoss loss ->
                call("self.router_loss", in.get(0), every(in, 1, 1), "" + loss.experts(), "" + loss.active());
        };
    }

    private String experts(Op.MixtureOfExperts moe, List<List<String>> read) {
        expertActivations.add(moe.activation());
        var arguments = new ArrayList<String>();
        arguments.add(read.get(0).get(0));
        arguments.add(read.get(1).get(0));
        for (int projection = 2; projection < 5; projection++) {
            for (int form = 0; form < 2; form++) {
                var weights = new ArrayList<String>();
                for (int i = projection; i < read.size(); i += 3) {
                    if (form < read.get(i).size()) {
                        weights.add(read.get(i).get(form));
                    }
                }
                arguments.add(
                        weights.isEmpty() ? "annotate(List[Tensor], [])" : "[" + String.join(", ", weights) + "]");
            }
        }
        arguments.add("" + moe.active());
        arguments.add(moe.renormalise() ? "True" : "False");
        return call(
                "self.experts_" + moe.activation().name().toLowerCase(java.util.Locale.ROOT),
                arguments.toArray(String[]::new));
    }

    private static String call(String function, String... arguments) {
        return function + "(" + String.join(", ", arguments) + ")";
    }

    private static String every(List<String> list, int from, int step) {
        return IntStream.iterate(from, i -> i < list.size(), i -> i + step)
                .mapToObj(list::get)
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private String linear(Op.Linear linear, Node node, List<List<String>> read) {
        boolean vectors = node.type().rank() == 2; // [B, H]: the functions count on rows of tokens
        String x = vectors
                ? call("torch.unsqueeze", read.get(0).get(0), "0")
                : read.get(0).get(0);
        List<String> weight = read.get(1);
        String bias = read.size() > 2 ? read.get(2).get(0) : "None";
        String product = linear.inOut() && weight.size() == 1
                ? call("torch.linear", x, "torch.transpose(" + weight.get(0) + ", 0, 1)", bias)
                : product(forms(node, 1).get(0), x, weight, bias);
        return vectors ? call("torch.select", product, "0", "0") : product;
    }

    private String product(WeightForm form, String x, List<String> weight, String bias) {
        return switch (form) {
            case INT8 -> call("self.linear_int8", x, weight.get(0), weight.get(1), bias);
            case INT4 -> call("self.linear_int4", x, weight.get(0), weight.get(1), "" + FourBitGroups.SIZE, bias);
            case PLAIN -> call(linear, x, weight.get(0), bias);
            case INT8_SCALE, INT4_SCALE -> throw new IllegalStateException("a scale is no weight");
        };
    }

    private String attention(Op.Attention attention, Node node, List<String> in, Scope scope) {
        Node keys = node.inputs().get(1);
        String bias = in.size() > 4 ? in.get(4) : "None";
        if (!(keys.op() instanceof Op.CachePut)) {
            // a session's mode is about its own tokens, not about those of an encoder
            String mode = Rewrites.isCross(node) ? "0" : "mode";
            return call(
                    "self.attend",
                    in.get(0),
                    in.get(1),
                    in.get(2),
                    in.get(3),
                    bias,
                    "" + attention.scale(),
                    "" + attention.softcap(),
                    mode);
        }
        Node values = node.inputs().get(2);
        return call(
                "self.attend_cached",
                in.get(0),
                scope.name(keys.inputs().get(0)),
                scope.name(values.inputs().get(0)),
                in.get(3),
                bias,
                "" + attention.scale(),
                "" + attention.softcap(),
                "mode",
                "c",
                "p",
                scope.cache(attention.name()),
                "start");
    }

    private String rotaryTable(Op.RotaryTable table, String positions) {
        String inverse =
                switch (table.frequencies()) {
                    case RotaryFrequencies.Fixed fixed -> tensor(fixed.inverse(), positions);
                    case RotaryFrequencies.LongRope rope ->
                        "(" + tensor(rope.longInverse(), positions) + " if self.longest(" + positions + ") > "
                                + rope.originalLength() + " else " + tensor(rope.shortInverse(), positions) + ")";
                    case RotaryFrequencies.Dynamic dynamic ->
                        call(
                                "self.dynamic_inverse",
                                positions,
                                "" + dynamic.base(),
                                "" + dynamic.dimensions(),
                                "" + dynamic.factor(),
                                "" + dynamic.originalLength());
                };
        String values = call(
                table.sine() ? "self.sine" : "self.cosine",
                call("self.angles", positions, inverse),
                "" + table.frequencies().attentionFactor());
        return inPrecision(values); // once for all blocks
    }

    private String inPrecision(String float32) {
        return switch (precision) {
            case FLOAT32 -> float32;
            case FLOAT16 -> call("torch.to", float32, "5");
            case BFLOAT16, INT8, INT4 -> call("torch.to", float32, "15");
        };
    }

    private static String tensor(List<Float> values, String like) {
        return "torch.tensor("
                + values.stream().map(v -> "" + (double) v).collect(Collectors.joining(", ", "[", "]"))
                + ", dtype=6, device=ops.prim.device(" + like + "))";
    }

    private static String activation(Activation function, String x) {
        return switch (function) {
            case GELU -> call("torch.gelu", x);
            case GELU_TANH -> "torch.gelu(" + x + ", approximate=\"tanh\")";
            case QUICK_GELU -> call("self.quick_gelu", x);
            case SILU -> call("torch.silu", x);
            case RELU -> call("torch.relu", x);
            case RELU_SQUARED -> call("self.relu_squared", x);
            case TANH -> call("torch.tanh", x);
            case SIGMOID -> call("torch.sigmoid", x);
        };
    }

    /** Each expert takes the tokens that chose it, all at once. Quantised weights come with scales. */
    private static String experts(Activation activation) {
        String name = activation.name().toLowerCase(java.util.Locale.ROOT);
        return """
              def experts_%s(self: __torch__.Program, x: Tensor, logits: Tensor, gate: List[Tensor], gate_scale: List[Tensor], \
            up: List[Tensor], up_scale: List[Tensor], down: List[Tensor], down_scale: List[Tensor], active: int, \
            renormalise: bool) -> Tensor:
                weight, chosen, = self.route(logits, active, renormalise)
                flat = torch.flatten(x, 0, 1)
                y = torch.zeros_like(flat)
                for e in range(len(gate)):
                  hit = torch.eq(chosen, e)
                  rows = torch.reshape(torch.nonzero(torch.any(hit, 1)), [-1])
                  if torch.gt(torch.size(rows, 0), 0):
                    share = torch.index_select(torch.sum(torch.mul(weight, torch.to(hit, 6)), [1], True), 0, rows)
                    z = torch.index_select(flat, 0, rows)
                    g = self.expert_linear(z, gate, gate_scale, e)
                    h = torch.mul(%s, self.expert_linear(z, up, up_scale, e))
                    part = torch.mul(self.expert_linear(h, down, down_scale, e), torch.to(share, ops.prim.dtype(x)))
                    y1 = torch.index_add(y, 0, rows, part)
                  else:
                    y1 = y
                  y = y1
                return torch.view_as(y, x)
            """
                .formatted(name, activation(activation, "g"));
    }
}
