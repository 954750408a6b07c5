package dev.argot.engine.reference;

import dev.argot.api.EngineException;
import dev.argot.spi.CompiledModel;
import dev.argot.spi.Session;
import dev.argot.spi.Tensor;
import dev.argot.spi.Trainer;
import dev.argot.spi.WeightSource;
import dev.argot.spi.graph.Graph;
import dev.argot.spi.graph.Node;
import dev.argot.spi.graph.Op;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A graph and its weights. The weights are dropped when the last model and session that use them are closed and collected. */
final class ReferenceModel implements CompiledModel {
    private static final Tensor ONE = new Tensor.Longs(new long[1], 1);

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
        Map<String, Tensor> complete = complete(inputs);
        Map<Node, Tensor> values = new Interpreter(open, workers, complete, null).evaluate(wanted, Map.of());
        Map<String, Tensor> result = new LinkedHashMap<>();
        for (String name : outputs) {
            Node node = graph.output(name);
            Tensor value = values.get(node);
            if (value == null) {
                throw new IllegalStateException("not computed: " + node);
            }
            result.put(name, node.op() instanceof Op.TokenLoss loss ? mean(value, loss, complete) : value);
        }
        return result;
    }

    /** Checks shapes and adds the inputs that have defaults. */
    private static Map<String, Tensor> complete(Map<String, Tensor> inputs) {
        if (!(inputs.get("input_ids") instanceof Tensor.Longs ids) || ids.shape().length != 2) {
            throw new IllegalArgumentException(
                    "expected the input 'input_ids' as int64 [B, T], found " + inputs.get("input_ids"));
        }
        inputs.forEach((name, tensor) -> {
            // tokens may be selected for scoring, [B, M]
            boolean selected = inputs.containsKey("selected") && (name.equals("selected") || name.equals("labels"));
            Tensor like = name.equals("dropout_seed") ? ONE : selected ? inputs.get("selected") : ids;
            if (!(tensor instanceof Tensor.Longs)
                    || like == null
                    || !Arrays.equals(tensor.shape(), like.shape())
                    || (!name.equals("dropout_seed") && tensor.shape()[0] != ids.shape()[0])) {
                throw new IllegalArgumentException(
                        "expected the input '" + name + "' as int64 like " + like + ", found " + tensor);
            }
        });
        Map<String, Tensor> complete = new HashMap<>(inputs);
        int n = ids.data().length;
        int t = (int) ids.shape()[1];
        complete.computeIfAbsent("attention_mask", name -> {
            long[] ones = new long[n];
            Arrays.fill(ones, 1);
            return new Tensor.Longs(ones, ids.shape());
        });
        complete.computeIfAbsent("position_ids", name -> {
            long[] positions = new long[n];
            Arrays.setAll(positions, i -> i % t);
            return new Tensor.Longs(positions, ids.shape());
        });
        return complete;
    }

    /** The sum of a token loss divided by the number of labels scored. */
    private static Tensor mean(Tensor sum, Op.TokenLoss loss, Map<String, Tensor> inputs) {
        if (!(sum instanceof Tensor.Floats total) || !(inputs.get("labels") instanceof Tensor.Longs labels)) {
            throw new IllegalStateException("a token loss has labels");
        }
        int t = (int) labels.shape()[1];
        int scored = 0;
        for (int i = 0; i < labels.data().length; i++) {
            if (labels.data()[i] != Kernels.NOT_SCORED && !(loss.shift() && i % t == 0)) {
                scored++;
            }
        }
        return new Tensor.Floats(new float[] {total.data()[0] / scored});
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
