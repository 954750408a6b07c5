package dev.argot.engine.reference;

import dev.argot.api.EngineException;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.GraphInputs;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A graph and its weights. The weights are dropped when the last model and session that use them are closed and collected. */
final class ReferenceModel implements CompiledModel {
    private final Graph graph;
    private final Workers workers;
    private volatile @Nullable Weights weights; // null once closed

    ReferenceModel(Graph graph, Weights weights, Workers workers) {
        this.graph = graph;
        this.weights = weights;
        this.workers = workers;
    }

    @Override
    public Graph graph() {
        return graph;
    }

    @Override
    public Map<String, Tensor> run(Map<String, Tensor> inputs, Collection<String> outputs) {
        Weights open = open();
        List<Node> wanted = outputs.stream().map(graph::output).toList();
        Map<String, Tensor> complete = GraphInputs.complete(graph, inputs);
        Map<Node, Tensor> values = new Interpreter(open, workers, complete, null).evaluate(wanted, Map.of());
        Map<String, Tensor> result = new LinkedHashMap<>();
        for (String name : outputs) {
            Node node = graph.output(name);
            Tensor value = values.get(node);
            if (value == null) {
                throw new IllegalStateException("not computed: " + node);
            }
            result.put(name, name.equals("loss") ? mean(value, complete) : value);
        }
        return result;
    }

    /** The sum of a loss divided by what was scored. */
    private Tensor mean(Tensor sum, Map<String, Tensor> inputs) {
        if (!(sum instanceof Tensor.Floats total)) {
            throw new IllegalStateException("a loss is a float");
        }
        return new Tensor.Floats(new float[] {total.data()[0] / GraphInputs.scored(graph, inputs)});
    }

    @Override
    public CompiledModel derive(Graph rewritten, WeightSource added) {
        return new ReferenceModel(rewritten, open().with(rewritten, added), workers);
    }

    @Override
    public Session openSession(int rows, int capacity) {
        return ReferenceSession.open(graph, open(), workers, rows, capacity);
    }

    @Override
    public Session openSession(int[][] sources, int capacity) {
        return ReferenceSession.open(graph, open(), workers, sources, capacity);
    }

    @Override
    public Trainer openTrainer(Trainer.Request request) {
        throw new EngineException("the engine 'reference' does not train; use the engine 'pytorch'");
    }

    @Override
    public WeightSource weights() {
        return open();
    }

    @Override
    public String program() {
        return graph.toString();
    }

    @Override
    public void close() {
        weights = null;
    }

    private Weights open() {
        Weights open = weights;
        if (open == null) {
            throw new EngineException("the model is closed");
        }
        return open;
    }
}
