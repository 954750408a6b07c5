package dev.argot.core.adaptation;

import dev.argot.api.ArgotException;
import dev.argot.api.adaptation.Lora;
import dev.argot.api.adaptation.Method;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.LoraLayer;
import dev.argot.spi.LoraRewrite;
import dev.argot.spi.StoredTensor;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Op;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * A model under adaptation: the graph to train and the one to measure with, over the same weights.
 *
 * @param training laid out for rows, with adapters and their dropout
 * @param inference as it will be used
 * @param trained names of the trained parameters
 * @param firstRows of those of which only the last rows are trained, the first of them
 * @param layers what is adapted; empty without adapters
 * @param start where the trained parameters started
 */
public record TrainedModel(
        CompiledModel training,
        CompiledModel inference,
        Set<String> trained,
        Map<String, Long> firstRows,
        List<LoraLayer> layers,
        WeightSource start)
        implements AutoCloseable {
    /**
     * Prepares a model.
     *
     * @param base the model; its weights are changed unless there are adapters
     * @param stored its weights as they lie in the file
     * @param frozen names of parameters that no method trains
     * @param added rows that the method does not know of
     * @param layout makes the graph that is trained of that with adapters
     */
    static TrainedModel of(
            CompiledModel base,
            WeightSource stored,
            Method method,
            Set<String> frozen,
            NewRows added,
            UnaryOperator<Graph> layout,
            long seed) {
        return of(base, stored, method, Set.of(), frozen, added, layout, seed);
    }

    /**
     * Prepares a model with a task head.
     *
     * @param base the model; its weights are changed
     * @param stored its weights as they were
     * @param head names of the head's parameters, which are trained whatever the method
     * @param frozen names of parameters that no method trains
     * @param layout makes the graph that is trained of that with adapters
     */
    public static TrainedModel of(
            CompiledModel base,
            WeightSource stored,
            Method method,
            Set<String> head,
            Set<String> frozen,
            UnaryOperator<Graph> layout,
            long seed) {
        return of(base, stored, method, head, frozen, NewRows.NONE, layout, seed);
    }

    private static TrainedModel of(
            CompiledModel base,
            WeightSource stored,
            Method method,
            Set<String> head,
            Set<String> frozen,
            NewRows added,
            UnaryOperator<Graph> layout,
            long seed) {
        Graph graph = base.graph();
        List<LoraLayer> layers = layers(graph, method, head);
        Graph trainable =
                switch (method) {
                    case Method.Full full -> graph;
                    case Method.Partial part -> graph;
                    case Lora lora -> LoraRewrite.apply(graph, layers, lora.dropout());
                };
        Set<String> own = names(graph);
        WeightSource adapter = new InitialAdapter(graph, stored, layers, seed);
        CompiledModel inference =
                layers.isEmpty() ? base.derive(graph) : base.derive(LoraRewrite.apply(graph, layers, 0), adapter);
        try {
            Set<String> trained = trained(graph, trainable, method);
            trained.addAll(head);
            trained.removeAll(frozen);
            Map<String, Long> firstRows = new LinkedHashMap<>();
            for (String parameter : added.parameters()) {
                if (trained.add(parameter) || added.alone()) {
                    firstRows.put(parameter, added.first());
                }
            }
            return new TrainedModel(
                    inference.derive(layout.apply(trainable)),
                    inference,
                    trained,
                    firstRows,
                    layers,
                    parameter -> (own.contains(parameter.name()) ? stored : adapter).tensor(parameter));
        } catch (RuntimeException | Error e) {
            inference.close();
            throw e;
        }
    }

    /** What is adapted; a head that is trained itself is not. */
    private static List<LoraLayer> layers(Graph graph, Method method, Set<String> head) {
        return method instanceof Lora lora
                ? LoraRewrite.layers(graph, lora).stream()
                        .filter(layer -> !head.contains(layer.module() + ".weight"))
                        .toList()
                : List.of();
    }

    /** Names of the parameters a method trains; the caller's own set. */
    static Set<String> trained(Graph graph, Graph trainable, Method method) {
        Set<String> own = names(graph);
        return switch (method) {
            case Method.Full full -> own;
            case Method.Partial part -> {
                var chosen = new LinkedHashSet<String>();
                for (String beginning : part.parameters()) {
                    List<String> fitting = own.stream()
                            .filter(name -> name.equals(beginning) || name.startsWith(beginning + "."))
                            .toList();
                    if (fitting.isEmpty()) {
                        throw new ArgotException("No parameter's name begins with '" + beginning
                                + "'. Parameters of this model: " + shortened(own) + ".");
                    }
                    chosen.addAll(fitting);
                }
                yield chosen;
            }
            case Lora lora -> {
                Set<String> added = names(trainable);
                added.removeAll(own);
                yield added;
            }
        };
    }

    private static Set<String> shortened(Set<String> names) {
        return names.stream()
                .map(n -> n.replaceAll("\\.\\d+\\..*", ".N…"))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(Graph graph) {
        return graph.parameters().stream().map(Op.Parameter::name).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    /** The trained parameters. */
    public List<Op.Parameter> parameters() {
        return inference.graph().parameters().stream()
                .filter(p -> trained.contains(p.name()))
                .toList();
    }

    /** How many numbers are trained. */
    long trainable() {
        return parameters().stream().mapToLong(p -> trainable(p, firstRows)).sum();
    }

    /** How many numbers of a trained parameter are trained. */
    static long trainable(Op.Parameter parameter, Map<String, Long> firstRows) {
        long first = firstRows.getOrDefault(parameter.name(), 0L);
        return parameter.elements()
                - first * (parameter.elements() / parameter.shape().getFirst());
    }

    /**
     * Weights part of the way from where training started.
     *
     * @param share 1: as trained
     */
    public WeightSource weights(double share) {
        WeightSource now = inference.weights();
        return parameter -> {
            StoredTensor to = now.tensor(parameter);
            return share == 1 || !trained.contains(parameter.name())
                    ? to
                    : new Interpolated(start.tensor(parameter), to, share(parameter, share));
        };
    }

    /** Of an adapter's product B·A one factor is scaled. */
    private double share(Op.Parameter parameter, double share) {
        boolean a = layers.stream().anyMatch(layer -> layer.a().equals(parameter.name()));
        return a ? 1 : share;
    }

    /** The adapter's tensors. */
    public List<StoredTensor> adapter(double share) {
        WeightSource weights = weights(share);
        var tensors = new ArrayList<StoredTensor>();
        parameters().forEach(parameter -> tensors.add(weights.tensor(parameter)));
        return tensors;
    }

    /** Whether adapted layers store their matrices [in, out]. */
    public boolean inOut() {
        return inference.graph().nodes().stream()
                .anyMatch(node -> node.op() instanceof Op.Linear linear
                        && linear.inOut()
                        && layers.stream().anyMatch(layer -> layer.module().equals(linear.name())));
    }

    @Override
    public void close() {
        training.close();
        inference.close();
    }
}
